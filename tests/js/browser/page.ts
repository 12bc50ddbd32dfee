// The suite in a page: results on `globalThis.results`, the title says when it is done. The page sets what to import.
import { runAll, type Env, type Package } from '../suite/index.js';

declare global {
  var results: { label: string; name: string; error?: string }[] | undefined;
}

/** On all storages of a page, or on one. */
export async function run(url: string, only?: 'opfs'): Promise<void> {
  const pkg = (await import(url)) as Package;
  let count = 0;
  const session = Math.random().toString(36).slice(2);
  const opfs: Env = {
    label: 'opfs',
    persistent: true,
    fresh: () => ({ name: `${session}o${count++}`, storage: 'opfs' }),
  };
  const usual: Env[] = [
    {
      label: 'memory',
      persistent: false,
      fresh: () => ({ name: `${session}m${count++}`, storage: 'memory' }),
    },
    {
      label: 'indexeddb',
      persistent: true,
      fresh: () => ({ name: `${session}i${count++}`, storage: 'indexeddb' }),
    },
  ];
  // Pages that are no secure context have no Web Crypto.
  if (globalThis.crypto.subtle) {
    const usages = ['encrypt', 'decrypt'] as const;
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, usages);
    usual.push({
      label: 'indexeddb',
      encrypted: true,
      persistent: true,
      fresh: () => ({ name: `${session}e${count++}`, storage: 'indexeddb', encryption: { key } }),
    });
  }
  globalThis.results = [];
  for (const env of only ? [opfs] : usual) {
    const label = env.label + (env.encrypted ? ', encrypted' : '');
    for (const result of await runAll({ pkg, env })) globalThis.results.push({ label, ...result });
  }
  document.title = 'done';
}
