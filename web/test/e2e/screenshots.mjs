// Takes pictures of every screen for looking at: node test/e2e/screenshots.mjs <folder> [name filter]
// CHENGSHU_URL names a running server; without it the fake one is started.
import { mkdirSync } from 'node:fs';

import { startFake } from '../fake/server.mjs';
import { launch } from './browser.mjs';

const folder = process.argv[2] ?? 'test-results/screens';
const only = process.argv[3] ?? '';
mkdirSync(folder, { recursive: true });

const fake = process.env.CHENGSHU_URL ? undefined : await startFake({ live: false });
const url = process.env.CHENGSHU_URL ?? fake.url;
const first = await (await fetch(`${url}/api/v1/cases?limit=200&open=false`)).json();
const closed = first.items.find((item) => item.closed_at) ?? first.items[0];
const open = (await (await fetch(`${url}/api/v1/cases?limit=50&open=true`)).json()).items[0] ?? closed;

const screens = {
  overview: '#/', cases: '#/cases', 'cases-filtered': '#/cases?measure=overdue', case: `#/cases/${closed?.id}`,
  'case-open': `#/cases/${open?.id}`, scores: '#/scores', 'sign-in': '#/sign-in',
};
const defined = await fetch(`${url}/api/v1/pages`).then(async (response) => (response.ok ? (await response.json()).items : []));
if (defined.length) screens.pages = '#/pages';
for (const { code } of defined) screens[`page-${code}`] = `#/pages/${code}`;
const browser = await launch();
for (const [locale, width, scheme] of [['zh-CN', 1440, 'light'], ['en-GB', 1440, 'dark'], ['zh-CN', 390, 'dark'], ['en-GB', 390, 'light']]) {
  const context = await browser.newContext({ locale, colorScheme: scheme, viewport: { width, height: width > 500 ? 900 : 844 }, isMobile: width < 500, hasTouch: width < 500 });
  const page = await context.newPage();
  page.on('console', (message) => message.type() !== 'info' && console.log(locale, width, message.type(), message.text()));
  page.on('pageerror', (error) => console.log('page error', error.message));
  for (const [name, hash] of Object.entries(screens)) {
    if (!name.startsWith(only)) continue;
    await page.goto('about:blank');
    await page.goto(`${url}/${hash}`);
    await page.waitForTimeout(name === 'overview' || name.startsWith('case') || name.startsWith('page') ? 2500 : 800);
    await page.screenshot({ path: `${folder}/${name}-${locale.slice(0, 2)}-${width}-${scheme}.png`, fullPage: true });
  }
  if (fake) {
    const item = fake.cases.find((candidate) => candidate.state.code === 'handling');
    await page.goto(`${url}/#/sign-in?next=/cases/${item.id}`);
    await page.locator('#login').fill('demo');
    await page.locator('#password').fill('demo');
    await page.locator('form button').click();
    await page.locator('.actions button').first().click();
    await page.screenshot({ path: `${folder}/action-${locale.slice(0, 2)}-${width}-${scheme}.png`, fullPage: true });
    await page.goto(`${url}/#/scores`);
    await page.locator('.expression').waitFor();
    await page.screenshot({ path: `${folder}/scores-in-${locale.slice(0, 2)}-${width}-${scheme}.png`, fullPage: true });
  }
  await context.close();
}
await browser.close();
await fake?.close();
