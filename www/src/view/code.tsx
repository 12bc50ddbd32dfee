/** A request in the languages people write, each to be copied. */

import { useState } from 'preact/hooks';
import { codeFor, LANGUAGES, type Language } from '../data/code.js';
import { Tabs } from './tabs.js';

type Shown = 'request' | Language;

export function Code({ operation, input }: { operation: string; input: Record<string, unknown> }) {
  const [shown, setShown] = useState<Shown>('request');
  const [copied, setCopied] = useState(false);
  const text = shown === 'request' ? JSON.stringify(input, null, 2) : codeFor(shown, operation, input);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <section class="code" aria-label="Request and code">
      <div class="row">
        <Tabs
          label="Form of the request"
          value={shown}
          options={{ request: `${operation}, JSON`, ...LANGUAGES }}
          change={setShown}
        />
        <button class="quiet" onClick={() => void copy()}>
          {copied ? 'Copied' : 'Copy'}
        </button>
      </div>
      <pre tabIndex={0} aria-label="Code">
        {text}
      </pre>
    </section>
  );
}
