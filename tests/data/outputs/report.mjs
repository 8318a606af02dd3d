// The HTML report in a headless Chromium. REPORT is its path; tests/tests/report_page.rs writes it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Browser } from '../../../ffi/wasm/test/browser.mjs';

let browser;
before(async () => {
  assert.ok(existsSync(process.env.REPORT));
  browser = await Browser.open(pathToFileURL(process.env.REPORT));
  await browser.until("document.readyState === 'complete' && document.querySelector('.ipcsentry') !== null");
  await browser.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
});
after(() => browser.close());
const texts = (selector) => browser.value(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((one) => one.textContent)`);

test('every alert has its chain, with the initiator marked and the object in the middle', async () => {
  const alerts = await texts('section[data-code]');
  assert.ok(alerts.length >= 2, `${alerts.length} alerts`);
  assert.equal((await texts('section[data-code] > svg')).length, alerts.length);
  const of = 'section[data-code="W02"] svg';
  const labels = await texts(`${of} text`);
  for (const label of ['▶ initiator', 'named pipe', 'acts on', 'reaches']) assert.ok(labels.includes(label), `${label}: ${labels}`);
  assert.ok((await texts(`${of} .ips-initiator`)).length >= 1);
  const boxes = await browser.value(`[...document.querySelector('${of}').querySelectorAll('.ips-node rect')].map((one) => one.getBoundingClientRect().width)`);
  assert.ok(boxes.every((width) => width > 20), `${boxes}`);
  const marked = await browser.value(`getComputedStyle(document.querySelector('${of} .ips-initiator rect')).strokeWidth`);
  assert.equal(marked, '2.5px', 'the content policy allows the style of the page');
});

test('timeline, evidence, coverage and what was judged are there', async () => {
  const heads = await texts('h2');
  assert.deepEqual(heads, ['Incidents', 'Coverage', 'What was judged']);
  assert.ok((await texts('section h4')).includes('timeline of the incident') || (await texts('details.ips-incident')).length > 1);
  assert.ok((await texts('.ips-heat td.ips-full')).length > 0 && (await texts('.ips-heat td.ips-blind')).length > 0);
  assert.ok((await texts('.ips-alert td')).some((text) => /:\d+ id \d+$/.test(text)));
  assert.ok((await texts('.ips-judged li')).some((text) => text.includes('3 records')));
});

test('names of telemetry are text, whatever they say', async () => {
  const text = await browser.value('document.body.textContent');
  assert.ok(text.includes('<script>document.title=1</script>') && text.includes('<img src=http://127.0.0.1:9/x'));
  assert.ok(text.includes('\\u{202e}') && !text.includes('\u202e') && !text.includes('\u001b'));
  assert.equal(await browser.value("document.querySelectorAll('script, img, iframe, object, embed, link, form, [onerror], [style]').length"), 0);
  assert.equal(await browser.value('document.title'), 'ipcsentry');
});

test('the page sends no request and breaks no rule of its policy', async () => {
  assert.deepEqual(browser.requests.filter((request) => !request.startsWith('file:')), []);
  assert.equal(browser.requests.length, 1, `${browser.requests}`);
  assert.deepEqual(browser.complaints, []);
  const refused = await browser.value(`new Promise((resolve) => {
    addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true });
    document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x' }));
    setTimeout(() => resolve('nothing refused'), 3000);
  })`);
  assert.equal(refused, 'img-src');
});
