#!/usr/bin/env bash
# The C library on other platforms: built for each, `minimal.c` hunts through recordings there, and prints byte for byte what
# the native one does. Overflow checks and debug assertions are on.
#
#   tests/targets.sh                        i686 and s390x (32 bits; big-endian)
#   tests/targets.sh aarch64 armv7 …        these: i686, s390x, aarch64, armv7
#
# Needs Debian's second compiler, which builds the standard library from its sources (rustup's has no such targets here), and
# for each target a cross gcc and its C library; s390x, aarch64 and armv7 run under qemu:
#
#   apt-get install rustc-web cargo-web rust-web-src qemu-user-static \
#       gcc-i686-linux-gnu libc6-dev-i386-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
target_dir=${CARGO_TARGET_DIR:-$PWD/target}/targets
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }

# What is hunted through: a dozen recordings, small ones first, and what the repository has.
inputs=(tests/data/getsystem.ndjson tests/data/macos_endpoint_security.ndjson tests/data/macos_unified.log
    core/tests/hunt/fifo_shell.log)
while read -r file; do
    case $file in *.gz) gzip -dc "$file" ;; *) cat "$file" ;; esac >"$work/input${#inputs[@]}"
    inputs+=("$work/input${#inputs[@]}")
done < <(find ../shared/recordings \( -name '*.ndjson' -o -name '*.ndjson.gz' -o -name '*.log' -o -name '*.log.gz' \) \
    -size -2000k -printf '%s %p\n' 2>/dev/null | sort -n | cut -d' ' -f2- | awk 'NR % 7 == 0' | head -12)
[ ${#inputs[@]} -gt 4 ] || echo 'skipped: no ../shared/recordings; the inputs are those of the repository'

# Time zones, addresses and word sizes must not matter: minimal.c sets every limit but the memory.
hunt() { # OUT PROGRAM...
    local out=$1 input
    shift
    for input in "${inputs[@]}"; do
        echo "== $input"
        timeout 600 "$@" "$input" 2>>"$out.err"
        echo "-- $?"
    done >"$out"
}

echo "native: building"
cargo build --quiet --profile checked --package ipcsentry-ffi --target-dir "$target_dir" || exit 1
gcc -std=c11 -O1 -Iinclude ffi/examples/minimal.c "$target_dir/checked/libipcsentry_ffi.a" -lpthread -ldl -lm -o "$work/native" || exit 1
hunt "$work/native.out" "$work/native"
alerts=$(grep -c '^{' "$work/native.out")
[ "$alerts" -ge 4 ] || fail "only $alerts alerts natively"

[ $# -gt 0 ] || set -- i686 s390x
for name in "$@"; do
    case $name in
        i686) triple=i686-unknown-linux-gnu gcc=i686-linux-gnu-gcc
            run=("/usr/i686-linux-gnu/lib/ld-linux.so.2" --library-path /usr/i686-linux-gnu/lib) ;;
        s390x) triple=s390x-unknown-linux-gnu gcc=s390x-linux-gnu-gcc run=(qemu-s390x-static -L /usr/s390x-linux-gnu) ;;
        aarch64) triple=aarch64-unknown-linux-gnu gcc=aarch64-linux-gnu-gcc run=(qemu-aarch64-static -L /usr/aarch64-linux-gnu) ;;
        armv7) triple=armv7-unknown-linux-gnueabihf gcc=arm-linux-gnueabihf-gcc run=(qemu-arm-static -L /usr/arm-linux-gnueabihf) ;;
        *) echo "unknown target: $name" >&2; exit 2 ;;
    esac
    if ! command -v "$gcc" >/dev/null || [ ! -x /usr/bin/cargo ] || [ ! -d /usr/lib/rustlib/src ]; then
        echo "skipped: $name: no $gcc, or no second compiler"
        continue
    fi
    begin=$SECONDS
    variable=CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$triple")_LINKER
    env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc "$variable=$gcc" /usr/bin/cargo build --quiet --profile checked \
        --package ipcsentry-ffi --target "$triple" -Zbuild-std --target-dir "$target_dir" >"$work/build" 2>&1 ||
        { fail "$name: $(tail -5 "$work/build")"; continue; }
    "$gcc" -std=c11 -O1 -Iinclude ffi/examples/minimal.c "$target_dir/$triple/checked/libipcsentry_ffi.a" \
        -lpthread -ldl -lm -o "$work/$name" || { fail "$name: the program does not link"; continue; }
    built=$((SECONDS - begin))
    hunt "$work/$name.out" "${run[@]}" "$work/$name"
    if cmp -s "$work/native.out" "$work/$name.out"; then
        echo "$name: ${#inputs[@]} inputs, $alerts alerts, byte for byte; built in $built s, run in $((SECONDS - begin - built)) s"
    else
        fail "$name: other alerts: $(diff "$work/native.out" "$work/$name.out" | head -3 | cut -c1-300) $(tail -2 "$work/$name.out.err" | cut -c1-300)"
    fi
done
[ $failures -eq 0 ]
