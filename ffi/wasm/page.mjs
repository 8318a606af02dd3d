// Makes the page of one file: hunt.html with the module, the library and the hashes of its script and style in it.
//
//   node page.mjs hunt.html ipcsentry.js ipcsentry.wasm OUT.html
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const [page, library, module, out] = process.argv.slice(2);
const text = readFileSync(page, 'utf8');

/** The hash of the one element of that name that has no attributes: what the browser runs or applies. */
function hash(name) {
  const found = [...text.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))];
  if (found.length !== 1) throw new Error(`${page}: one <${name}> is due, there are ${found.length}`);
  return `sha256-${createHash('sha256').update(found[0][1]).digest('base64')}`;
}

/** The library as a script that is no module: a page that was opened from a file may not start a worker that is one. */
function script(module) {
  const text = module.replace(/^export /gm, '').replaceAll('import.meta.url', 'location.href');
  if (/^(export|import) |import\.meta|<\/script/m.test(text)) throw new Error(`${library} does not become a script`);
  return text;
}

const parts = {
  'script-hash': hash('script'),
  'style-hash': hash('style'),
  library: script(readFileSync(library, 'utf8')),
  module: gzipSync(readFileSync(module), { level: 9 }).toString('base64'),
};
writeFileSync(out, text.replace(/@(script-hash|style-hash|library|module)@/g, (_, name) => parts[name]));
