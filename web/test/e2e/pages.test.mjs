// The pages in Debian's Chromium. With CHENGSHU_URL they are tried against that server, whatever city it runs; without
// it against the fake one, where changes, failures and cut connections can be made to happen as well.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { startFake } from '../fake/server.mjs';
import { launch } from './browser.mjs';

const given = process.env.CHENGSHU_URL?.replace(/\/$/, '');
let browser;
let fake;
let url;

before(async () => {
  browser = await launch();
});
after(async () => {
  await browser.close();
});

/** Figures as people read them: "1,234" → 1234. */
const figure = (text) => Number(text.replace(/[^\d]/g, ''));
const api = async (path) => (await fetch(`${url}/api/v1${path}`)).json();

let context;
let page;
let errors;
let outside;

async function open(hash, options = {}) {
  context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 }, ...options });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('blob:')) outside.push(request.url());
  });
  await page.goto(`${url}/${hash}`);
}

async function signIn() {
  await page.getByLabel('Account').fill('demo');
  await page.getByLabel('Password').fill('demo');
  await page.getByRole('button', { name: 'Sign in' }).click();
}

beforeEach(async () => {
  errors = [];
  outside = [];
  fake = given ? undefined : await startFake({ live: false });
  url = given ?? fake.url;
});
afterEach(async () => {
  await context?.close();
  await fake?.close();
});

describe('pages', () => {
  it('shows the funnel, and every number opens a list of that many cases', async () => {
    await open('#/');
    const steps = page.locator('a.step');
    await steps.first().waitFor();
    const values = (await steps.locator('.value').allTextContents()).map(figure);
    assert.ok(values.length >= 3, 'the loop has steps');
    assert.ok(values[0] > 0, 'something was reported');
    const index = values.findIndex((value) => value > 0 && value <= 50);
    const chosen = index < 0 ? values.length - 1 : index;
    await steps.nth(chosen).click();
    const rows = page.locator('tbody th.id');
    await rows.first().waitFor();
    assert.equal(await rows.count(), Math.min(values[chosen], 50));
    assert.deepEqual(errors, []);
    assert.deepEqual(outside, []);
  });

  it('draws the map from our own tiles only, and the same areas stand in a table', async () => {
    const tiles = [];
    await open('#/');
    page.on('response', (response) => response.url().includes('/tiles/') && tiles.push(response.status()));
    await page.locator('.controls').waitFor();
    await page.waitForFunction(() => {
      const [canvas, frame] = ['canvas.maplibregl-canvas', '.map .frame'].map((name) => document.querySelector(name)?.getBoundingClientRect());
      return canvas && frame && frame.width > 100 && Math.abs(canvas.width - frame.width) < 2 && Math.abs(canvas.height - frame.height) < 2;
    });
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.waitForResponse((response) => response.url().includes('/tiles/'));
    const { levels } = await api('/city');
    const [root] = (await api(`/areas?level=${levels[0].code}`)).items;
    const below = (await api(`/areas?parent=${root.code}&limit=200`)).items;
    await page.waitForFunction((count) => document.querySelectorAll('.areas tbody tr').length === count, below.length);
    assert.ok(tiles.every((status) => status === 200 || status === 204), tiles.join());
    assert.deepEqual(outside, []);
    assert.deepEqual(errors, []);
  });

  it('shows every terminal with value, class in words and time, and the last hours of the chosen one', async (test) => {
    const things = await fetch(`${url}/api/v1/things?limit=200`).then(async (response) => (response.ok ? (await response.json()).items : []));
    if (process.env.CHENGSHU_THINGS) assert.equal(things.length, Number(process.env.CHENGSHU_THINGS));
    if (things.length === 0) return test.skip('this city has no terminals');
    await open('#/');
    await page.getByRole('heading', { name: 'Terminals and their latest readings' }).waitFor();
    const rows = page.locator('.things tbody tr');
    await rows.first().waitFor();
    assert.equal(await rows.count(), things.length);
    const measured = things.find((thing) => thing.readings.some((reading) => reading.step));
    const reading = measured.readings.find((candidate) => candidate.step);
    const row = rows.filter({ hasText: measured.name.en });
    assert.equal(figure(await row.locator('td').nth(0).textContent()), figure(String(reading.value)));
    assert.equal((await row.locator('td').nth(1).textContent()).trim(), reading.class.en);
    assert.equal(await row.locator('time').getAttribute('datetime'), reading.time);
    // By keyboard, and back again.
    await row.getByRole('button').focus();
    await page.keyboard.press('Enter');
    const sparks = page.locator('.streams svg[role=img]');
    await sparks.first().waitFor();
    const streams = await api(`/things/${measured.id}/readings?hours=72`);
    const numbers = streams.items.filter((stream) => stream.points.some((point) => point.value !== undefined));
    assert.equal(await sparks.count(), numbers.length);
    assert.match(await sparks.first().getAttribute('aria-label'), /readings$/);
    assert.match(page.url(), new RegExp(`thing=${measured.id}`));
    await page.getByRole('button', { name: 'Close' }).click();
    await sparks.first().waitFor({ state: 'detached' });
    assert.ok(await row.getByRole('button').evaluate((button) => button === document.activeElement));
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByRole('heading', { name: '感知终端最新读数' }).waitFor();
    await rows.filter({ hasText: measured.name.zh }).filter({ hasText: reading.class.zh }).waitFor();
    assert.deepEqual(errors, []);
    assert.deepEqual(outside, []);
  });

  it('leaves a gap in the line where a terminal was silent', async (test) => {
    if (given) return test.skip('needs readings that are known');
    await open('#/?thing=2');
    const line = page.locator('.streams svg').first();
    await line.waitFor();
    assert.equal(await line.locator('polyline').count(), 2);
    assert.match(await page.locator('.things').textContent(), /silent since then/);
    assert.match(await page.locator('.things').textContent(), /no reading yet/);
  });

  it('draws terminals on the map and opens the one that is clicked, in the dark too', async (test) => {
    if (given) return test.skip('needs a terminal whose place is known');
    await open('#/', { colorScheme: 'dark' });
    await page.locator('.controls').waitFor();
    await page.locator('.things tbody tr').first().waitFor();
    const frame = page.locator('.map .frame');
    await page.waitForFunction(() => document.querySelector('canvas.maplibregl-canvas')?.getBoundingClientRect().width > 100);
    // The fake city lies in 116.1–116.7 E, 39.75–40.15 N, and fills the frame in one direction; station 1 is at 116.25, 39.9.
    const mercator = (lat) => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) * (180 / Math.PI);
    const box = await frame.boundingBox();
    const [west, south, east, north] = [116.1, mercator(39.75), 116.7, mercator(40.15)];
    const scale = Math.min((box.width - 48) / (east - west), (box.height - 48) / (north - south));
    const spot = [box.width / 2 + (116.25 - (west + east) / 2) * scale, box.height / 2 - (mercator(39.9) - (south + north) / 2) * scale];
    for (let attempt = 0; attempt < 20 && !page.url().includes('thing=1'); attempt++) {
      await frame.click({ position: { x: spot[0], y: spot[1] } });
      await page.waitForTimeout(250);
    }
    assert.match(page.url(), /thing=1/);
    await page.locator('.streams svg').first().waitFor();
    assert.deepEqual(errors, []);
  });

  it('changes the language in place and remembers it', async () => {
    await open('#/');
    await page.locator('a.step').first().waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'en-GB');
    await page.getByRole('button', { name: '中文' }).click();
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
    await page.getByRole('heading', { name: '从上报到结案' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: '从上报到结案' }).waitFor();
  });

  it('lists cases with filters in the address, and pages by cursor', async () => {
    await open('#/cases');
    await page.locator('tbody tr').first().waitFor();
    await page.getByLabel('Progress').selectOption('true');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.waitForURL(/open=true/);
    const next = page.getByRole('link', { name: 'Next' });
    if (await next.count()) {
      const first = await page.locator('tbody tr').first().textContent();
      await next.click();
      await page.waitForURL(/cursor=/);
      await page.waitForFunction((text) => document.querySelector('tbody tr')?.textContent !== text, first);
    }
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.waitForURL((address) => !address.hash.includes('open='));
    assert.deepEqual(errors, []);
  });

  it('finds a case by its number and shows its whole time line with reasons and rules', async () => {
    const { items } = await api('/cases?limit=50');
    const { items: entries } = await api(`/cases/${items[0].id}/timeline?limit=200`);
    await open('#/cases');
    await page.getByLabel('Case number').fill(items[0].id);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
    await page.locator('tbody a').first().click();
    await page.getByRole('heading', { name: 'Time line' }).waitFor();
    await page.waitForFunction((count) => document.querySelectorAll('.main h3').length === count, entries.length);
    const automatic = entries.filter((entry) => entry.automatic).length;
    assert.equal(await page.locator('li.automatic').count(), automatic);
    assert.deepEqual(errors, []);
  });

  it('asks for signing in where scores are not public', async () => {
    await open('#/scores');
    await page.getByRole('link', { name: 'Sign in to see scores' }).waitFor();
    assert.deepEqual(errors, []);
  });

  it('can be used with the keyboard: skip link, landmarks, visible names', async () => {
    await open('#/');
    await page.locator('a.step').first().waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Skip to content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'MAIN');
    for (const role of ['banner', 'main', 'navigation']) assert.ok(await page.getByRole(role).count() >= 1, role);
    const nameless = await page.evaluate(() => [...document.querySelectorAll('button, a[href], input, select')].filter((element) => {
      const labels = element.labels?.length ?? 0;
      return !labels && !element.textContent.trim() && !element.getAttribute('aria-label') && !element.getAttribute('title');
    }).length);
    assert.equal(nameless, 0);
  });

  it('fits a phone without scrolling sideways, in both colour schemes', async () => {
    for (const colorScheme of ['light', 'dark']) {
      for (const hash of ['#/', '#/cases', '#/pages', '#/scores', '#/sign-in']) {
        await open(hash, { viewport: { width: 360, height: 740 }, colorScheme, hasTouch: true, isMobile: true });
        await page.locator('h1').waitFor();
        await page.waitForLoadState('networkidle').catch(() => undefined);
        const [scroll, client] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        assert.ok(scroll <= client, `${hash} ${colorScheme}: ${scroll} > ${client}`);
        await context.close();
      }
    }
  });
});

describe('pages with a server that can be told what to do', { skip: given ? 'needs the fake server' : false }, () => {
  it('shows a transition as it happens, and what happened while the line was cut', async () => {
    await open('#/');
    const first = page.locator('.live li').first();
    await first.waitFor();
    await page.locator('.link.live').waitFor();
    const one = fake.step();
    await page.locator(`.live li a[href$="${one.id}"]`).first().waitFor();
    fake.cut();
    const two = fake.step();
    const three = fake.step();
    for (const { id } of [two, three]) await page.locator(`.live li a[href$="${id}"]`).first().waitFor();
    const hrefs = await page.locator('.live li a').evaluateAll((links) => links.map((link) => link.href));
    const closing = hrefs.filter((href) => href.endsWith(one.id));
    assert.ok(closing.length >= 1);
    assert.deepEqual(outside, []);
  });

  it('reads the figures again after a transition', async () => {
    await open('#/');
    const closed = page.locator('a.step .value').last();
    await page.locator('.live li').first().waitFor();
    const before = figure(await closed.textContent());
    await page.locator('.link.live').waitFor();
    fake.step();
    await page.waitForFunction((value) => [...document.querySelectorAll('a.step .value')].at(-1).textContent === String(value), before + 1);
  });

  it('signs in, files a case with a form made from its needs, and signs out', async () => {
    const waiting = fake.cases.find((item) => item.state.code === 'reported');
    await open(`#/cases/${waiting.id}`);
    await page.getByRole('link', { name: 'Sign in to act on this case' }).click();
    await page.getByLabel('Account').fill('demo');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Password').fill('demo');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'File', exact: true }).click();
    const submit = page.getByRole('button', { name: 'Submit' });
    assert.ok(await submit.isDisabled(), 'a required input is missing');
    await page.getByLabel(/^Standard/).selectOption({ index: 1 });
    await submit.click();
    await page.getByText('Done: File').waitFor();
    await page.getByRole('button', { name: 'Dispatch', exact: true }).waitFor();
    assert.equal(waiting.state.code, 'dispatching');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in', exact: true }).waitFor();
  });

  it('ranks areas with the formula, a score opens its cases, and they are exported as they are listed', async () => {
    await open('#/sign-in?next=/scores');
    await signIn();
    await page.locator('.expression').waitFor();
    await page.locator('a.score').first().click();
    await page.locator('tbody th.id').first().waitFor();
    assert.match(await page.getByRole('link', { name: 'Export CSV' }).getAttribute('href'), /cases\.csv\?area=\d+&measure=/);
    assert.deepEqual(errors, []);
  });

  it('attaches a photo to an action', async () => {
    const item = fake.cases.find((candidate) => candidate.state.code === 'handling');
    await open(`#/sign-in?next=/cases/${item.id}`);
    await signIn();
    await page.getByRole('button', { name: 'Handled', exact: true }).click();
    await page.getByLabel(/^Reason/).fill('cleared');
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
    await page.locator('form').getByLabel(/^Attachments/).setInputFiles({ name: 'after.png', mimeType: 'image/png', buffer: png });
    await page.getByText('after.png').waitFor();
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.locator('section img').waitFor();
    assert.equal(item.state.code, 'checking');
  });

  it('tells of a change by somebody else instead of overwriting it', async () => {
    const item = fake.cases.find((candidate) => candidate.state.code === 'checking');
    await open(`#/sign-in?next=/cases/${item.id}`);
    await signIn();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.getByLabel(/^Satisfaction/).selectOption('satisfied');
    item.version += 1;
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText('Somebody changed the case meanwhile').waitFor();
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText('Done: Close').waitFor();
  });

  it('says what went wrong and tries again when asked', async () => {
    fake.fail(3);
    await open('#/cases');
    await page.getByRole('alert').first().waitFor();
    // The city and the list each say so, and each goes away once it could be read.
    const again = page.getByRole('button', { name: 'Try again' });
    for (let left = await again.count(); left > 0; left--) {
      await again.first().click();
      await page.waitForFunction((most) => document.querySelectorAll('.error').length < most, left);
    }
    await page.locator('tbody tr').first().waitFor();
  });

  it('warns where data are generated', async () => {
    await open('#/');
    await page.getByText('generated for demonstration').waitFor();
  });
});
