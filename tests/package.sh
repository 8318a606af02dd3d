#!/usr/bin/env bash
# The C library as an embedder gets it: installed below a folder and as Debian packages, programs are built out of the tree
# against the copy, shared and static, in C and C++, with pkg-config and CMake, and find the attack of a small recording.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
root=$PWD
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }
must() { "$@" || { fail "$*"; exit 1; }; }
attack=$root/tests/data/getsystem.ndjson

hunts() { # WHAT PROGRAM...: it finds the attack
    local what=$1 code
    shift
    "$@" "$attack" >"$work/said" 2>"$work/complaints"
    code=$?
    { [ $code -eq 1 ] && grep -q W02 "$work/said"; } || fail "$what: exit status $code: $(tail -3 "$work/complaints")"
}

# --- Installed below a folder.
must env DESTDIR="$work/root" PREFIX=/opt/ipcsentry ffi/install.sh
lib=$work/root/opt/ipcsentry/lib
shared=$lib/libipcsentry.so.$version
readelf -d "$shared" | grep -q "SONAME.*\[libipcsentry.so.$version\]" || fail "SONAME is not libipcsentry.so.$version"
readelf -d "$shared" | grep -qE 'RPATH|RUNPATH' && fail "the library has a run path"
readelf -d "$shared" | grep -q NODELETE || fail "the library can be unloaded"
size=$(stat -c %s "$shared")
echo "libipcsentry.so.$version: $size bytes"
[ "$size" -le $((4 << 20)) ] || fail "the shared library has $size bytes, more than 4 MiB"
nm -D --defined-only --format=posix "$shared" | cut -d' ' -f1 | LC_ALL=C sort >"$work/symbols"
LC_ALL=C sort ffi/abi/symbols.txt | diff - "$work/symbols" || fail "other symbols than ffi/abi/symbols.txt"

# The flags for a library with scenarios.
must env DESTDIR="$work/validation" PREFIX=/usr VALIDATION=1 ffi/install.sh --no-build
for file in pkgconfig/ipcsentry.pc cmake/ipcsentry/ipcsentryConfig.cmake; do
    grep -q IPCSENTRY_VALIDATION "$work/validation/usr/lib/$file" || fail "$file does not say IPCSENTRY_VALIDATION"
    grep -q -e IPCSENTRY_VALIDATION -e @ "$lib/$file" && fail "$file of a library without scenarios says more than it has"
done
rm -r "$work/validation"

# --- Out of the tree.
mkdir "$work/app"
cp ffi/examples/minimal.c ffi/examples/cpp_hunt.cpp "$work/app"
cd "$work/app" || exit 1
build() { # ROOT LIB LABEL
    local flags
    export PKG_CONFIG_LIBDIR=$2/pkgconfig PKG_CONFIG_SYSROOT_DIR=$1
    flags=$(pkg-config --cflags --libs ipcsentry) || { fail "$3: pkg-config"; return; }
    # shellcheck disable=SC2086
    gcc -std=c99 -Wall -Wextra -Wpedantic -Werror minimal.c -o c-shared $flags &&
        g++ -std=c++17 -Wall -Wextra -Wpedantic -Werror cpp_hunt.cpp -o cpp-shared $flags || fail "$3: shared"
    # shellcheck disable=SC2046
    gcc -std=c99 minimal.c -o c-static $(pkg-config --cflags ipcsentry) "$2/libipcsentry.a" \
        $(sed -n 's/^Libs.private: //p' "$2/pkgconfig/ipcsentry.pc") || fail "$3: static"
    hunts "$3, C, shared" env LD_LIBRARY_PATH="${4:-$2}" ./c-shared
    hunts "$3, C++, shared" env LD_LIBRARY_PATH="${4:-$2}" ./cpp-shared
    hunts "$3, C, static" ./c-static
    rm -f c-shared cpp-shared c-static
}
build "$work/root" "$lib" installed

if command -v cmake >/dev/null; then
    cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.16)
project(app C CXX)
find_package(ipcsentry 0.1 REQUIRED)
set(CMAKE_CXX_STANDARD 17)
add_executable(c-shared minimal.c)
target_link_libraries(c-shared PRIVATE ipcsentry::ipcsentry)
add_executable(cpp-static cpp_hunt.cpp)
target_link_libraries(cpp-static PRIVATE ipcsentry::static)
END
    if cmake -S . -B cmake -Dipcsentry_DIR="$lib/cmake/ipcsentry" >"$work/cmake" 2>&1 && cmake --build cmake >>"$work/cmake" 2>&1; then
        hunts "CMake, C, shared" cmake/c-shared
        hunts "CMake, C++, static" cmake/cpp-static
    else
        fail "CMake: $(tail -3 "$work/cmake")"
    fi
    cmake -S . -B other -Dipcsentry_DIR="$lib/cmake/ipcsentry" >/dev/null 2>&1 || fail "CMake, again"
    sed -i 's/ipcsentry 0.1/ipcsentry 0.2/' CMakeLists.txt
    cmake -S . -B wrong -Dipcsentry_DIR="$lib/cmake/ipcsentry" >/dev/null 2>&1 && fail "CMake takes another minor version"
else
    echo 'skipped: cmake is not installed'
fi

# --- Under valgrind, undefined values included: the optimized library, where the tests' one is hardly optimized.
if command -v valgrind >/dev/null; then
    for program in minimal agent refusals; do
        gcc -std=c11 -pthread -I"$work/root/opt/ipcsentry/include" "$root/ffi/examples/$program.c" -o "$program" "$lib/libipcsentry.a" \
            -lpthread -ldl -lm || fail "$program.c"
        printf '%s\t' 1795308302000000000 h start 7 1 0 /bin/sh 'sh -c x' >sensor
        printf '%s\n' - >>sensor
        case $program in minimal) arguments=("$attack") ;; agent) arguments=(-s 2 sensor) ;; *) arguments=() ;; esac
        valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,possible \
            "./$program" "${arguments[@]}" >/dev/null 2>"$work/complaints"
        [ $? -le 1 ] || fail "$program under valgrind: $(tail -5 "$work/complaints")"
    done
else
    echo 'skipped: valgrind is not installed'
fi

# --- Debian packages, unpacked into a clean root.
if command -v dpkg-deb >/dev/null; then
    must "$root/ffi/debian/build.sh" "$work/debs" --no-build
    mkdir "$work/clean"
    for package in "$work/debs"/*.deb; do
        dpkg-deb --info "$package" >/dev/null && dpkg-deb -x "$package" "$work/clean" || fail "$package"
    done
    libdir=$work/clean/usr/lib/$(gcc -dumpmachine)
    [ "$(find "$work/debs" -name '*.deb' | wc -l)" = 2 ] || fail "two packages are due"
    dpkg-deb --field "$work/debs/libipcsentry-dev"*.deb Depends | grep -q "libipcsentry$version (= $version)" ||
        fail "the development package does not depend on the library"
    build "$work/clean" "$libdir" Debian
else
    echo 'skipped: dpkg-deb is not installed'
fi
[ $failures -eq 0 ]
