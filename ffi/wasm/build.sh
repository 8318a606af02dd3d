#!/usr/bin/env bash
# Makes what is distributed of ffi/wasm: OUT/npm, a folder that `npm pack` takes, and OUT/hunt.html, a page of one file.
#
#   ffi/wasm/build.sh OUT
#
# Exit status: 0, 1 something failed, 77 no toolchain can (see compile.sh) or node is not installed.
set -euo pipefail
out=$(realpath -m "${1:?OUT}")
cd "$(dirname "$0")"
command -v node >/dev/null || { echo 'skipped: node is not installed'; exit 77; }
mkdir -p "$out/npm"
./compile.sh "$out/npm/ipcsentry.wasm"
cp js/ipcsentry.js js/ipcsentry.d.ts js/package.json README.md ../../LICENSE-MIT ../../LICENSE-APACHE "$out/npm"
node page.mjs ../examples/hunt.html js/ipcsentry.js "$out/npm/ipcsentry.wasm" "$out/hunt.html"
