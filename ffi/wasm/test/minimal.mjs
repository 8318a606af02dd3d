// What ffi/examples/minimal.c does, with the module: hunts through one file and prints each alert as a line of JSON.
//
//   node minimal.mjs PACKAGE FILE
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, path] = process.argv.slice(2);
const { load } = await import(pathToFileURL(resolve(folder, 'ipcsentry.js')));
const engine = (await load()).engine({ lateness: Infinity, bytes: 2 ** 30, maxAlerts: 2 ** 20 });
const stream = engine.open();
for await (const chunk of createReadStream(path)) stream.feed(chunk);
const { judged } = stream.close().stream;
engine.flush();
engine.sortAlerts();
let text = '';
for (const line of engine.lines()) text += `${line}\n`;
process.stdout.write(text);
process.exitCode = judged.startsWith('unknown') || judged === 'nothing_decoded' ? 2 : Number(text !== '');
