// The designs of the gallery on a real database, the code that is written for requests, and links that carry both.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { output, ROOT } from '../../scripts/lib/run.mjs';
import { load } from '../js/lib/bundle.mjs';

const page = await load('tests/www/entry.ts');
const { open } = await import(pathToFileURL(join(ROOT, 'pkg/dist/node.js')).href);

/** Sends AWS JSON. */
const send = async (db, operation, input) => {
  const answer = await db.http({
    method: 'POST',
    path: '/',
    target: `DynamoDB_20120810.${operation}`,
    contentType: 'application/x-amz-json-1.0',
    body: new TextEncoder().encode(JSON.stringify(input)),
  });
  return { status: answer.status, body: JSON.parse(new TextDecoder().decode(answer.body)) };
};

async function fill(db, { tables }) {
  for (const { create, items } of tables) {
    assert.equal((await send(db, 'CreateTable', create)).status, 200);
    for (const Item of items) {
      const { status, body } = await send(db, 'PutItem', { TableName: create.TableName, Item });
      assert.equal(status, 200, body.message);
    }
  }
}

describe('designs', () => {
  for (const design of page.DESIGNS) {
    test(`${design.title}: its patterns find something`, async () => {
      const db = await open({ name: 'design', storage: 'memory' });
      await fill(db, design);
      for (const { title, operation, input } of design.calls) {
        const { status, body } = await send(db, operation, input);
        // The one that shows a refused condition is meant to be refused.
        if (title === 'A new record only if it is one') {
          assert.match(body.__type, /ConditionalCheckFailedException$/);
          continue;
        }
        assert.equal(status, 200, `${title}: ${body.message}`);
        const wrote = operation === 'TransactWriteItems' && body.ConsumedCapacity.length > 0;
        assert.ok(body.Count > 0 || body.Attributes || wrote, `${title} found nothing`);
      }
      await db.close();
    });
  }
});

describe('code', () => {
  const input = {
    TableName: "it's",
    Key: { id: { S: 'a"b\\' }, raw: { B: 'AQI=' } },
    UpdateExpression: 'SET n = :n',
    ExpressionAttributeValues: {
      ':n': { N: '12345678901234567890' },
      ':l': { L: [{ NULL: true }, { BOOL: false }] },
    },
  };
  let db;
  before(async () => (db = await open({ name: 'code', storage: 'memory' })));
  after(() => db.close());

  test('for dynatab runs', async () => {
    const code = page.codeFor('dynatab', 'PutItem', { TableName: 'none', Item: { id: { S: "o'clock \n" } } });
    const body = code.replace(/^import.*$/m, '').replace(/const db = .*$/m, '');
    const run = new Function('db', `return (async () => { ${body}; })()`);
    await assert.rejects(run(db), { name: 'ResourceNotFoundException' });
  });

  test('for the AWS SDK is JavaScript that says the same', () => {
    const code = page.codeFor('sdk', 'UpdateItem', input);
    assert.match(code, /import \{ DynamoDBClient, UpdateItemCommand \}/);
    const [, argument] = /UpdateItemCommand\(([\s\S]*)\)\);$/.exec(code);
    const uint8 = { fromBase64: (text) => Buffer.from(text, 'base64').toString('base64') };
    assert.deepEqual(new Function('Uint8Array', `return (${argument})`)(uint8), input);
  });

  test('for Python is Python that says the same', { skip: output('python3', ['-V']) === undefined }, () => {
    const code = page.codeFor('python', 'UpdateItem', input);
    const program = `
import base64, json, sys, types
class Client:
    def update_item(self, **input):
        print(json.dumps(input, default=lambda raw: base64.b64encode(raw).decode()))
sys.modules["boto3"] = types.SimpleNamespace(client=lambda name: Client())
${code}`;
    assert.deepEqual(JSON.parse(output('python3', ['-c', program])), input);
  });

  test(
    'for the command line is one argument of a shell',
    { skip: output('sh', ['-c', 'true']) === undefined },
    () => {
      const code = page.codeFor('cli', 'UpdateItem', input);
      assert.match(code, /^aws dynamodb update-item --cli-input-json '/);
      const printed = output('sh', ['-c', `aws() { printf %s "$4"; }; ${code}`]);
      assert.deepEqual(JSON.parse(printed), input);
    },
  );

  test('for Java is Java', { skip: output('javac', ['-version']) === undefined }, () => {
    const create = page.OPERATIONS.CreateTable.begin();
    const batch = page.OPERATIONS.BatchWriteItem.begin('t', { id: { S: 'a' } });
    for (const [operation, request] of [
      ['UpdateItem', input],
      ['CreateTable', create],
      ['BatchWriteItem', batch],
      ['UpdateTable', page.OPERATIONS.UpdateTable.begin('t')],
      ['TransactWriteItems', page.OPERATIONS.TransactWriteItems.begin('t', { id: { S: 'a' } })],
      ['TransactGetItems', page.OPERATIONS.TransactGetItems.begin('t', { id: { S: 'a' } })],
    ]) {
      const code = page.codeFor('java', operation, request);
      // No SDK is at hand: the parser alone judges. What it cannot find, it finds only after it could read.
      const body = code.replace(/^import.*$/gm, '');
      const program = `class Made { void run() { ${body} } }`;
      const said = output('sh', [
        '-c',
        `d=$(mktemp -d) && printf %s "$1" > "$d/Made.java" && javac -proc:none -d "$d" "$d/Made.java" 2>&1; rm -rf "$d"; true`,
        'sh',
        program,
      ]);
      assert.doesNotMatch(said, /expected|illegal|unclosed|not a statement|reached end of file/, said);
      assert.match(said, /cannot find symbol/);
    }
  });
});

describe('links', () => {
  test('carry an example there and back', async () => {
    const [design] = page.DESIGNS;
    const example = { tables: design.tables, calls: design.calls };
    const link = await page.toLink(example);
    assert.match(link, /^#\/share\/[\w-]+$/);
    assert.deepEqual(await page.fromLink(link.slice('#/share/'.length)), example);
  });

  test('that are cut off, foreign or too long are told', async () => {
    const link = await page.toLink({ tables: [], calls: [] });
    await assert.rejects(page.fromLink(link.slice(8, -6)), /damaged/);
    await assert.rejects(page.fromLink('!'), /damaged/);
    const noise = Array.from({ length: 4000 }, () => Math.random().toString(36)).join('');
    const items = [{ id: { S: noise } }];
    await assert.rejects(page.toLink({ tables: [{ create: {}, items }], calls: [] }), /too much for a link/);
  });
});
