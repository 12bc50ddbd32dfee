/** An item, field by field. */

import { retyped, TYPES, type Field } from '../data/fields.js';
import type { TypeName } from '../data/values.js';

interface Props {
  fields: Field[];
  /** Attributes of the key: they stay, with their types. */
  keys: string[];
  change: (fields: Field[]) => void;
}

export function ItemForm({ fields, keys, change }: Props) {
  const set = (at: number, field: Field) => change(fields.map((one, place) => (place === at ? field : one)));
  return (
    <div class="fields">
      {fields.map((field, at) => {
        const fixed = keys.includes(field.name);
        const label = field.name || `attribute ${at + 1}`;
        return (
          <div class="row" key={at} role="group" aria-label={label}>
            <input
              aria-label={`Name of ${label}`}
              value={field.name}
              readOnly={fixed}
              onInput={(event) => set(at, { ...field, name: event.currentTarget.value })}
            />
            <select
              aria-label={`Type of ${label}`}
              value={field.type}
              disabled={fixed}
              onInput={(event) => set(at, retyped(field, event.currentTarget.value as TypeName))}
            >
              {Object.entries(TYPES).map(([type, words]) => (
                <option key={type} value={type}>
                  {words}
                </option>
              ))}
            </select>
            <Value field={field} label={label} change={(text) => set(at, { ...field, text })} />
            <button
              type="button"
              class="quiet icon"
              aria-label={`Remove ${label}`}
              disabled={fixed}
              onClick={() => change(fields.filter((_, place) => place !== at))}
            >
              ✕
            </button>
          </div>
        );
      })}
      <button
        type="button"
        class="quiet"
        onClick={() => change([...fields, { name: '', type: 'S', text: '' }])}
      >
        + Add an attribute
      </button>
    </div>
  );
}

function Value({ field, label, change }: { field: Field; label: string; change: (text: string) => void }) {
  const name = `Value of ${label}`;
  if (field.type === 'NULL') return <span class="grow faint">null</span>;
  if (field.type === 'BOOL') {
    return (
      <select
        class="grow"
        aria-label={name}
        value={field.text}
        onInput={(event) => change(event.currentTarget.value)}
      >
        <option>true</option>
        <option>false</option>
      </select>
    );
  }
  return (
    <textarea
      class="grow"
      aria-label={name}
      rows={field.text.length > 60 ? 3 : 1}
      spellcheck={false}
      value={field.text}
      onInput={(event) => change(event.currentTarget.value)}
    />
  );
}
