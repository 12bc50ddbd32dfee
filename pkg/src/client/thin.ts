/** Members that SDK-based libraries touch on a client; here they do nothing or little. */

/** Accepted and ignored: there is no request pipeline to hook into. */
export class MiddlewareStack {
  add(): void {}
  addRelativeTo(): void {}
  use(): void {}
  remove(): boolean {
    return false;
  }
  removeByTag(): boolean {
    return false;
  }
  clone(): MiddlewareStack {
    return this;
  }
  concat(): MiddlewareStack {
    return this;
  }
  identify(): string[] {
    return [];
  }
}

/** The settings a library may ask a client for. */
export interface ThinConfig {
  region(): Promise<string>;
  apiVersion: string;
  [name: string]: unknown;
}

export function thinConfig(region: string): ThinConfig {
  return { region: () => Promise.resolve(region), apiVersion: '2012-08-10' };
}
