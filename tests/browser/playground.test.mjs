// What the page teaches and keeps: designs, the console, links, files, being offline, and that everybody can use it.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ROOT } from '../../scripts/lib/run.mjs';
import { serveFiles } from '../../scripts/lib/static.mjs';
import { launch, watch } from './browser.mjs';

const ARTIFACTS = join(ROOT, 'tests/artifacts');
const WIDTHS = { phone: 390, tablet: 820, desktop: 1440 };
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let server;
let browser;
let page;
let complaints;

/** A page of its own profile. */
async function visit() {
  const opened = await launch({ viewport: { width: WIDTHS.desktop, height: 900 }, acceptDownloads: true });
  const fresh = await opened.context.newPage();
  fresh.setDefaultTimeout(20_000);
  return { ...opened, page: fresh };
}

before(async () => {
  mkdirSync(ARTIFACTS, { recursive: true });
  server = await serveFiles({ '/': join(ROOT, 'www/dist') });
  browser = await visit();
  page = browser.page;
  complaints = watch(page);
  await page.goto(server.url);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** Nothing that keeps a person out, at three widths, in light and dark; pictures of each. */
async function usable(name) {
  for (const [device, width] of Object.entries(WIDTHS)) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const place = join(ARTIFACTS, `playground-${name}-${device}-${colorScheme}.png`);
      await page.screenshot({ path: place, animations: 'disabled' });
      // The devtools protocol's way past the page's own policy.
      const found = await page.evaluate(`${AXE}; axe.run(document, { resultTypes: ['violations'] })`);
      const said = found.violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`,
      );
      assert.deepEqual(said, [], `${name}, ${device}, ${colorScheme}`);
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wide, false, `${name} is wider than its window on a ${device}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: WIDTHS.desktop, height: 900 });
}

const region = (name) => page.getByRole('region', { name, exact: true });
const console_ = () => region('Console');
const run = () => console_().getByRole('button', { name: 'Run' }).click();
const answer = async () => JSON.parse(await page.getByLabel('Answer in JSON').innerText());
const editor = () => console_().locator('.cm-content');

/** Writes a request into the editor. */
async function write(input) {
  await editor().click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(typeof input === 'string' ? input : JSON.stringify(input, null, 2));
}

describe('the playground', { timeout: 120_000 }, () => {
  test('welcomes everybody', async () => {
    await page.getByRole('heading', { name: 'DynamoDB, in this tab' }).waitFor();
    await usable('welcome');
  });

  test('loads a design, whose patterns open in the console', async () => {
    await page.getByRole('button', { name: 'Load Shop, in a single table' }).click();
    await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor();
    await region('Items').getByText('50 items', { exact: true }).waitFor();
    await usable('design');
    await region('Access patterns')
      .getByRole('button', { name: /Orders that wait/ })
      .click();
    await editor().waitFor();
    await run();
    await region('Answer').getByText('Done').waitFor();
    const { Items, ConsumedCapacity } = await answer();
    assert.equal(Items.length, 4);
    assert.ok(Items.every(({ status }) => status.S === 'paid'));
    assert.equal(ConsumedCapacity.CapacityUnits, 0.5);
    await region('Answer').getByText('0.5 capacity units').waitFor();
    await usable('console');
  });

  test('the console runs from the keyboard, and shows errors in the words of DynamoDB', async () => {
    await console_().getByLabel('Operation').selectOption('GetItem');
    await write({ TableName: 'shop', Key: { PK: { S: 'CUSTOMER#C1' } } });
    await page.keyboard.press('ControlOrMeta+Enter');
    await region('Answer').getByText('ValidationException', { exact: true }).waitFor();
    assert.equal((await answer()).message, 'The provided key element does not match the schema');
    await write('{ not json');
    await page.keyboard.press('ControlOrMeta+Enter');
    await region('Answer').getByText('SerializationException', { exact: true }).waitFor();
  });

  test('the console completes members of a request', async () => {
    await console_().getByLabel('Operation').selectOption('Query');
    await write('{}');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.type('"KeyCond');
    const list = page.getByRole('listbox', { name: 'Completions' });
    await list.getByRole('option', { name: '"KeyConditionExpression"' }).waitFor();
    // A list that has only just opened takes no Enter: the person may not have seen it yet.
    await page.waitForFunction(() => document.querySelector('.cm-content').textContent.includes('"KeyCond'));
    await page.waitForTimeout(300);
    await page.keyboard.press('Enter');
    assert.match(await editor().innerText(), /"KeyConditionExpression": /);
  });

  test('code for the request, by arrows from language to language', async () => {
    await write({ TableName: 'shop', Limit: 1 });
    const tabs = page.getByRole('tablist', { name: 'Form of the request' });
    await tabs.getByRole('tab', { name: 'Query, JSON' }).focus();
    for (const expected of [
      'QueryCommand',
      "open({ name: 'playground' })",
      'boto3',
      'QueryRequest',
      'aws dynamodb query',
    ]) {
      await page.keyboard.press('ArrowRight');
      assert.match(
        await page.getByLabel('Code', { exact: true }).innerText(),
        new RegExp(expected.replace(/[({})]/g, '\\$&')),
      );
    }
  });

  test('what was called is there after a reload', async () => {
    await page.reload();
    const history = region('History');
    await history
      .getByRole('button', { name: /^GetItem/ })
      .first()
      .click();
    await editor().waitFor();
    assert.equal(await console_().getByLabel('Operation').inputValue(), 'GetItem');
  });

  test('a link carries the request and its table to somebody else', async () => {
    await console_().getByLabel('Operation').selectOption('Query');
    await write({
      TableName: 'shop',
      KeyConditionExpression: 'PK = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'PRODUCT#P100' } },
    });
    await console_().getByRole('button', { name: 'Copy a link' }).click();
    const link = await page.getByLabel(/^A link that carries/).inputValue();
    const other = await visit();
    try {
      const troubles = watch(other.page);
      await other.page.goto(link);
      const dialog = other.page.getByRole('dialog');
      await dialog.getByText('is made, with 50 items').waitFor();
      await dialog.getByRole('button', { name: 'Load it' }).click();
      await other.page.getByRole('region', { name: 'Console', exact: true }).waitFor();
      await other.page.getByRole('link', { name: 'shop' }).click();
      await other.page.getByText('50 items,').waitFor();
      // A table that is there stays as it is.
      await other.page.goto('about:blank');
      await other.page.goto(link);
      await dialog.getByText('is here already and stays as it is').waitFor();
      await other.page.goto(`${server.url}/#/share/xyz`);
      await dialog.getByText('This link is damaged').waitFor();
      assert.deepEqual(troubles, []);
    } finally {
      await other.close();
    }
  });

  test('a file of CSV shows what it found before it is loaded', async () => {
    const csv = 'city,country,people\nOslo,NO,717710\nBergen,NO,291940\nGöteborg,SE,607882\n';
    const path = join(ARTIFACTS, 'cities.csv');
    writeFileSync(path, csv);
    await page.getByLabel('File of JSON lines or CSV').setInputFiles(path);
    const preview = page.getByRole('region', { name: 'Attributes found' });
    await preview.getByRole('row', { name: 'people number all 717710' }).waitFor();
    await usable('import');
    await page.getByRole('button', { name: 'Load 3 items' }).click();
    await page.getByRole('heading', { level: 1, name: 'cities' }).waitFor();
    await page.getByRole('cell', { name: '607882' }).waitFor();
  });

  test('an export is DynamoDB JSON, and comes back as it was', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export' }).click(),
    ]);
    const path = join(ARTIFACTS, 'copy.jsonl');
    await download.saveAs(path);
    const items = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).Item);
    assert.equal(items.length, 3);
    assert.ok(items.some(({ city, people }) => city.S === 'Göteborg' && people.N === '607882'));
    await page.getByLabel('File of JSON lines or CSV').setInputFiles(path);
    await page.getByRole('button', { name: 'Load 3 items' }).click();
    await page.getByRole('heading', { level: 1, name: 'copy' }).waitFor();
    await page.getByRole('cell', { name: '607882' }).waitFor();
  });

  test('an item is edited as a form, and copied', async () => {
    await page.getByRole('button', { name: 'Oslo' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Form', { exact: true }).click();
    await dialog.getByLabel('Value of people').fill('717711');
    await dialog.getByRole('button', { name: '+ Add an attribute' }).click();
    await dialog.getByLabel('Name of attribute 4').fill('districts');
    await dialog.getByLabel('Type of districts').selectOption('set of texts');
    await dialog.getByLabel('Value of districts').fill('["Frogner", "Sagene"]');
    await usable('form');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Item saved.').waitFor();
    await page.getByRole('button', { name: 'Oslo' }).click();
    await dialog.getByText('DynamoDB JSON', { exact: true }).click();
    const saved = JSON.parse(await dialog.getByLabel('The item').inputValue());
    assert.deepEqual(saved, {
      city: { S: 'Oslo' },
      country: { S: 'NO' },
      people: { N: '717711' },
      districts: { SS: ['Frogner', 'Sagene'] },
    });
    await dialog.getByRole('button', { name: 'Copy as a new item' }).click();
    await dialog.getByRole('button', { name: 'Add item' }).click();
    await dialog.getByText('An item with this key is there already.').waitFor();
    await dialog.getByText('Form', { exact: true }).click();
    await dialog.getByLabel('Value of city').fill('Oslo II');
    await dialog.getByLabel('Value of people').fill('many');
    await dialog.getByRole('button', { name: 'Add item' }).click();
    await dialog.getByText(/cannot be converted to a numeric value/).waitFor();
    await dialog.getByLabel('Value of people').fill('1');
    await dialog.getByRole('button', { name: 'Add item' }).click();
    await page.getByRole('button', { name: 'Oslo II' }).waitFor();
  });

  test('stays small with 100,000 items, of which 10,000 are on a page', async () => {
    const path = join(ARTIFACTS, 'readings.jsonl');
    const line = (_, i) =>
      JSON.stringify({ id: `r${String(i).padStart(6, '0')}`, place: `p${i % 50}`, value: i % 997 });
    writeFileSync(path, Array.from({ length: 100_000 }, line).join('\n'));
    await page.getByLabel('File of JSON lines or CSV').setInputFiles(path);
    await page.getByRole('button', { name: 'Load 100,000 items' }).click();
    await page
      .locator('.report[data-done=true]', { hasText: '100,000 of 100,000' })
      .waitFor({ timeout: 90_000 });
    await page.getByRole('heading', { level: 1, name: 'readings' }).waitFor();
    const form = page.getByRole('form', { name: 'Read' });
    await form.getByLabel('Page size').selectOption('10000');
    await form.getByRole('button', { name: 'Run' }).click();
    await region('Items').getByText('10,000 items', { exact: true }).waitFor();
    const rows = () => page.locator('.results tbody tr:not(.room)');
    const first = await rows().first().innerText();
    assert.ok((await rows().count()) < 100);
    await page
      .getByRole('region', { name: 'Items of this page' })
      .evaluate((e) => (e.scrollTop = e.scrollHeight));
    await page.locator('.results tr[aria-rowindex="10001"]').waitFor();
    assert.ok((await rows().count()) < 100);
    assert.notEqual(await rows().first().innerText(), first);
    await usable('long');
  });

  test('the form shows the request it makes, and reads a segment of it', async () => {
    await page.getByRole('link', { name: 'shop' }).click();
    await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor();
    const form = page.getByRole('form', { name: 'Read' });
    await form.getByText('The request as it stands').click();
    const request = async () => JSON.parse(await form.getByLabel('Code', { exact: true }).innerText());
    await form.getByLabel('Page size').selectOption('100');
    await form.getByLabel('Segments').fill('2');
    assert.deepEqual(await request(), {
      TableName: 'shop',
      Segment: 0,
      TotalSegments: 2,
      Limit: 100,
      ReturnConsumedCapacity: 'TOTAL',
    });
    const count = async (segment) => {
      await form.getByLabel('Segment to read, from 0').fill(String(segment));
      await form.getByRole('button', { name: 'Run' }).click();
      const label = region('Items').getByText('"Segment": ' + segment);
      await region('Items').getByText('Request and code').click();
      await label.waitFor();
      await region('Items').getByText('Request and code').click();
      return Number.parseInt(await region('Items').locator('.summary b').innerText(), 10);
    };
    const [first, second] = [await count(0), await count(1)];
    assert.ok(first > 0 && second > 0);
    assert.equal(first + second, 85, 'each item is in one of them');
    await form.getByLabel('Segments').fill('1');
    await form.getByRole('button', { name: '+ Add a filter' }).click();
    await form.getByLabel('Filter attribute').fill('status');
    await form.getByLabel('Comparison').selectOption('is one of');
    await form.getByLabel(/^Values, with commas/).fill('paid, shipped');
    assert.equal((await request()).FilterExpression, '#n0 IN (:v0, :v1)');
    await form.getByRole('button', { name: 'Run' }).click();
    await region('Items').getByRole('cell', { name: 'shipped' }).first().waitFor();
    await usable('builder');
  });

  test('a load is stopped', async () => {
    await page.getByLabel('File of JSON lines or CSV').setInputFiles(join(ARTIFACTS, 'readings.jsonl'));
    await page.getByLabel('Table name').fill('stopped');
    await page.getByRole('button', { name: 'Load 100,000 items' }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    const report = page.locator('.report[data-done=true]', { hasText: 'Stopped loading stopped' });
    const [, written] = /([\d,]+) of 100,000/.exec(await report.innerText());
    const items = Number(written.replaceAll(',', ''));
    assert.ok(items < 100_000);
    await page.getByRole('region', { name: 'Table stopped' }).getByText(`${written} item`).waitFor();
  });

  test('what calls consumed is drawn and summed', async () => {
    await page.getByRole('link', { name: 'Usage' }).click();
    await page.locator('.usage .u-over').waitFor();
    const sums = page.getByRole('region', { name: 'Sums by operation and table' });
    await sums.getByRole('row', { name: /^Scan shop/ }).waitFor();
    await sums.getByRole('row', { name: /^BatchWriteItem stopped/ }).waitFor();
    const before = await region('Usage').getByRole('status').innerText();
    // It is drawn while something else goes on.
    await page.getByLabel('File of JSON lines or CSV').setInputFiles(join(ARTIFACTS, 'cities.csv'));
    await page.getByRole('button', { name: 'Load 3 items' }).click();
    await page.getByRole('heading', { level: 1, name: 'cities' }).waitFor();
    await page.getByRole('link', { name: 'Usage' }).click();
    await page.locator('.usage .u-over').waitFor();
    assert.notEqual(await region('Usage').getByRole('status').innerText(), before);
    await usable('usage');
  });

  test('a table is created with every option, and described', async () => {
    await page.getByRole('button', { name: 'New table' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Table name').fill('everything');
    await dialog.getByLabel('Sort key (optional)').fill('at');
    await dialog.getByRole('button', { name: '+ Add an index' }).click();
    await dialog.getByLabel('Index name').fill('by-owner');
    const index = dialog.getByRole('group', { name: 'Global secondary index' });
    await index.getByLabel('Partition key', { exact: true }).fill('owner');
    await index.getByLabel('Projection').selectOption('some attributes');
    await index.getByLabel('Included, by commas').fill('title, size');
    await dialog.getByRole('button', { name: '+ Add an index' }).click();
    await dialog.getByLabel('Kind').last().selectOption('local: same partition key');
    const local = dialog.getByRole('group', { name: 'Local secondary index' });
    await local.getByLabel('Index name').fill('by-size');
    await local.getByLabel('Sort key', { exact: true }).fill('size');
    await local.getByLabel(/^Type/).selectOption('number');
    await dialog.getByText('More options').click();
    await dialog.getByLabel('Capacity').selectOption('provisioned');
    await dialog.getByLabel('Read units').fill('7');
    await dialog.getByLabel('Table class').selectOption('infrequent access');
    await dialog.getByLabel('Stream').selectOption('new and old images');
    await dialog.getByLabel('Tags, key=value on each line').fill('team=blue');
    await usable('table');
    await dialog.getByRole('button', { name: 'Create table' }).click();
    await page.getByRole('heading', { level: 1, name: 'everything' }).waitFor();
    await page.getByText('Description', { exact: true }).click();
    const described = JSON.parse(await page.getByLabel('Description in JSON').innerText());
    assert.equal(described.ProvisionedThroughput.ReadCapacityUnits, 7);
    assert.equal(described.TableClassSummary.TableClass, 'STANDARD_INFREQUENT_ACCESS');
    assert.equal(described.StreamSpecification.StreamViewType, 'NEW_AND_OLD_IMAGES');
    assert.deepEqual(described.GlobalSecondaryIndexes[0].Projection, {
      ProjectionType: 'INCLUDE',
      NonKeyAttributes: ['title', 'size'],
    });
    assert.equal(described.LocalSecondaryIndexes[0].KeySchema[1].AttributeName, 'size');
  });

  test('colours are chosen and kept', async () => {
    const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
    await page.getByRole('button', { name: 'Colours: system' }).click();
    await page.getByRole('button', { name: 'Colours: light' }).click();
    await page.getByRole('button', { name: 'Colours: dark' }).waitFor();
    assert.equal(await scheme(), 'dark');
    await page.reload();
    await page.getByRole('button', { name: 'Colours: dark' }).click();
    await page.getByRole('button', { name: 'Colours: system' }).waitFor();
  });

  test('works offline after the first visit', async () => {
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await server.close();
    await page.goto(`${server.url}/#shop`);
    await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor();
    await page.goto(`${server.url}/#/console`);
    await editor().waitFor();
    await page.reload();
    await editor().waitFor();
  });

  test('has nothing to complain about', () => assert.deepEqual(complaints, []));
});
