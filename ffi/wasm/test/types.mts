// Compiled, never run: the interface as TypeScript sees it.
import { load, type Alert, type Engine, type StreamReport } from '../js/ipcsentry.js';

const library = await load(new Uint8Array());
const engine: Engine = library.engine({ policy: { min_severity: 'high' }, lateness: Infinity });
const stream = engine.open({ format: library.formats[0], host: 'web-1' });
const count: number = stream.feed('text').errorCount + stream.feed(new ArrayBuffer(3)).records;
const report: StreamReport = stream.close().stream;
engine.elapse(5n);
for (const alert of engine.alerts()) print(alert);
const again: Engine = library.restore(engine.snapshot()).engine;
// @ts-expect-error there is no such severity
const wrong: Alert['severity'] = 'grave';
// @ts-expect-error options are typed
library.engine({ latness: 3 });

function print(alert: Alert): string {
  return `${alert.initiator.process?.image ?? alert.initiator.kind} ${alert.evidence[0]?.role}`;
}
export { again, count, report, wrong };
