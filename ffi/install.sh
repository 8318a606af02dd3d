#!/usr/bin/env bash
# Builds the C library and installs it: shared and static library, headers, pkg-config and CMake files.
#
#   PREFIX=/usr LIBDIR=/usr/lib/x86_64-linux-gnu DESTDIR=/tmp/root ffi/install.sh [--no-build]
#
#   PREFIX    where it will be, /usr/local by default
#   LIBDIR    where its libraries will be, PREFIX/lib by default
#   DESTDIR   a folder to install below, for packages; empty by default
#   STRIP     the program that removes debug information, strip by default; empty: keep it
#   VALIDATION  1: with the built-in scenarios and the verdicts on them, for whoever validates the control; the shared library is
#             larger than 4 MiB then
#   --no-build  install what cargo built before (target folder: CARGO_TARGET_DIR, or target beside the sources)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/..
prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-$prefix/lib}
target=${CARGO_TARGET_DIR:-$root/target}
strip=${STRIP-strip}
features='' defines=''
[ -z "${VALIDATION:-}" ] || features=validation defines=IPCSENTRY_VALIDATION
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -1)

case ${1:-} in
    # Beside an rlib, cargo would not optimize the libraries at link time. They are optimized for size: 4 MiB are promised.
    '') CARGO_PROFILE_RELEASE_OPT_LEVEL=s cargo rustc --release --locked --package ipcsentry-ffi --crate-type cdylib,staticlib \
        --features "$features" --manifest-path "$root/Cargo.toml" --target-dir "$target" ;;
    --no-build) ;;
    *) sed -n '2,13p' "$0" >&2; exit 2 ;;
esac

built=$target/release
lib=${DESTDIR:-}$libdir
include=${DESTDIR:-}$prefix/include
mkdir -p "$lib/pkgconfig" "$lib/cmake/ipcsentry" "$include"

if [ "$(uname -s)" = Darwin ]; then
    shared=libipcsentry.$version.dylib
    install -m 755 "$built/libipcsentry_ffi.dylib" "$lib/$shared"
    ln -sf "$shared" "$lib/libipcsentry.dylib"
else
    shared=libipcsentry.so.$version
    install -m 755 "$built/libipcsentry_ffi.so" "$lib/$shared"
    ln -sf "$shared" "$lib/libipcsentry.so"
fi
install -m 644 "$built/libipcsentry_ffi.a" "$lib/libipcsentry.a"
if [ -n "$strip" ] && [ "$(uname -s)" != Darwin ]; then
    "$strip" --strip-unneeded "$lib/$shared"
    "$strip" --strip-debug "$lib/libipcsentry.a"
fi
install -m 644 "$root/include/ipcsentry.h" "$root/include/ipcsentry.hpp" "$include"
for file in ipcsentry.pc:pkgconfig ipcsentryConfig.cmake:cmake/ipcsentry ipcsentryConfigVersion.cmake:cmake/ipcsentry; do
    name=${file%%:*}
    sed -e "s|@PREFIX@|$prefix|g" -e "s|@LIBDIR@|$libdir|g" -e "s|@VERSION@|$version|g" -e "s|@SHARED@|$shared|g" \
        -e "s|@CFLAGS@|${defines:+ -D$defines}|g" -e "s|@DEFINES@|$defines|g" \
        "$here/packaging/$name.in" >"$lib/${file##*:}/$name"
done
