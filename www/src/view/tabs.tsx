/** Tabs: arrows go from one to the next, the chosen one is in the order of the page. */

import { useRef } from 'preact/hooks';

export function Tabs<T extends string>(props: {
  label: string;
  value: T;
  options: Record<T, string>;
  change: (value: T) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  const names = Object.keys(props.options) as T[];
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = (names.indexOf(props.value) + step + names.length) % names.length;
    props.change(names[at]!);
    (list.current?.children[at] as HTMLElement | undefined)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={props.label} ref={list} onKeyDown={move}>
      {names.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          aria-selected={name === props.value}
          tabIndex={name === props.value ? 0 : -1}
          onClick={() => props.change(name)}
        >
          {props.options[name]}
        </button>
      ))}
    </div>
  );
}
