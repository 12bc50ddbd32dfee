/** Small controls that forms share. */

import { OPERATOR_WORDS, TYPE_NAMES, type Operator, type Test } from '../data/request.js';
import { useId } from 'preact/hooks';

/** A choice of operators; `none` names the choice of no operator, when there is one. */
export function Operators(props: {
  of: Operator[];
  none?: string;
  value: Operator | undefined;
  change: (operator: Operator | undefined) => void;
}) {
  return (
    <select
      value={props.value ?? ''}
      onInput={(event) => props.change((event.currentTarget.value || undefined) as Operator | undefined)}
    >
      {props.none !== undefined && <option value="">{props.none}</option>}
      {props.of.map((operator) => (
        <option key={operator} value={operator}>
          {OPERATOR_WORDS[operator]}
        </option>
      ))}
    </select>
  );
}

/** The value of a test, or both values of `between`. */
export function TestFields(props: { label: string; test: Test; change: (part: Partial<Test>) => void }) {
  const { label, test, change } = props;
  const between = test.operator === 'between';
  if (test.operator === 'type') {
    return (
      <label class="field">
        Type <span class="hidden">of {label}</span>
        <select value={test.value} onInput={(event) => change({ value: event.currentTarget.value })}>
          {TYPE_NAMES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
    );
  }
  return (
    <>
      <label class="field">
        {between ? 'Low' : test.operator === 'in' ? 'Values, with commas' : 'Value'}{' '}
        <span class="hidden">of {label}</span>
        <input value={test.value} onInput={(event) => change({ value: event.currentTarget.value })} />
      </label>
      {between && (
        <label class="field">
          High <span class="hidden">of {label}</span>
          <input value={test.upper} onInput={(event) => change({ upper: event.currentTarget.value })} />
        </label>
      )}
    </>
  );
}

/** A choice of a few, side by side. */
export function Segments<K extends string>(props: {
  label: string;
  value: K;
  options: Record<K, string>;
  disabled?: boolean;
  change: (value: K) => void;
}) {
  const name = useId();
  return (
    <fieldset class="segments" disabled={props.disabled ?? false}>
      <legend class="hidden">{props.label}</legend>
      {(Object.entries(props.options) as [K, string][]).map(([key, word]) => (
        <label key={key}>
          <input type="radio" name={name} checked={props.value === key} onChange={() => props.change(key)} />
          <span>{word}</span>
        </label>
      ))}
    </fieldset>
  );
}
