/** What was called before, newest first; kept in the browser. */

export interface Past {
  operation: string;
  input: string;
  ok: boolean;
  milliseconds: number;
  units: number | undefined;
  /** Milliseconds since 1970. */
  at: number;
}

const KEY = 'dynatab-history';
const MOST = 50;

export function readHistory(): Past[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(found) ? (found as Past[]) : [];
  } catch {
    return [];
  }
}

/** The history with one more call in it; the same request as the last replaces it. */
export function remember(past: Past[], call: Past): Past[] {
  const [last, ...rest] = past;
  const same = last?.operation === call.operation && last.input === call.input;
  const next = [call, ...(same ? rest : past)].slice(0, MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // No room, or none allowed: the history is then of this page alone.
  }
  return next;
}
