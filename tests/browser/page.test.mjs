// The page, driven as a person would: through its labels and buttons. Screenshots go to tests/artifacts.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ROOT } from '../../scripts/lib/run.mjs';
import { serveFiles } from '../../scripts/lib/static.mjs';
import { launch, watch } from './browser.mjs';

const ARTIFACTS = join(ROOT, 'tests/artifacts');
const WIDTHS = { phone: 390, tablet: 820, desktop: 1440 };
const TIMEOUT = { timeout: 60_000 };

let server;
let browser;
let context;
let page;
let complaints;

before(async () => {
  mkdirSync(ARTIFACTS, { recursive: true });
  server = await serveFiles({ '/': join(ROOT, 'www/dist') });
  browser = await launch({ viewport: { width: WIDTHS.desktop, height: 900 } });
  context = browser.context;
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  complaints = watch(page);
  await page.goto(server.url);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** The page at three widths, in light and dark. */
async function shoot(name) {
  for (const [device, width] of Object.entries(WIDTHS)) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({
        path: join(ARTIFACTS, `page-${name}-${device}-${colorScheme}.png`),
        animations: 'disabled',
      });
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wide, false, `the page is wider than its window on a ${device}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: WIDTHS.desktop, height: 900 });
}

const tables = () => page.getByRole('navigation', { name: 'Tables' });
const items = () => page.getByRole('region', { name: 'Items', exact: true });
const form = () => page.getByRole('form', { name: 'Read' });
const dialog = () => page.getByRole('dialog');
const run = () => form().getByRole('button', { name: 'Run' }).click();

/** The texts of a column on the screen. */
const column = (name) =>
  page.locator('.results table').evaluate((table, name) => {
    const at = [...table.querySelectorAll('th')].findIndex((th) => th.textContent === name);
    return [...table.querySelectorAll('tbody tr')].map((row) => row.children[at]?.textContent ?? '');
  }, name);

/** Waits until the page shows this many items, and gives the line above them. */
async function summary(text) {
  const line = items().locator('.summary');
  await line.getByText(text, { exact: true }).waitFor();
  return line.innerText();
}

async function loaded(table) {
  const report = page.locator('.report[data-done=true]', { hasText: `Loaded ${table}` });
  await report.waitFor(TIMEOUT);
  await page.getByRole('heading', { level: 1, name: table }).waitFor();
  return report.innerText();
}

describe('the page', () => {
  test('opens a database in IndexedDB and says how it is kept', async () => {
    await page.getByRole('heading', { name: 'DynamoDB, in this tab' }).waitFor();
    const badge = page.locator('.persistence');
    assert.match(await badge.getAttribute('data-kind'), /^(best-effort|persistent)$/);
    await badge.locator('summary').click();
    await badge.getByText('playground').waitFor();
    await badge.locator('summary').click();
    await page.getByText(/^[\d.]+ \w+ used$/).waitFor();
    await shoot('welcome');
  });

  test('loads the movies with a progress bar', async () => {
    await page.getByRole('button', { name: 'Load Movies' }).click();
    await page.getByRole('progressbar').waitFor();
    assert.match(await loaded('movies'), /3,201 of 3,201 items/);
    assert.equal(await page.locator('.report .failures').count(), 0);
    await tables().getByRole('link', { name: 'movies' }).waitFor();
    await page.getByText('3,201 items,').waitFor();
    await summary('50 items');
    await shoot('movies');
  });

  test('loads the airports beside them', async () => {
    await page.getByRole('button', { name: 'Load Airports' }).click();
    assert.match(await loaded('airports'), /3,376 of 3,376 items/);
    assert.equal(await page.locator('.report .failures').count(), 0);
    await tables().getByRole('link', { name: 'airports' }).waitFor();
  });

  test('pages forth and back without losing an item', async () => {
    await form().getByLabel('Page size').selectOption('250');
    await run();
    const seen = new Set();
    let pages = 0;
    for (;;) {
      pages++;
      await items().getByText(`Page ${pages}`).first().waitFor();
      const codes = await column('iata');
      for (const code of codes) seen.add(code);
      const next = items().getByRole('button', { name: 'Next page' }).first();
      if (await next.isDisabled()) break;
      await next.click();
    }
    assert.equal(pages, 14);
    assert.equal(seen.size, 3376);
    const last = await column('iata');
    await items().getByRole('button', { name: 'Previous page' }).first().click();
    await items().getByText('Page 13').first().waitFor();
    assert.equal((await column('iata')).length, 250);
    assert.ok(!(await column('iata')).includes(last[0]));
  });

  test('queries an index in its order, with a filter, and shows the cost', async () => {
    await tables().getByRole('link', { name: 'movies' }).click();
    await page.getByRole('heading', { level: 1, name: 'movies' }).waitFor();
    await form().getByText('Query', { exact: true }).click();
    await form().getByLabel('From').selectOption('by-genre');
    await form().getByLabel('Major Genre (text)').fill('Comedy');
    await form().getByLabel('IMDB Rating (number)').selectOption('>=');
    await form().getByLabel('Value of IMDB Rating').fill('7.5');
    await form().getByLabel('Order').selectOption('descending');
    await form().getByLabel('Page size').selectOption('250');
    await run();
    await items().getByText('Annie Hall').waitFor();
    const ratings = (await column('IMDB Rating')).map(Number);
    assert.ok(ratings.length > 20);
    assert.deepEqual(
      ratings,
      ratings.toSorted((a, b) => b - a),
    );
    assert.ok(ratings.every((rating) => rating >= 7.5));
    assert.ok((await column('Major Genre')).every((genre) => genre === 'Comedy'));

    await form().getByRole('button', { name: '+ Add a filter' }).click();
    await form().getByLabel('Filter attribute').fill('Production Budget');
    await form().getByLabel('Comparison').selectOption('<');
    assert.equal(await form().getByLabel(/^Type/).inputValue(), 'N', 'the type is known from the items');
    await form().getByLabel('Value of filter 1').fill('10000000');
    await run();
    await items().getByText(`${ratings.length} read`).waitFor();
    const budgets = (await column('Production Budget')).map(Number);
    assert.ok(budgets.length > 0 && budgets.length < ratings.length);
    assert.ok(budgets.every((budget) => budget < 1e7));
    const line = await items().locator('.summary').innerText();
    assert.match(line, /[\d.]+ capacity units?/);
    assert.match(line, /[\d.]+ m?s/);
    assert.ok(Number(await items().locator('[data-units]').getAttribute('data-units')) > 0);
    await items().getByText('Request').click();
    await items().getByText('"KeyConditionExpression": "#n0 = :v0 AND #n1 >= :v1"').waitFor();
    await shoot('query');
    await items().getByText('Request').click();
  });

  test('shows a refusal in the words of DynamoDB', async () => {
    await form().getByLabel('Value of IMDB Rating').fill('seven');
    await run();
    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.match(await alert.innerText(), /^ValidationException .*seven/s);
    await form().getByRole('button', { name: 'Reset' }).click();
    await run();
    await summary('50 items');
    assert.equal(await page.getByRole('alert').count(), 0);
  });

  test('edits an item, as JSON and as DynamoDB JSON', async () => {
    await openMovie('Annie Hall');
    const text = dialog().getByLabel('The item');
    const item = JSON.parse(await text.inputValue());
    assert.equal(item['Director'], 'Woody Allen');
    await text.fill(JSON.stringify({ ...item, Seen: true, Tags: ['new york'] }));
    await dialog().getByText('DynamoDB JSON', { exact: true }).click();
    await page.waitForFunction(() => document.querySelector('#item-text').value.includes('"BOOL"'));
    const typed = JSON.parse(await text.inputValue());
    assert.deepEqual(typed['Seen'], { BOOL: true });
    assert.deepEqual(typed['Tags'], { L: [{ S: 'new york' }] });
    await shoot('item');
    await text.fill(JSON.stringify({ ...typed, Names: { SS: ['a', 'a'] } }));
    await dialog().getByRole('button', { name: 'Save' }).click();
    const alert = dialog().getByRole('alert');
    assert.match(await alert.innerText(), /^ValidationException .*duplicates/);
    await text.fill(
      JSON.stringify({ ...typed, Names: { SS: ['b', 'a'] }, Big: { N: '12345678901234567890123' } }),
    );
    await dialog().getByRole('button', { name: 'Save' }).click();
    await page.getByText('Item saved.').waitFor();
    await openMovie('Annie Hall');
    const saved = JSON.parse(await dialog().getByLabel('The item').inputValue());
    assert.deepEqual(saved['Names'], { $set: ['a', 'b'] });
    assert.deepEqual(saved['Big'], { $number: '12345678901234567890123' });
    await dialog().getByText('DynamoDB JSON', { exact: true }).click();
    await page.waitForFunction(() => document.querySelector('#item-text').value.includes('"SS"'));
    assert.deepEqual(JSON.parse(await text.inputValue())['Names'], { SS: ['a', 'b'] });
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
  });

  test('adds an item, but never over one that is there', async () => {
    await page.getByRole('button', { name: 'Add item' }).click();
    const item = {
      Title: 'The Tab',
      'Release Date': '2030-01-01',
      'Major Genre': 'Comedy',
      'IMDB Rating': 9.9,
    };
    await dialog().getByLabel('The item').fill('{ "Title": ');
    await dialog().getByRole('button', { name: 'Add item' }).click();
    assert.match(await dialog().getByRole('alert').innerText(), /^SyntaxError/);
    await dialog().getByLabel('The item').fill(JSON.stringify(item));
    await dialog().getByRole('button', { name: 'Add item' }).click();
    await page.getByText('Item added.').waitFor();
    await page.getByRole('button', { name: 'Add item' }).click();
    await dialog()
      .getByLabel('The item')
      .fill(JSON.stringify({ ...item, 'IMDB Rating': 1 }));
    await dialog().getByRole('button', { name: 'Add item' }).click();
    assert.match(await dialog().getByRole('alert').innerText(), /is there already/);
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    await best('Comedy');
    assert.equal((await column('Title'))[0], 'The Tab');
  });

  test('deletes an item after asking, by the keyboard alone', async () => {
    await items().getByRole('button', { name: 'The Tab' }).focus();
    await page.keyboard.press('Enter');
    await dialog().getByLabel('The item').waitFor();
    await dialog().getByRole('button', { name: 'Delete item' }).focus();
    await page.keyboard.press('Enter');
    await dialog().getByText('cannot be undone').waitFor();
    await dialog().getByRole('button', { name: 'Delete', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Item deleted.').waitFor();
    await page.waitForFunction(() => !document.querySelector('.results').textContent.includes('The Tab'));
  });

  test('takes a dropped file of JSON lines and names the lines that failed', async () => {
    const lines = Array.from({ length: 300 }, (_, n) =>
      JSON.stringify({ city: `c${n % 7}`, n, note: 'x'.repeat(n) }),
    );
    lines[10] = '{ "city": "broken"';
    lines[20] = '[1, 2]';
    lines.push(JSON.stringify({ city: 'c1', n: 1000, note: 'y'.repeat(400 * 1024) }));
    const data = await page.evaluateHandle((text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], 'city notes.jsonl'));
      return transfer;
    }, lines.join('\n'));
    await page.dispatchEvent('body', 'dragover', { dataTransfer: data });
    await page.locator('.drop.over').waitFor();
    await page.dispatchEvent('body', 'drop', { dataTransfer: data });
    await dialog().getByText('299 items read; 2 lines cannot be read').waitFor();
    assert.equal(await dialog().getByLabel('Table name').inputValue(), 'city-notes');
    assert.equal(
      await dialog().getByLabel('Partition key').inputValue(),
      'n',
      'the one attribute that tells lines apart',
    );
    await dialog().getByLabel('Partition key').selectOption('city');
    await dialog().getByLabel('Sort key').selectOption('n');
    await shoot('import');
    await dialog().getByRole('button', { name: 'Load 299 items' }).click();
    const report = await loaded('city-notes');
    assert.match(report, /298 of 299 items/);
    assert.match(report, /3 lines failed/);
    assert.match(report, /Line 11 /);
    assert.match(report, /Line 21 not a JSON object/);
    assert.match(report, /Line 301 Item size has exceeded the maximum allowed size/);
    await shoot('imported');
  });

  test('creates and deletes tables', async () => {
    await page.getByRole('button', { name: 'New table' }).click();
    await dialog().getByLabel('Table name').fill('no');
    await dialog().getByRole('button', { name: 'Create table' }).click();
    assert.match(
      await dialog().getByRole('alert').innerText(),
      /^ValidationException .*at least 3 characters/s,
    );
    await dialog().getByLabel('Table name').fill('short-lived');
    await dialog().getByRole('button', { name: '+ Add an index' }).click();
    await dialog().getByLabel('Index name').fill('by-owner');
    await dialog().getByLabel('Partition key').last().fill('owner');
    await shoot('create');
    await dialog().getByRole('button', { name: 'Create table' }).click();
    await page.getByRole('heading', { level: 1, name: 'short-lived' }).waitFor();
    await items().getByText('No items').waitFor();
    await page.getByRole('button', { name: 'Delete table' }).click();
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Delete table' }).click();
    await dialog().getByRole('button', { name: 'Delete table' }).click();
    await tables().getByRole('link', { name: 'short-lived' }).waitFor({ state: 'detached' });
  });

  test('has it all after a reload', async () => {
    await tables().getByRole('link', { name: 'movies' }).click();
    await page.getByRole('heading', { level: 1, name: 'movies' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'movies' }).waitFor();
    for (const name of ['airports', 'city-notes', 'movies'])
      await tables().getByRole('link', { name }).waitFor();
    assert.equal(await tables().getByRole('link').count(), 3);
    await page.getByText('3,201 items,').waitFor();
    await openMovie('Annie Hall');
    assert.deepEqual(JSON.parse(await dialog().getByLabel('The item').inputValue())['Names'], {
      $set: ['a', 'b'],
    });
    await page.keyboard.press('Escape');
    await best('Comedy');
    assert.ok(!(await column('Title')).includes('The Tab'));
    await tables().getByRole('link', { name: 'city-notes' }).click();
    await page.getByText('298 items,').waitFor();
  });

  test('works in a second tab too, and goes on there when the first is gone', async () => {
    const second = await context.newPage();
    await second.goto(server.url);
    const films = second.getByRole('navigation', { name: 'Tables' }).getByRole('link', { name: 'movies' });
    await films.click();
    await second.getByText('3,201 items,').waitFor();
    await page.goto('about:blank');
    await second.reload();
    await second.getByText('3,201 items,').waitFor();
    await second.close();
  });

  test('never complained on the console', () => assert.deepEqual(complaints, []));
});

/** Finds a film by its title and opens it. */
async function openMovie(title) {
  await form().getByRole('button', { name: 'Reset' }).click();
  await form().getByText('Query', { exact: true }).click();
  await form().getByLabel('Title (text)').fill(title);
  await run();
  await items().getByRole('button', { name: title, exact: true }).click();
  await dialog().getByLabel('The item').waitFor();
}

/** The best films of a genre, best first. */
async function best(genre) {
  await form().getByRole('button', { name: 'Reset' }).click();
  await form().getByText('Query', { exact: true }).click();
  await form().getByLabel('From').selectOption('by-genre');
  await form().getByLabel('Major Genre (text)').fill(genre);
  await form().getByLabel('Order').selectOption('descending');
  await run();
  await items().getByText('"ScanIndexForward": false').waitFor({ state: 'attached' });
  await summary('50 items');
}
