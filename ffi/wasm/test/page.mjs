// The page in a headless Chromium: files are dropped onto it, its result is looked at, and nothing leaves it. MIB is the size
// of the large file (100 by default). tests/targets.sh builds the page.
import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Browser } from './browser.mjs';

const root = new URL('../../../', import.meta.url);
const target = process.env.CARGO_TARGET_DIR ? pathToFileURL(`${process.env.CARGO_TARGET_DIR}/`) : new URL('target/', root);
const { load } = await import(new URL('wasm/out/npm/ipcsentry.js', target));
const attack = readFileSync(new URL('tests/data/getsystem.ndjson', root));
const folder = mkdtempSync(join(tmpdir(), 'ipcsentry-page-'));
let browser;

before(async () => {
  browser = await Browser.open(new URL('wasm/out/hunt.html', target));
  await browser.until("document.body?.dataset.state === 'ready'");
});
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

function file(name, bytes) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function dropped(...files) {
  await browser.drop(files, '#drop');
  await browser.until("['done', 'failed'].includes(document.body.dataset.state)", 600);
  assert.equal(await browser.value('document.body.dataset.state'), 'done', await browser.value("document.getElementById('status').textContent"));
}
const texts = (selector) => browser.value(`[...document.querySelectorAll('${selector}')].map((one) => one.textContent)`);

test('dropped files are judged, and their incidents shown with chain and evidence', async () => {
  const mac = fileURLToPath(new URL('tests/data/macos_endpoint_security.ndjson', root));
  await dropped(file('attack.ndjson.gz', gzipSync(attack)), mac, file('log.evtx', 'ElfFile\0rest'), file('what.txt', 'nothing known\n'));
  const rows = await browser.value("[...document.querySelectorAll('#judged tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))");
  assert.deepEqual(rows.map((row) => row[0]), ['attack.ndjson.gz', 'macos_endpoint_security.ndjson', 'log.evtx', 'what.txt']);
  assert.match(rows[0][4], /^judged; 1 × malformed/);
  assert.equal(rows[1][1], 'eslogger_json');
  assert.match(rows[2][4], /binary event log/);
  assert.match(rows[3][4], /not judged: unknown format/);
  await browser.value("document.querySelectorAll('#incidents details').forEach((one) => { one.open = true; })");
  await browser.until("document.querySelectorAll('section[data-code]').length >= document.querySelectorAll('[data-incident]').length");
  const codes = await browser.value("[...document.querySelectorAll('section[data-code]')].map((one) => one.dataset.code)");
  assert.ok(codes.includes('W02') && codes.some((code) => code.startsWith('M')), `${codes}`);
  const of = 'section[data-code="W02"]';
  assert.ok((await texts(`${of} svg rect.initiator`)).length === 1, 'the initiator is marked');
  assert.ok((await texts(`${of} svg text`)).includes('named pipe'));
  assert.ok((await texts(`${of} .evidence td`)).some((text) => /^attack\.ndjson\.gz:\d+$/.test(text)));
  assert.deepEqual(browser.complaints, []);
});

test('the alerts of the module are exported', async () => {
  const path = file('attack.ndjson', attack);
  await dropped(path);
  const downloads = mkdtempSync(join(folder, 'downloads-'));
  await browser.send('Page.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
  await browser.value("document.getElementById('export').click()");
  for (let tries = 0; tries < 100 && !readdirSync(downloads).includes('alerts.ndjson'); tries++) await new Promise((resolve) => setTimeout(resolve, 100));
  const engine = (await load()).engine({ lateness: Infinity, bytes: 2 ** 30 });
  const stream = engine.open();
  stream.feed(attack);
  stream.close();
  engine.flush();
  engine.sortAlerts();
  assert.equal(readFileSync(join(downloads, 'alerts.ndjson'), 'utf8'), [...engine.lines()].map((line) => `${line}\n`).join(''));
});

test('telemetry is text, whatever it says', async () => {
  const evil = attack.toString().replaceAll('<b>', '<img src=x onerror=document.title=1>\\u202egpj');
  assert.notEqual(evil, attack.toString());
  await dropped(file('evil.ndjson', evil));
  await browser.value("document.querySelectorAll('#incidents details').forEach((one) => { one.open = true; })");
  await browser.until("document.querySelectorAll('section[data-code]').length > 0");
  assert.equal(await browser.value("document.querySelectorAll('img').length"), 0);
  const text = await browser.value('document.body.textContent.slice(document.body.textContent.indexOf("Export"))');
  assert.ok(text.includes('<img src=x') && !text.includes('\u202e') && text.includes('\\u{202e}'));
});

test('nothing leaves the page', async () => {
  const asked = [];
  const server = createServer((request, answer) => { asked.push(request.url); answer.end(); }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const refused = (attempt) => browser.value(`new Promise((resolve) => {
    addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true });
    ${attempt};
    setTimeout(() => resolve('nothing refused'), 3000);
  })`);
  assert.equal(await refused(`fetch('${url}/fetch').catch(() => {})`), 'connect-src');
  assert.equal(await refused(`try { new WebSocket('${url.replace('http', 'ws')}/socket') } catch {}`), 'connect-src');
  assert.equal(await refused(`navigator.sendBeacon('${url}/beacon', 'x')`), 'connect-src');
  assert.equal(await refused(`document.body.append(Object.assign(new Image(), { src: '${url}/image' }))`), 'img-src');
  assert.match(await refused(`document.body.append(Object.assign(document.createElement('script'), { src: '${url}/script' }))`), /^script-src/);
  assert.match(await refused(`document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = 1' }))`), /^script-src/);
  assert.equal(await refused(`document.body.append(Object.assign(document.createElement('iframe'), { src: '${url}/frame' }))`), 'frame-src');
  assert.equal(await refused(`const form = Object.assign(document.createElement('form'), { action: '${url}/form' }); document.body.append(form); form.submit()`), 'form-action');
  const of_worker = await browser.value(`new Promise((resolve) => {
    const source = "fetch('${url}/worker').then(() => postMessage('sent'), () => postMessage('refused'))";
    new Worker(URL.createObjectURL(new Blob([source]))).onmessage = ({ data }) => resolve(data);
  })`);
  assert.equal(of_worker, 'refused');
  assert.deepEqual(asked, []);
  server.close();
  assert.deepEqual(browser.requests.filter((request) => !/^(file|blob|data):/.test(request) && !request.startsWith(url)), []);
  // A policy without teeth would let this test pass as well: the same attempts succeed on a page without one.
  const open = await Browser.open(pathToFileURL(file('open.html', '<body data-state="ready">')));
  const again = createServer((request, answer) => { asked.push(request.url); answer.end(); }).listen(0, '127.0.0.1');
  await new Promise((resolve) => again.once('listening', resolve));
  await open.value(`fetch('http://127.0.0.1:${again.address().port}/control', { mode: 'no-cors' }).then(() => 1, () => 0)`);
  again.close();
  await open.close();
  assert.deepEqual(asked, ['/control']);
});

test('a large file is read in chunks, with progress, while the page stays alive', async () => {
  const mib = Number(process.env.MIB ?? 100);
  const path = join(folder, 'large.log');
  const out = openSync(path, 'w');
  for (let written = 0, serial = 0; written < mib << 20; ) {
    let text = '';
    for (let line = 0; line < 5000; line++, serial++) {
      const event = `msg=audit(${1795308302 + (serial >> 7)}.${String(serial % 128).padStart(3, '0')}:${serial}):`;
      text += `type=SYSCALL ${event} arch=c000003e syscall=59 success=yes exit=0 a0=0 a1=0 a2=0 a3=0 items=1 ppid=900 pid=${1000 + (serial % 20000)} auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 fsgid=1000 tty=pts0 ses=3 comm="true" exe="/usr/bin/true" key=(null)\n`;
      text += `type=EXECVE ${event} argc=1 a0="true"\n`;
    }
    written += writeSync(out, text);
  }
  closeSync(out);
  const begin = Date.now();
  await browser.value("window.seen = new Set(); new MutationObserver(() => seen.add(document.getElementById('progress').value)).observe(document.getElementById('progress'), { attributes: true }); 1");
  await browser.drop([path], '#drop');
  let longest = 0;
  for (let state = 'busy'; state !== 'done'; ) {
    const asked = Date.now();
    state = await browser.value('document.body.dataset.state');
    longest = Math.max(longest, Date.now() - asked);
    assert.notEqual(state, 'failed');
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(Date.now() - begin < 600_000, 'not within ten minutes');
  }
  const steps = await browser.value('seen.size');
  console.log(`${mib} MiB in ${Date.now() - begin} ms, ${steps} steps of progress, the page answered within ${longest} ms`);
  assert.ok(steps >= 5, `${steps} steps of progress`);
  assert.ok(longest < 3000, `the page was silent for ${longest} ms`);
  assert.deepEqual(await texts('#judged tbody td:last-child'), ['judged']);
});
