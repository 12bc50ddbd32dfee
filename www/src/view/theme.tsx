/** Light, dark, or as the system is. */

import { useLayoutEffect, useState } from 'preact/hooks';

const KEY = 'dynatab-theme';
const NEXT = { system: 'light', light: 'dark', dark: 'system' } as const;
type Choice = keyof typeof NEXT;

const stored = (): Choice => {
  const found = localStorage.getItem(KEY);
  return found !== null && found in NEXT ? (found as Choice) : 'system';
};

export function Theme() {
  const [choice, setChoice] = useState(stored);
  useLayoutEffect(() => {
    document.documentElement.style.colorScheme = choice === 'system' ? '' : choice;
    localStorage.setItem(KEY, choice);
  }, [choice]);
  return (
    <button class="quiet theme" onClick={() => setChoice(NEXT[choice])} aria-label={`Colours: ${choice}`}>
      {{ system: '◐', light: '☀', dark: '☾' }[choice]}
    </button>
  );
}
