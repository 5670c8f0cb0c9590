// Pages of indicators in Debian's Chromium, against the server of CHENGSHU_URL or the fake one, as pages.test.mjs.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { startFake } from '../fake/server.mjs';
import { launch } from './browser.mjs';

const given = process.env.CHENGSHU_URL?.replace(/\/$/, '');
let browser;
let fake;
let url;
let context;
let page;
let errors;
let outside;

before(async () => (browser = await launch()));
after(async () => {
  await browser.close();
  // A test that skips itself is not cleaned up after.
  await fake?.close();
});
beforeEach(async () => {
  fake = given ? undefined : await startFake({ live: false });
  url = given ?? fake.url;
  errors = [];
  outside = [];
  context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('request', (request) => request.url().startsWith(url) || request.url().startsWith('blob:') || outside.push(request.url()));
});
afterEach(async () => {
  await context.close();
  await fake?.close();
});

const figure = (text) => Number(text.replace(/[^\d]/g, ''));
const api = async (path) => (await fetch(`${url}/api/v1${path}`)).json();
async function open(hash) {
  await page.goto('about:blank');
  await page.goto(`${url}/${hash}`);
}

/** A local day that the city has values of. */
async function newestDay() {
  return process.env.CHENGSHU_DAY ?? (await api('/city')).day;
}

/** The values of a page as the page itself asks for them. */
async function valuesOf(code) {
  const [answer] = await Promise.all([
    page.waitForRequest((request) => request.url().includes(`/api/v1/feed?page=${code}&`)), open(`#/pages/${code}?day=${await newestDay()}`),
  ]);
  return (await fetch(answer.url(), { headers: { Accept: 'application/json' } })).json();
}

const openable = '.sheet a[href*="open="]';

describe('pages of indicators', () => {
  it('are listed as the data define them, and each shows every value that it has', async () => {
    const { items } = await api('/pages');
    assert.ok(items.length > 0);
    await open('#/pages');
    await page.locator('.sheet li').first().waitFor();
    const names = await page.locator('.sheet li h2').allTextContents();
    assert.deepEqual(names, items.map(({ name }) => name.en || name.zh));
    for (const { code } of items) {
      const feed = await valuesOf(code);
      await page.locator(openable).first().waitFor();
      const listed = feed.rankings?.reduce((sum, { items: ranked }) => sum + ranked.length, 0);
      const shown = await page.locator('.sheet .value a').count();
      if (listed !== undefined) assert.equal(shown, listed, code);
      else if (feed.cells?.length <= feed.places.length * feed.indicators.length) assert.equal(shown, feed.cells.length, code);
      else if (feed.cells) assert.equal(shown, feed.places.length * feed.indicators.length, `${code}: the current values`);
      await page.locator('.state.live').waitFor();
    }
    assert.deepEqual(errors, []);
    assert.deepEqual(outside, []);
  });

  it('open a number into as many cases as it counts, and give the focus back', async (test) => {
    const rules = new Map((await api('/indicators')).items.map((one) => [one.code, one.rule]));
    for (const { code } of (await api('/pages')).items) {
      const feed = await valuesOf(code);
      const single = feed.cells?.length === feed.places.length * feed.indicators.length;
      const cell = single && feed.cells.find(({ indicator, value }) => rules.get(indicator) === 'counted' && value > 0 && value <= 300);
      if (!cell) continue;
      const member = cell.member ? `[href*="open_member=${cell.member}"]` : '';
      const link = page.locator(`.sheet a[href*="open=${cell.indicator}&"][href*="open_area=${cell.area}&"]${member}`);
      assert.equal(figure(await link.textContent()), cell.value);
      await link.focus();
      await page.keyboard.press('Enter');
      const rows = page.locator('dialog .cases tbody tr');
      await rows.first().waitFor();
      const { cases, sum, complete } = await (await fetch(`${url}/api/v1/feed/value?indicator=${cell.indicator}&area=${cell.area}&at=${encodeURIComponent(cell.from)}${cell.member ? `&by=${cell.by}&member=${encodeURIComponent(cell.member)}` : ''}`)).json();
      assert.equal(await rows.count(), cases.length);
      if (complete) assert.equal(sum, cell.value);
      else await page.getByText('There are more than shown here').waitFor();
      await page.keyboard.press('Escape');
      await page.locator('dialog').waitFor({ state: 'detached' });
      assert.ok(await link.evaluate((element) => element === document.activeElement), 'the focus is back where it was');
      assert.ok(!page.url().includes('open='));
      return assert.deepEqual(errors, []);
    }
    return test.skip('no page has counts of cases');
  });

  it('open a rate into its parts, and these in turn, with the way back', async (test) => {
    const all = (await api('/indicators')).items;
    for (const { code, indicators } of (await api('/pages')).items) {
      const formula = indicators.map((one) => all.find((known) => known.code === one)).find((one) => one?.rule === 'formula' && one.inputs.length);
      if (!formula) continue;
      await open(`#/pages/${code}?day=${await newestDay()}`);
      const link = page.locator(`.sheet a[href*="open=${formula.code}&"]`).first();
      await link.click();
      const inputs = page.locator('dialog .inputs tbody tr');
      await inputs.first().waitFor();
      assert.match(await page.locator('dialog caption').first().textContent(), new RegExp(`Made of ${await inputs.count()} values`));
      const part = await inputs.first().locator('a').getAttribute('href');
      await inputs.first().locator('a').click();
      await page.waitForURL((address) => address.href.endsWith(part));
      await page.locator('dialog .expression').waitFor({ state: 'detached' });
      await page.locator('dialog .figure').waitFor();
      await page.getByRole('button', { name: 'Back' }).click();
      await page.waitForURL((address) => address.href.includes(`open=${formula.code}&`));
      await page.locator('dialog .expression').waitFor();
      await page.getByRole('button', { name: 'Close' }).click();
      await page.locator('dialog').waitFor({ state: 'detached' });
      return assert.deepEqual(errors, []);
    }
    return test.skip('no page has a formula');
  });

  it('draw a line for each indicator and place, and say the same in a table', async (test) => {
    const trend = (await api('/pages')).items.find(({ shape, periods }) => shape === 'table' && periods > 1);
    if (!trend) return test.skip('no page has a trend');
    const feed = await valuesOf(trend.code);
    await page.locator(openable).first().waitFor();
    const [{ code }] = feed.indicators;
    const own = feed.cells.filter(({ indicator }) => indicator === code);
    const section = page.locator(`.trend[data-indicator="${code}"]`);
    assert.equal(await section.locator('li').count(), feed.places.length);
    const lines = new Set(own.filter(({ value }) => value !== undefined).map(({ area, member }) => `${area} ${member}`));
    assert.equal(await section.locator('svg[role=img]').count(), lines.size);
    await section.getByText('As a table').click();
    const rows = section.locator('tbody tr');
    await rows.first().waitFor();
    assert.equal(await rows.count(), trend.periods);
    const texts = await section.locator('tbody td').allTextContents();
    assert.equal(texts.length, own.length);
    assert.equal(texts.filter((text) => text.trim() === '–').length, own.filter(({ value, names }) => value === undefined && !names?.length).length, 'no value is a dash');
    return assert.deepEqual(errors, []);
  });

  it('speak both languages and show one area when it is chosen', async () => {
    const { items } = await api('/pages');
    const chosen = items.find(({ parts, shape, periods, areas }) => parts && shape === 'table' && periods === 1 && !areas) ?? items[0];
    await open(`#/pages/${chosen.code}`);
    await page.locator(openable).first().waitFor();
    await page.getByLabel('Area 1').selectOption({ index: 1 });
    await page.waitForURL(/area=/);
    const code = new URL(page.url().replace('#', '')).searchParams.get('area');
    await page.locator(`${openable}[href*="open_area=${code}&"]`).first().waitFor();
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByRole('heading', { name: chosen.name.zh, level: 1 }).waitFor();
    await page.locator(`${openable}[aria-label*="查看构成"]`).first().waitFor();
    const nameless = await page.evaluate(() => [...document.querySelectorAll('button, a[href], input, select, svg[role]')].filter((element) =>
      !(element.labels?.length) && !element.textContent.trim() && !element.getAttribute('aria-label')).length);
    assert.equal(nameless, 0);
    assert.deepEqual(errors, []);
  });

  it('fit a phone without scrolling sideways, an opened number too, in both colour schemes', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    const fits = async (what) => {
      const [scroll, client] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      assert.ok(scroll <= client, `${what}: ${scroll} > ${client}`);
    };
    for (const { code } of (await api('/pages')).items) {
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await open(`#/pages/${code}?day=${await newestDay()}`);
        await page.locator(openable).first().waitFor();
        await fits(`${code} ${colorScheme}`);
      }
      await page.locator(openable).first().click();
      await page.locator('dialog .figure, dialog caption').first().waitFor();
      await fits(`${code}, opened`);
      const [width, inner] = await page.locator('dialog').evaluate((dialog) => [dialog.scrollWidth, dialog.clientWidth]);
      assert.ok(width <= inner, `${code}, opened: ${width} > ${inner}`);
    }
    assert.deepEqual(errors, []);
  });

  it('change by themselves when something is reported', { skip: given ? false : 'needs a server that takes reports' }, async (test) => {
    const { items } = await api('/pages');
    const chosen = items.find(({ indicators, shape, periods, parts }) => indicators.includes('reported') && shape === 'table' && periods === 1 && parts);
    if (!chosen) return test.skip('no page has what is reported');
    const requests = [];
    page.on('request', (request) => request.url().includes('/feed?') && requests.push(request.url()));
    await open(`#/pages/${chosen.code}`);
    await page.locator('.state.live').waitFor();
    const { levels } = await api('/city');
    const [root] = (await api(`/areas?level=${levels[0].code}`)).items;
    const [below] = (await api(`/areas?parent=${root.code}&limit=200`)).items;
    const shown = (area) => page.locator(`.sheet a[href*="open=reported&"][href*="open_area=${area}&"]`);
    await shown(root.code).waitFor();
    const before = await Promise.all([root, below].map(async ({ code }) => figure(await shown(code).textContent())));
    const answer = await fetch(`${url}/api/v1/reports`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `page-${Date.now()}` },
      body: JSON.stringify({ source: 'public', area: below.code, description: 'a page that is looked at' }),
    });
    assert.equal(answer.status, 201, await answer.clone().text());
    for (const [index, { code }] of [root, below].entries()) {
      await page.waitForFunction(([selector, value]) => document.querySelector(selector)?.textContent.replace(/[^\d]/g, '') === String(value),
        [`.sheet a[href*="open=reported&"][href*="open_area=${code}&"]`, before[index] + 1]);
    }
    assert.equal(requests.length, 1, 'one stream, and nothing is asked again');
    await shown(below.code).click();
    const { case: filed } = await answer.json();
    await page.locator(`dialog .cases a[href$="${filed.id}"]`).waitFor();
    assert.equal(await page.locator('dialog .cases tbody tr').count(), before[1] + 1);
    return assert.deepEqual(errors, []);
  });
});

describe('pages of indicators with a server that can be told what to do', { skip: given ? 'needs the fake server' : false }, () => {
  const value = (code) => page.locator(`li[data-indicator="${code}"] .value a`);
  const becomes = (code, text) => page.waitForFunction(([selector, wanted]) => document.querySelector(selector)?.textContent === wanted, [`li[data-indicator="${code}"] .value a`, text]);

  it('change as cases do, the opened number too', async () => {
    const requests = [];
    page.on('request', (request) => request.url().includes('/feed?') && requests.push(request.url()));
    await open(`#/pages/city_now`);
    await value('closed').waitFor();
    await page.locator('.state.live').waitFor();
    const before = figure(await value('closed').textContent());
    const box = await page.locator('li[data-indicator="closed"]').boundingBox();
    fake.step();
    await becomes('closed', String(before + 1));
    assert.deepEqual(await page.locator('li[data-indicator="closed"]').boundingBox(), box, 'nothing moves');
    assert.equal(await value('noise').textContent(), '–');
    assert.match(await value('noise').getAttribute('aria-label'), /no value/);
    assert.match(await page.locator('li[data-indicator="closing_rate"]').textContent(), /\+\d+\.\d points/);
    assert.match(await page.locator('li[data-indicator="closing_rate"] .mark').textContent(), /Red/);
    assert.equal(requests.length, 1);

    await open(`#/pages/districts`);
    const counts = page.locator('.sheet a[href*="open=closed&"]');
    await counts.first().waitFor();
    const waiting = fake.cases.find((item) => item.state.code === 'checking');
    const district = waiting.area_path[1].code;
    const link = page.locator(`.sheet a[href*="open=closed&"][href*="open_area=${district}&"]`);
    const had = figure(await link.textContent());
    await link.click();
    const rows = page.locator('dialog .cases tbody tr');
    await rows.first().waitFor();
    assert.equal(await rows.count(), had);
    fake.step();
    await page.waitForFunction((count) => document.querySelectorAll('dialog .cases tbody tr').length === count, had + 1);
    await page.locator(`dialog .cases a[href$="${waiting.id}"]`).click();
    await page.getByRole('heading', { name: 'Time line' }).waitFor();
    assert.deepEqual(errors, []);
  });

  it('say that values are old while the connection is lost, and catch up', async () => {
    await open('#/pages/city_now');
    await value('closed').waitFor();
    const before = figure(await value('closed').textContent());
    fake.stopFeed(true);
    await page.getByText('Connection lost at').waitFor();
    fake.step();
    assert.equal(figure(await value('closed').textContent()), before, 'what was known stays');
    fake.stopFeed(false);
    await becomes('closed', String(before + 1));
    await page.locator('.state.live').waitFor();
    assert.equal(await page.getByText('Connection lost at').count(), 0);
  });

  it('say when there is no such page, and when there are no values', async () => {
    await open('#/pages/city_nwo');
    await page.getByRole('alert').getByText('did you mean "city_now"').waitFor();
    await open(`#/pages/air_hours`);
    await page.locator('.trend[data-indicator="noise"] li').first().getByText('no values').waitFor();
    assert.equal(await page.locator('.trend[data-indicator="pm25_hour"] svg').first().locator('polyline').count(), 2, 'a gap stays a gap');
  });

  it('rank places, and list the places of a class', async () => {
    await open('#/pages/worst');
    const ranks = page.locator('.ranking[data-indicator="closing_rate"] .rank');
    await ranks.first().waitFor();
    assert.deepEqual(await ranks.allTextContents(), ['1', '2', '3', '4', '5']);
    await open(`#/pages/classes`);
    const counts = page.locator('.distribution[data-indicator="closing_rate"] td a');
    await counts.first().waitFor();
    for (const index of [0, (await counts.count()) - 1]) {
      const count = figure(await counts.nth(index).textContent());
      await counts.nth(index).click();
      const rows = page.locator('dialog tbody tr');
      await rows.first().waitFor();
      assert.equal(await rows.count(), count);
      if (index === 0) await page.keyboard.press('Escape');
    }
    await page.locator('dialog .value a').first().click();
    await page.locator('dialog .inputs').waitFor();
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByText(/^\d+ places$/).waitFor();
    assert.deepEqual(errors, []);
  });
});
