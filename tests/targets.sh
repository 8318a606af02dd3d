#!/usr/bin/env bash
# The library on other targets: over a dozen recordings each gives the alerts of the native one, byte for byte.
#
#   tests/targets.sh                    wasm (in node, and a page in Chromium), i686 (32 bits) and s390x (big-endian)
#   tests/targets.sh aarch64 armv7 windows macos
#
# What is native is built by the default toolchain. For other targets a second compiler is needed that can build the standard
# library from its sources, as Debian has it: rustc-web, cargo-web, rust-web-src, and for each target a C compiler and a user-mode
# emulator (the table below). What is absent is skipped, with a message. All are built with overflow checks.
#
# Exit status: 0, 1 something differs, 77 everything was skipped.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
root=$PWD
target=${CARGO_TARGET_DIR:-$root/target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0 ran=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }
skip() { echo "skipped: $*"; }

# --- A dozen recordings, of all platforms; without those beside the repository, its own.
recordings=()
given=$root/../shared/recordings
if [ -d "$given" ]; then
    for kind in linux/auditd:4:log linux/laurel:2:ndjson windows/attack:3:ndjson windows/benign:1:ndjson macos/eslogger:1:ndjson macos/unifiedlog:1:txt macos/jamf:1:ndjson; do
        IFS=: read -r folder count end <<<"$kind"
        mapfile -t some < <(find "$given/$folder" -name "*.$end" | LC_ALL=C sort | awk -v n="$count" '{ all[NR] = $0 } END { for (i = 0; i < n && i < NR; i++) print all[1 + int(i * NR / n)] }')
        recordings+=("${some[@]}")
    done
else
    recordings=(tests/data/getsystem.ndjson tests/data/macos_endpoint_security.ndjson tests/data/macos_unified.log)
fi

# --- What the native library says of them.
cargo rustc --quiet -p ipcsentry-ffi --crate-type staticlib || exit 1
gcc -std=c11 -Iinclude ffi/examples/minimal.c "$target/debug/libipcsentry_ffi.a" -lpthread -ldl -lm -o "$work/native" || exit 1
mkdir "$work/due"
alerts=0
for number in "${!recordings[@]}"; do
    "$work/native" "${recordings[number]}" >"$work/due/$number" 2>/dev/null
    [ $? -le 1 ] || fail "the native program on ${recordings[number]}"
    alerts=$((alerts + $(wc -l <"$work/due/$number")))
done
echo "native: $alerts alerts in ${#recordings[@]} recordings"
[ "$alerts" -ge 3 ] || fail 'too few alerts to compare'

same() { # TARGET PROGRAM...: it says the same
    local name=$1 number before=$failures
    shift
    for number in "${!recordings[@]}"; do
        "$@" "${recordings[number]}" >"$work/is" 2>"$work/said"
        cmp -s "$work/due/$number" "$work/is" || fail "$name on ${recordings[number]}: $(tail -1 "$work/said")"
    done
    ran=$((ran + 1))
    [ "$failures" -ne "$before" ] || echo "$name: the same alerts, byte for byte"
}

# Without optimization, since to compile takes longer than to run.
second() { # TARGET ARGUMENTS...: the second compiler on the C library
    local triple=$1
    shift
    CARGO_PROFILE_DEV_OPT_LEVEL=0 RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc /usr/bin/cargo "$@" --quiet --target "$triple" \
        --target-dir "$target/targets" -Zbuild-std=std,panic_unwind
}
has_second() { [ -x /usr/bin/cargo ] && [ -d "$(/usr/bin/rustc --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library" ]; }

emulated() { # NAME TRIPLE COMPILER EMULATOR...
    local name=$1 triple=$2 compiler=$3
    shift 3
    if ! has_second; then skip "$name: no second compiler (rustc-web, cargo-web, rust-web-src)"; return; fi
    if ! command -v "$compiler" >/dev/null; then skip "$name: no $compiler"; return; fi
    if [ $# -gt 0 ] && ! command -v "$1" >/dev/null; then skip "$name: no $1"; return; fi
    second "$triple" rustc -p ipcsentry-ffi --crate-type staticlib || { fail "$name does not compile"; return; }
    "$compiler" -std=c11 -static -Iinclude ffi/examples/minimal.c "$target/targets/$triple/debug/libipcsentry_ffi.a" \
        -lpthread -ldl -lm -o "$work/$name" || { fail "$name does not link"; return; }
    same "$name" "$@" "$work/$name"
}

wasm() {
    if ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; then skip 'wasm: no node 20 or later'; return; fi
    local made=$target/wasm/out
    ffi/wasm/build.sh "$made"
    case $? in
        0) ;;
        77) return ;;
        *) fail 'wasm32 does not compile'; return ;;
    esac
    same wasm32 node ffi/wasm/test/minimal.mjs "$made/npm"
    node --test ffi/wasm/test/module.mjs || fail 'the module'
    if command -v tsc >/dev/null; then
        tsc --strict --noEmit --target es2022 --module nodenext --moduleResolution nodenext --lib es2022,dom ffi/wasm/test/types.mts ||
            fail 'the types'
    else
        skip 'types of the module: no tsc (node-typescript)'
    fi
    if command -v chromium >/dev/null; then
        node --test ffi/wasm/test/page.mjs || fail 'the page'
    else
        skip 'the page: no chromium'
    fi
}

windows() {
    local compiler=x86_64-w64-mingw32-gcc
    if ! has_second || ! command -v $compiler >/dev/null || ! command -v wine >/dev/null; then
        skip 'windows: needs rustc-web, rust-web-src, gcc-mingw-w64-x86-64, wine64'
        return
    fi
    second x86_64-pc-windows-gnu rustc -p ipcsentry-ffi --crate-type staticlib || { fail 'windows does not compile'; return; }
    $compiler -std=c11 -Iinclude ffi/examples/minimal.c "$target/targets/x86_64-pc-windows-gnu/debug/libipcsentry_ffi.a" \
        -lws2_32 -luserenv -lntdll -lbcrypt -o "$work/minimal.exe" || { fail 'windows does not link'; return; }
    # Windows 10 and later have this library, wine 8 has not.
    cat >"$work/prng.c" <<'END'
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) { return RtlGenRandom(data, (ULONG)length); }
END
    $compiler -shared "$work/prng.c" -o "$work/bcryptprimitives.dll" -ladvapi32 || { fail 'the random numbers of wine'; return; }
    # In a home of its own, without .NET and a browser.
    same windows env WINEDEBUG=-all WINEPREFIX="$work/wine" WINEDLLOVERRIDES=mscoree,mshtml= wine "$work/minimal.exe"
    # Its server writes into that home until it ends.
    WINEPREFIX=$work/wine wineserver --kill
    WINEPREFIX=$work/wine wineserver --wait
}

macos() { # the compiler alone: there is no linker and no machine to run it on
    if ! has_second; then skip 'macos: no second compiler'; return; fi
    local triple
    for triple in aarch64-apple-darwin x86_64-apple-darwin; do
        second $triple check -p ipcsentry-ffi || fail "$triple does not compile"
        ran=$((ran + 1))
    done
}

[ $# -gt 0 ] || set -- wasm i686 s390x
for name in "$@"; do
    case $name in
        wasm) wasm ;;
        i686) emulated i686 i686-unknown-linux-gnu i686-linux-gnu-gcc ;;
        s390x) emulated s390x s390x-unknown-linux-gnu s390x-linux-gnu-gcc qemu-s390x ;;
        aarch64) emulated aarch64 aarch64-unknown-linux-gnu aarch64-linux-gnu-gcc qemu-aarch64 ;;
        armv7) emulated armv7 armv7-unknown-linux-gnueabihf arm-linux-gnueabihf-gcc qemu-arm ;;
        windows) windows ;;
        macos) macos ;;
        *) fail "there is no target $name" ;;
    esac
done
[ $failures -eq 0 ] || exit 1
[ $ran -gt 0 ] || exit 77
