// The package: what it contains, how large it is, that it imports nothing, and its whole interface. tests/targets.sh builds it.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import test from 'node:test';
import { gzipSync } from 'node:zlib';

const root = new URL('../../../', import.meta.url);
const target = process.env.CARGO_TARGET_DIR ? pathToFileURL(`${process.env.CARGO_TARGET_DIR}/`) : new URL('target/', root);
const folder = new URL('wasm/out/npm/', target);
const { load, IpcsentryError } = await import(new URL('ipcsentry.js', folder));
const bytes = readFileSync(new URL('ipcsentry.wasm', folder));
const attack = readFileSync(new URL('tests/data/getsystem.ndjson', root));
const library = await load();

const found = (engine) => [...engine.alerts()].map((alert) => alert.code);
function hunted(engine, ...chunks) {
  const stream = engine.open();
  for (const chunk of chunks) stream.feed(chunk);
  const { stream: report } = stream.close();
  engine.flush();
  return report;
}

/** Bytes of the module with gzip: what it has today and a little room, so that growth is noticed. */
const MOST = 800_000;

test('the module imports nothing and does not grow unnoticed', () => {
  const module = new WebAssembly.Module(bytes);
  assert.deepEqual(WebAssembly.Module.imports(module), []);
  const size = gzipSync(bytes, { level: 9 }).length;
  console.log(`${bytes.length} bytes, ${size} with gzip`);
  assert.ok(size <= MOST, `${size} bytes`);
});

const npm = spawnSync('npm', ['--version']).status === 0;
test('npm packs what is needed', { skip: !npm && 'npm is not installed' }, () => {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--offline'], { cwd: fileURLToPath(folder), stdio: ['ignore', 'pipe', 'ignore'] });
  const files = JSON.parse(packed)[0].files.map((file) => file.path).sort();
  const due = ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'ipcsentry.d.ts', 'ipcsentry.js', 'ipcsentry.wasm', 'package.json'];
  assert.deepEqual(files, due.sort());
  const version = /^version = "(.*)"/m.exec(readFileSync(new URL('Cargo.toml', root), 'utf8'))[1];
  assert.equal(JSON.parse(readFileSync(new URL('package.json', folder))).version, version);
  assert.equal(library.version, version);
});

test('an attack is found, however the bytes are cut', async () => {
  for (const size of [attack.length, 4096, 7]) {
    const engine = library.engine();
    const chunks = [];
    for (let at = 0; at < attack.length; at += size) chunks.push(attack.subarray(at, at + size));
    const report = hunted(engine, ...chunks);
    assert.equal(report.judged, 'yes');
    assert.ok(found(engine).includes('W02'));
    engine.free();
  }
  const compiled = await load(await WebAssembly.compile(bytes));
  const engine = compiled.engine();
  hunted(engine, attack.toString());
  assert.ok(found(engine).includes('W02'));
});

test('reports name what was not read', () => {
  assert.ok(library.formats.includes('auditd'));
  assert.equal(hunted(library.engine(), 'neither this\nnor that\n').judged, 'unknown_format');
  assert.equal(hunted(library.engine(), '').judged, 'empty');
  const engine = library.engine();
  const stream = engine.open({ format: 'auditd', host: 'web-1', recordBase: 5, file: 2 });
  const report = stream.feed('type=SYSCALL msg=audit(x\ntype=USER_CMD msg=audit(1795308392.897:654): pid=1 uid=0\n');
  assert.equal(report.records, 2);
  assert.equal(report.errors[0].record, 5);
  assert.equal(engine.stats().decode_errors, report.errorCount);
  assert.ok(Array.isArray(engine.coverage()));
  stream.close();
  assert.throws(() => stream.feed('x'), { name: 'IpcsentryError', kind: 'stream' });
});

test('what is wrong is refused with its place', () => {
  assert.throws(() => library.engine({ policy: { min_confidense: 1 } }), { kind: 'policy', message: /min_confidense/ });
  assert.throws(() => library.engine({ policy: '{' }), { kind: 'policy' });
  assert.throws(() => library.engine({ rules: { behaviors: 3 } }), { kind: 'rules' });
  assert.throws(() => library.engine({ lateness: -1 }), { kind: 'options' });
  assert.throws(() => library.engine().open({ format: 'no such' }), { kind: 'options' });
  assert.throws(() => library.restore(new Uint8Array(9)), { kind: 'snapshot' });
  const engine = library.engine();
  engine.free();
  engine.free();
  assert.throws(() => engine.flush(), IpcsentryError);
});

test('an engine goes on where it was saved, and under another policy', () => {
  const whole = library.engine({ seed: 7 });
  hunted(whole, attack);
  const due = [...whole.lines()].map((line) => JSON.parse(line).id);
  const half = attack.indexOf(10, attack.length / 2) + 1;
  const first = library.engine({ seed: 7 });
  hunted(first, attack.subarray(0, half));
  const early = [...first.lines()].map((line) => JSON.parse(line).id);
  const { engine, dropped, left } = library.restore(first.snapshot(), { seed: 7 });
  assert.deepEqual([dropped, left], [[], []]);
  const stream = engine.open({ recordBase: attack.subarray(0, half).toString().split('\n').length - 1 });
  stream.feed(attack.subarray(half));
  stream.close();
  engine.flush();
  const late = [...engine.lines()].map((line) => JSON.parse(line).id);
  assert.deepEqual([...new Set([...early, ...late])].sort(), [...new Set(due)].sort());
  const silent = library.engine();
  assert.deepEqual(silent.replace({ policy: { min_severity: 'critical', min_confidence: 1000 } }), []);
  hunted(silent, attack);
  assert.ok([...silent.alerts()].every((alert) => alert.severity === 'critical'));
});

test('time passes', () => {
  const engine = library.engine({ lateness: 1e9 });
  engine.open().feed(attack);
  engine.elapse(3_600_000_000_000n);
  assert.ok(found(engine).includes('W02'));
  assert.throws(() => engine.elapse(-1), { kind: 'options' });
});
