// ipcsentry in JavaScript: telemetry in, alerts out, in node and browsers. ipcsentry.d.ts has the types and README.md an
// example. The module imports nothing: it cannot read a clock, a file or the network.

/** Bytes that are handed to the module at once. */
const CHUNK = 1 << 20;

/** The lateness that holds every event until the flush, as `Infinity` in options. */
const LATENESS_MAX = 2 ** 60;

/** What went wrong; `kind` says where: in options, policy, rules, snapshot or stream, or a bug. */
export class IpcsentryError extends Error {
  constructor(kind, message) {
    super(message);
    this.name = 'IpcsentryError';
    this.kind = kind;
  }
}

/** Loads the module: that beside this file, or one that is given as URL, bytes, Response or compiled module. */
export async function load(source = new URL('./ipcsentry.wasm', import.meta.url)) {
  return new Library(await compiled(source));
}

async function compiled(source) {
  if (source instanceof WebAssembly.Module) return source;
  if (typeof source === 'string' || source instanceof URL) source = await fetched(new URL(source, import.meta.url));
  if (typeof Response !== 'undefined' && source instanceof Response) source = await source.arrayBuffer();
  return WebAssembly.compile(source);
}

async function fetched(url) {
  if (url.protocol !== 'file:') return fetch(url);
  const files = await import('node:fs/promises');
  return files.readFile(url);
}

/** A compiled module, of which each engine has an instance and a memory of its own. */
export class Library {
  #module;

  constructor(module) {
    this.#module = module;
    const session = new Session(module);
    const about = JSON.parse(session.call('session_about').text());
    session.free();
    this.version = about.version;
    this.formats = Object.freeze(about.formats);
  }

  /** Makes an engine. */
  engine(options = {}) {
    const session = new Session(this.#module);
    session.write(json(options)).call('session_start');
    return new Engine(session);
  }

  /** Makes an engine that goes on where the one went on that was saved. */
  restore(snapshot, options = {}) {
    const session = new Session(this.#module);
    const head = json(options);
    const restored = session.write(head, snapshot).call('session_restore', head.length).json();
    return { engine: new Engine(session), ...restored };
  }
}

/** Detects abuse of inter-process communication. The one rule: feed, then drain `alerts()`. */
export class Engine {
  #session;

  constructor(session) {
    this.#session = session;
  }

  /** Opens a stream of raw telemetry. */
  open(options = {}) {
    const { format, host, recordBase, file } = options;
    const asked = encoder.encode(JSON.stringify({ format, host, record_base: recordBase, file }));
    return new Stream(this.#session, this.#session.write(asked).call('session_open_stream').value);
  }

  /** The alerts that wait, taken out of the engine one by one. */
  *alerts() {
    while (this.#session.call('session_poll_alert').value === 1) yield this.#session.json();
  }

  /** The same as lines of JSON, as the library writes them. */
  *lines() {
    while (this.#session.call('session_poll_alert').value === 1) yield this.#session.text();
  }

  /** Says that so many nanoseconds have passed since the last event, when the feed is quiet. */
  elapse(nanos) {
    this.#session.call('session_elapse', BigInt(nanos));
  }

  /** Judges all that waits, as at the end of the input. */
  flush() {
    this.#session.call('session_flush');
  }

  /** Sorts the waiting alerts by time, and keeps the last revision of each. */
  sortAlerts() {
    this.#session.call('session_sort_alerts');
  }

  /** Gives the engine another policy, and the builtin rules with `rules` added. */
  replace({ policy, rules } = {}) {
    return this.#session.write(json({ policy, rules })).call('session_replace').json().dropped;
  }

  /** All that the engine knows, as bytes. */
  snapshot() {
    return this.#session.call('session_snapshot').bytes();
  }

  /** The counters. */
  stats() {
    return this.#session.call('session_stats').json();
  }

  /** What the telemetry of each host shows, and which behaviors are blind on it. */
  coverage() {
    return this.#session.call('session_coverage').json();
  }

  /** Frees the engine's memory; no call may follow. */
  free() {
    this.#session.free();
  }
}

/** A stream of raw telemetry. */
export class Stream {
  #session;
  #number;

  constructor(session, number) {
    this.#session = session;
    this.#number = number;
  }

  /** Reads a chunk, which may end anywhere: bytes, or text. */
  feed(chunk) {
    const bytes = typeof chunk === 'string' ? encoder.encode(chunk) : view(chunk);
    const report = { records: 0, events: 0, skipped: 0, errorCount: 0, errors: [] };
    for (let at = 0; at < bytes.length; at += CHUNK) {
      add(report, this.#session.write(bytes.subarray(at, at + CHUNK)).call('session_feed', this.#number).json());
    }
    return report;
  }

  /** Has the decoder hand over the events that got no record since the last call; for live feeds. */
  settleQuiet() {
    return reported(this.#session.call('session_settle_quiet', this.#number).json());
  }

  /** Closes the stream; its last line needs no line break. The report is on the whole stream. */
  close() {
    const report = this.#session.call('session_close_stream', this.#number).json();
    return { ...reported(report), stream: report.stream };
  }
}

/** Errors that a report keeps. */
const ERRORS = 16;

function reported(report) {
  return add({ records: 0, events: 0, skipped: 0, errorCount: 0, errors: [] }, report);
}

function add(sum, { records, events, skipped, error_count, errors }) {
  sum.records += records;
  sum.events += events;
  sum.skipped += skipped;
  sum.errorCount += error_count;
  sum.errors.push(...errors.slice(0, ERRORS - sum.errors.length));
  return sum;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Options as the module reads them. Without a seed, engines are given a secret one. */
function json({ policy, rules, bytes, lateness, seed, maxRecordBytes, maxAlerts, dedupWindow }) {
  const document = (name, value) => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch (error) {
      throw new IpcsentryError(name, error.message);
    }
  };
  return encoder.encode(
    JSON.stringify({
      policy: document('policy', policy),
      rules: document('rules', rules),
      bytes,
      lateness: lateness === Infinity ? LATENESS_MAX : lateness,
      seed: seed ?? secret(),
      max_record_bytes: maxRecordBytes,
      max_alerts: maxAlerts,
      dedup_window: dedupWindow,
    }),
  );
}

function secret() {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 11) * 2 ** 32 + low;
}

function view(data) {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** An instance of the module with one session in it. Its addresses are used nowhere else. */
class Session {
  #exports;
  #handle;
  #state = 'good';
  value = 0;

  constructor(module) {
    this.#exports = new WebAssembly.Instance(module, {}).exports;
    this.#handle = this.#exports.session_new();
  }

  /** Writes what the next call reads. */
  write(...parts) {
    this.#must();
    const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
    let at = this.#run('session_input', length) >>> 0;
    for (const part of parts) {
      const bytes = view(part);
      new Uint8Array(this.#exports.memory.buffer, at, bytes.length).set(bytes);
      at += bytes.length;
    }
    return this;
  }

  call(name, ...values) {
    this.#must();
    this.value = this.#run(name, ...values);
    if (this.value < 0) {
      const { kind, message } = this.json();
      throw new IpcsentryError(kind, message);
    }
    return this;
  }

  /** The answer to the last call; good until the next one. */
  #answer() {
    const length = this.#exports.session_answer_len(this.#handle) >>> 0;
    return new Uint8Array(this.#exports.memory.buffer, this.#exports.session_answer(this.#handle) >>> 0, length);
  }

  bytes() {
    return this.#answer().slice();
  }

  text() {
    return decoder.decode(this.#answer());
  }

  json() {
    return JSON.parse(this.text());
  }

  free() {
    if (this.#state === 'good') this.#exports.session_free(this.#handle);
    this.#state = 'freed';
    this.#exports = null;
  }

  #must() {
    if (this.#state === 'freed') throw new IpcsentryError('engine', 'the engine was freed');
    if (this.#state === 'broken') throw new IpcsentryError('bug', 'an earlier call met a bug: make another engine');
  }

  #run(name, ...values) {
    try {
      return this.#exports[name](this.#handle, ...values);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.#state = 'broken';
      throw new IpcsentryError('bug', `the library met a bug, or memory is used up: ${error.message}`);
    }
  }
}
