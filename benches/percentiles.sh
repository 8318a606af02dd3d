#!/usr/bin/env bash
# Prints how many instructions an event costs at most in so many of a hundred cases, under callgrind. Takes minutes and
# some 400 MB of the folder for temporary files: callgrind writes a file an event.
#
#   benches/percentiles.sh [OPTION=VALUE]…   options of the program `instructions`, such as processes=50000
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v valgrind > /dev/null; then
    echo 'skipped: valgrind is not installed'
    exit 77
fi
cargo build --release --quiet -p ipcsentry-benches --bin instructions
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
program=${CARGO_TARGET_DIR:-target}/release/instructions
# A part of the output ends where an event does, so it holds that event, and the few instructions of the loop around it.
# The first part also holds all that went before.
valgrind --tool=callgrind --dump-after='*measured*' --callgrind-out-file="$folder/part" \
    "$program" typed all each=yes steps=10000 "$@" > "$folder/said" 2>&1 || { cat "$folder/said"; exit 1; }
rm -f "$folder/part" "$folder/part.1"
find "$folder" -name 'part.*' -exec sed -n 's/^totals: //p' {} + | sort -n > "$folder/costs"
count=$(wc -l < "$folder/costs")
echo "instructions of $count events, typed, all behaviors${*:+, $*}, with $(rustc --version)"
for share in 500 900 990 999 1000; do
    printf '%5s %% at most %9d\n' "$((share / 10)).$((share % 10))" "$(sed -n "$(((count * share + 999) / 1000))p" "$folder/costs")"
done
