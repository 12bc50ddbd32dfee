/** One item, as a form or as JSON: added, changed, copied or deleted. */

import type { AttributeMap, Client, TableDescription } from 'dynatab';
import { useEffect, useState } from 'preact/hooks';
import { fieldsOf, itemOf, type Field } from '../data/fields.js';
import { measure } from '../data/meter.js';
import { keyNames, keyOf, keysOf } from '../data/schema.js';
import { jsonItem, plainItem, readJsonItem, readPlainItem, show } from '../data/values.js';
import { Dialog, ErrorText, useAttempt, useFocus } from './dialog.js';
import { Segments } from './fields.js';
import { ItemForm } from './item-form.js';

type Text = 'plain' | 'typed';
type Form = 'form' | Text;

interface Props {
  client: Client;
  table: TableDescription;
  /** The key of the item to edit. */
  of: AttributeMap | 'new';
  changed: (done: string) => Promise<void>;
  close: () => void;
}

const print = (item: AttributeMap, form: Text) =>
  JSON.stringify(form === 'plain' ? plainItem(item) : jsonItem(item), null, 2);

/** @throws a SyntaxError, or an Error that says what is wrong. */
function read(text: string, form: Text): AttributeMap {
  const data: unknown = JSON.parse(text);
  return form === 'plain' ? readPlainItem(data) : readJsonItem(data);
}

/** What to begin a new item with: its keys, empty. */
function template(table: TableDescription): AttributeMap {
  const { partition, sort } = keysOf(table);
  const blank = (type: string) =>
    type === 'N' ? { N: '0' } : type === 'B' ? { B: new Uint8Array() } : { S: '' };
  const item: AttributeMap = { [partition.name]: blank(partition.type) };
  if (sort) item[sort.name] = blank(sort.type);
  return item;
}

export function ItemDialog(props: Props) {
  const [item, setItem] = useState<AttributeMap>();
  const { error, attempt } = useAttempt();
  useEffect(() => {
    // The whole item: what an index gave may be a part of it.
    void attempt(async () => {
      if (props.of === 'new') return setItem(template(props.table));
      const name = String(props.table.TableName);
      const asked = { TableName: name, ReturnConsumedCapacity: 'TOTAL' as const };
      const input = { ...asked, Key: props.of, ConsistentRead: true };
      const found = (await measure('GetItem', name, () => props.client.getItem(input))).Item;
      if (!found) throw new Error('This item is not there any more.');
      setItem(found);
    });
  }, []);
  const title = props.of === 'new' ? `Add an item to ${props.table.TableName}` : keyText(props.of);
  return (
    <Dialog title={title} wide close={props.close}>
      {item ? (
        <Editor {...props} item={item} />
      ) : (
        <div class="content">{error ? <ErrorText error={error} /> : 'Reading…'}</div>
      )}
    </Dialog>
  );
}

const keyText = (key: AttributeMap) => Object.values(key).map(show).join(' · ');

function Editor(props: Props & { item: AttributeMap }) {
  const { client, table, item } = props;
  const name = String(table.TableName);
  const asked = { TableName: name, ReturnConsumedCapacity: 'TOTAL' as const };
  const [isNew, setIsNew] = useState(props.of === 'new');
  const [form, setForm] = useState<Form>('plain');
  const [text, setText] = useState(() => print(item, 'plain'));
  const [fields, setFields] = useState<Field[]>([]);
  const [deleting, setDeleting] = useState(false);
  const { busy, error, attempt } = useAttempt();
  const area = useFocus<HTMLTextAreaElement>();

  const current = () => (form === 'form' ? itemOf(fields) : read(text, form));
  const turn = (next: Form) =>
    attempt(async () => {
      const now = current();
      if (next === 'form') setFields(fieldsOf(now));
      else setText(print(now, next));
      setForm(next);
    });

  const save = () =>
    attempt(async () => {
      const next = current();
      const before = isNew || props.of === 'new' ? undefined : keyText(props.of);
      if (before !== undefined && keyText(keyOf(table, next)) !== before) {
        throw new Error(
          `The key of an item (${keyNames(table).join(', ')}) cannot change. Add a new item instead.`,
        );
      }
      // A new item must not overwrite one that is there.
      const condition = {
        ConditionExpression: 'attribute_not_exists(#key)',
        ExpressionAttributeNames: { '#key': keysOf(table).partition.name },
      };
      try {
        const input = { ...asked, Item: next, ...(isNew ? condition : {}) };
        await measure('PutItem', name, () => client.putItem(input));
      } catch (caught) {
        if ((caught as Error).name !== 'ConditionalCheckFailedException') throw caught;
        throw new Error('An item with this key is there already.', { cause: caught });
      }
      props.close();
      await props.changed(isNew ? 'Item added.' : 'Item saved.');
    });

  const remove = () =>
    attempt(async () => {
      const input = { ...asked, Key: props.of as AttributeMap };
      await measure('DeleteItem', name, () => client.deleteItem(input));
      props.close();
      await props.changed('Item deleted.');
    });

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void (deleting ? remove() : save());
      }}
    >
      <div class="content">
        <div class="row">
          <Segments
            label="Form of the item"
            value={form}
            options={{ form: 'Form', plain: 'JSON', typed: 'DynamoDB JSON' }}
            change={(next) => void turn(next)}
          />
        </div>
        {form === 'form' ? (
          <ItemForm fields={fields} keys={keyNames(table)} change={setFields} />
        ) : (
          <>
            <label class="hidden" for="item-text">
              The item
            </label>
            <textarea
              id="item-text"
              ref={area}
              spellcheck={false}
              value={text}
              rows={Math.min(Math.max(text.split('\n').length, 8), 24)}
              onInput={(event) => setText(event.currentTarget.value)}
            />
            {form === 'plain' && (
              <p class="faint">
                What JSON has no word for: <code>{'{"$set": ["a", "b"]}'}</code>,{' '}
                <code>{'{"$binary": "AQI="}'}</code>, <code>{'{"$number": "12345678901234567890"}'}</code>.
              </p>
            )}
          </>
        )}
        <ErrorText error={error} />
      </div>
      {deleting ? (
        <footer class="asking">
          <span class="grow">Delete this item? This cannot be undone.</span>
          <button type="button" onClick={() => setDeleting(false)}>
            Keep it
          </button>
          <button type="submit" class="danger" disabled={busy}>
            Delete
          </button>
        </footer>
      ) : (
        <footer>
          {!isNew && (
            <button type="button" class="quiet danger" onClick={() => setDeleting(true)}>
              Delete item
            </button>
          )}
          {!isNew && (
            <button type="button" class="quiet" onClick={() => setIsNew(true)}>
              Copy as a new item
            </button>
          )}
          <span class="grow" />
          <button type="button" onClick={props.close}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={busy}>
            {isNew ? 'Add item' : 'Save'}
          </button>
        </footer>
      )}
    </form>
  );
}
