#!/usr/bin/env bash
# Compiles the module to OUT. With a toolchain that has the standard library of wasm32 (rustup's target) it uses that; else it
# builds `core` and `alloc` from the sources of a second compiler, as Debian packages it: rustc-web, cargo-web, rust-web-src,
# lld, and binaryen to make the module smaller.
#
#   ffi/wasm/compile.sh OUT.wasm
#
# Exit status: 0, 1 it does not compile, 77 no toolchain can.
set -euo pipefail
out=$(realpath -m "${1:?OUT.wasm}")
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-$PWD/../../target}/wasm
triple=wasm32-unknown-unknown

if [ -d "$(rustc --print sysroot)/lib/rustlib/$triple/lib" ]; then
    cargo build --release --locked --target $triple --target-dir "$target"
elif [ -x /usr/bin/rustc ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
    linker=$(compgen -c wasm-ld | sort -V | tail -1)
    [ -n "$linker" ] || { echo 'skipped: no wasm-ld (package lld)'; exit 77; }
    # Nobody sees where a panic was: it traps.
    RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTFLAGS='-Clinker-flavor=wasm-ld -Zlocation-detail=none' \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker /usr/bin/cargo build --release --locked --target $triple \
        --target-dir "$target" -Zbuild-std=core,alloc,panic_abort -Zbuild-std-features=optimize_for_size
else
    echo "skipped: no compiler has the target $triple or the sources of the standard library (packages rustc-web, rust-web-src)"
    exit 77
fi
mkdir -p "$(dirname "$out")"
made=$target/$triple/release/ipcsentry_wasm.wasm
if command -v wasm-opt >/dev/null; then
    # The first 1,024 bytes are the far end of the stack, where no pointer leads: offsets may move into loads and stores.
    # What is inlined into its only caller is hardly smaller, and compresses less well.
    wasm-opt -Oz --converge --low-memory-unused -ocimfs 1 -aimfs 4 --enable-bulk-memory --enable-sign-ext \
        --enable-nontrapping-float-to-int --enable-mutable-globals --enable-multivalue --enable-reference-types "$made" -o "$out"
else
    cp "$made" "$out"
fi
