#!/usr/bin/env bash
# Makes Debian packages of the C library: libipcsentryVERSION and libipcsentry-dev. Needs dpkg-deb and binutils.
#
#   ffi/debian/build.sh OUT [--no-build]      OUT: the folder for the packages; --no-build as for install.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
[ $# -ge 1 ] || { sed -n '2,4p' "$0" >&2; exit 2; }
out=$1
shift
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -1)
arch=$(dpkg --print-architecture)
libdir=/usr/lib/$(gcc -dumpmachine)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
mkdir -p "$out"

DESTDIR=$work/all PREFIX=/usr LIBDIR=$libdir "$here/../install.sh" "$@"
# The newest symbol version of glibc that the library asks for.
glibc=$(objdump -T "$work/all$libdir/libipcsentry.so.$version" | sed -n 's/.*GLIBC_\([0-9.]*\).*/\1/p' | sort -Vu | tail -1)
for package in "libipcsentry$version" libipcsentry-dev; do
    tree=$work/$package
    mkdir -p "$tree/DEBIAN" "$tree$libdir" "$tree/usr/share/doc/$package"
    if [ "$package" = libipcsentry-dev ]; then
        mv "$work/all$libdir"/* "$tree$libdir"
        mv "$work/all/usr/include" "$tree/usr/include"
    else
        mv "$work/all$libdir/libipcsentry.so.$version" "$tree$libdir"
        echo 'activate-noawait ldconfig' >"$tree/DEBIAN/triggers"
    fi
    cat "$here/copyright" >"$tree/usr/share/doc/$package/copyright"
    printf '\nLicense: MIT or Apache-2.0\n' >>"$tree/usr/share/doc/$package/copyright"
    sed 's/^$/./; s/^/ /' "$root/LICENSE-MIT" >>"$tree/usr/share/doc/$package/copyright"
    {
        sed -e "s/@VERSION@/$version/g; s/@GLIBC@/$glibc/g" "$here/control.in" |
            awk -v package="$package" 'BEGIN { RS = ""; } $2 == package { print }'
        printf 'Version: %s\nArchitecture: %s\nPriority: optional\nMaintainer: %s\nInstalled-Size: %s\n' "$version" "$arch" \
            "The ipcsentry authors <ipcsentry@localhost>" "$(du -sk "$tree" | cut -f1)"
    } >"$tree/DEBIAN/control"
    # Not xz, which is slow on the static library.
    dpkg-deb --root-owner-group -Zgzip --build "$tree" "$out/${package}_${version}_$arch.deb" >/dev/null
done
