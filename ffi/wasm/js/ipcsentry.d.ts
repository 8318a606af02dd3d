/** Telemetry in, alerts on abuse of inter-process communication out (MITRE ATT&CK DET0493, T1559). */

/** What went wrong, and where. After a `bug` the engine can only be freed. */
export class IpcsentryError extends Error {
  readonly kind: 'options' | 'policy' | 'rules' | 'snapshot' | 'stream' | 'engine' | 'bug';
}

/** Loads the module: by default the file `ipcsentry.wasm` beside this one. */
export function load(source?: URL | string | BufferSource | Response | WebAssembly.Module): Promise<Library>;

/** The compiled module. Each engine has a memory of its own. */
export class Library {
  private constructor();
  readonly version: string;
  /** The names of all formats. */
  readonly formats: readonly string[];
  engine(options?: EngineOptions): Engine;
  /** Makes an engine that goes on where the one went on that was saved. */
  restore(snapshot: Uint8Array, options?: EngineOptions): Restored;
}

export interface EngineOptions {
  /** The policy, as JSON text or the value of it; the default policy if it is absent. */
  policy?: string | object;
  /** Rules that extend the builtin ones, as JSON text or the value of it. */
  rules?: string | object;
  /** Bytes that the engine may own, 64 MiB by default. */
  bytes?: number;
  /** Nanoseconds that an event may be late and still be judged in order of time, 0 by default; with `Infinity` every event
   * waits for the flush. */
  lateness?: number;
  /** The seed of hash tables, a secret one by default. Alerts depend on it only if entries had to be dropped. */
  seed?: number;
  /** Bytes of the longest record, 1 MiB by default. */
  maxRecordBytes?: number;
  /** Alerts that may wait, 4096 by default; further ones are dropped and counted. */
  maxAlerts?: number;
  /** Nanoseconds within which repetitions of an alert are dropped, an hour by default. */
  dedupWindow?: number;
}

export interface Restored {
  engine: Engine;
  /** Behaviors whose state was dropped, because the rules are others. */
  dropped: Dropped[];
  /** Parts of the snapshot that this version cannot read. */
  left: string[];
}

export interface Dropped {
  behavior: string;
  count: number;
}

/** The one rule: feed, then drain `alerts()`. */
export class Engine {
  private constructor();
  open(options?: StreamOptions): Stream;
  alerts(): Generator<Alert, void, undefined>;
  /** The alerts as lines of JSON, as the library writes them. */
  lines(): Generator<string, void, undefined>;
  elapse(nanos: number | bigint): void;
  flush(): void;
  sortAlerts(): void;
  replace(options?: Pick<EngineOptions, 'policy' | 'rules'>): Dropped[];
  snapshot(): Uint8Array;
  /** The counters, as `stats.schema.json` says. */
  stats(): Record<string, unknown>;
  /** What each host shows, as `coverage.schema.json` says. */
  coverage(): Record<string, unknown>[];
  free(): void;
}

export interface StreamOptions {
  /** The name of the format; recognized for each record if it is absent. */
  format?: string;
  /** The host of records that name none. */
  host?: string;
  /** The number of the first record, 0 by default. */
  recordBase?: number;
  /** The index of the input, which evidence has as `file`. */
  file?: number;
}

export class Stream {
  private constructor();
  feed(chunk: string | BufferSource): FeedReport;
  settleQuiet(): FeedReport;
  close(): FeedReport & { stream: StreamReport };
}

export interface FeedReport {
  records: number;
  events: number;
  skipped: number;
  errorCount: number;
  /** The first 16 errors. */
  errors: RecordError[];
}

export interface RecordError {
  kind: 'malformed' | 'missing' | 'bad_value' | 'too_long' | 'too_deep' | 'unknown' | 'abandoned' | 'other';
  record: number;
  offset: number;
  field: string | null;
  message: string;
}

/** What a whole stream came to. That there is no alert means something only if `judged` is `yes`. */
export interface StreamReport {
  judged: 'yes' | 'nothing_of_interest' | 'nothing_decoded' | 'unknown_format' | 'empty';
  records: number;
  events: number;
  formats: { format: string; records: number }[];
  skipped: { why: 'blank' | 'framing' | 'not_of_interest' | 'incomplete' | 'failed' | 'other'; records: number }[];
  errors: { kind: RecordError['kind']; count: number; first: RecordError[] }[];
  ignored: { what: string; records: number }[];
  ignored_others: number;
}

/** An alert, as `alert.schema.json` describes it. */
export interface Alert {
  schema_version: number;
  id: string;
  /** A revision replaces the alert of the same id. */
  revision: number;
  /** The id of the earliest alert of the same incident. */
  incident: string;
  time: string;
  first_time: string;
  last_time: string;
  count: number;
  host: string;
  analytic: 'AN1357' | 'AN1358' | 'AN1359';
  code: string;
  behavior: string;
  was?: string[];
  attack_version: number;
  techniques: string[];
  severity: 'low' | 'medium' | 'high' | 'critical';
  confidence: number;
  title: string;
  explanation: string;
  ipc_preceded_execution: 'yes' | 'no' | 'unknown';
  initiator: Initiator;
  actor: Process | null;
  target: Process | null;
  ipc: { mechanism: string; name: string | null } | null;
  lineage: { process: Process; edge: 'parent' | 'broker' | 'peer' | 'injected' }[];
  evidence: Evidence[];
  missing: string[];
  truncated: boolean;
  /** The policy that silences this alert and those like it. */
  suppress: object | null;
  not_suppressible?: string;
}

export interface Initiator {
  kind: 'process' | 'remote' | 'unknown';
  process?: Process;
  user: string | null;
  session: string | null;
  address?: string;
  confidence: number;
  reason?: string;
  candidates?: { process?: Process; address?: string; user?: string }[];
}

export interface Process {
  pid?: number;
  unique_id?: string;
  image?: string;
  command_line?: string;
  user?: string;
  uid?: number;
  auid?: number;
  session?: string;
  integrity?: 'untrusted' | 'low' | 'medium' | 'high' | 'system';
  signer?: string;
  hash?: string;
  working_folder?: string;
  image_hex?: string;
}

export interface Evidence {
  /** The number of the record in its input, from 0. */
  record: number;
  part?: number;
  file: number;
  source_id: string | null;
  time: string;
  role: Role;
  also?: Role[];
  clause: string;
  /** The id of the MITRE ATT&CK data component that the record is of. */
  data_component: string;
  summary: string;
}

export type Role = 'ipc' | 'execution' | 'injection' | 'effect' | 'context';
