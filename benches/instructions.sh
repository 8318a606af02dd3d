#!/usr/bin/env bash
# Counts instructions an event under callgrind and holds them against benches/instructions.txt: a count that differs by
# more than 2 % fails, and so does a wrapper in which a record costs a larger share of what it costs outside than is said
# below. Without valgrind nothing is held: it says so and exits with 77.
#
#   benches/instructions.sh           compares
#   benches/instructions.sh --update  writes the counts of today
set -uo pipefail
cd "$(dirname "$0")/.."
recorded=benches/instructions.txt
# Path, rules (`none` is the engine without any rule that the mix could meet) and options of the program `instructions`.
mixes=('typed none' 'typed all' 'typed all processes=50000' 'typed_held all' 'json none' 'json all' 'auditd none'
    'auditd all')
# The most that a record costs in the string of a wrapper for each 100 outside: the share, the path and the wrapper. The goal
# is 125.
shares=('125 json_read _raw' '125 json_read log' '125 json_read GELF' '127 json_read message'
    '127 json_read OpenTelemetry body' '127 auditd_read _raw' '124 auditd_read log' '132 auditd_read GELF'
    '128 auditd_read message' '130 auditd_read OpenTelemetry body'
    '130 auditd_read _source')

if ! command -v valgrind > /dev/null; then
    echo 'skipped: valgrind is not installed, so nobody held the instruction counts'
    exit 77
fi
cargo build --release --quiet -p ipcsentry-benches --bin instructions || exit 1
program=${CARGO_TARGET_DIR:-target}/release/instructions
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

count() { # PATH RULES OPTION…: instructions an event
    local output total events
    output=$(valgrind --tool=callgrind --toggle-collect='*measured*' --callgrind-out-file=/dev/null "$program" "$@" 2>&1)
    total=$(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' <<< "$output")
    events=$(grep -x '[0-9]*' <<< "$output")
    [ -n "$total" ] && [ -n "$events" ] && echo $((total / events))
}

# Two at a time: counts do not depend on what else runs.
for at in "${!mixes[@]}"; do
    # shellcheck disable=SC2086  # several words
    count ${mixes[at]} > "$folder/$at" &
    [ $((at % 2)) -eq 1 ] && wait
done
wait

compiler=$(rustc --version)
failed=0
declare -A plain
for share in "${shares[@]}"; do
    read -r most path wrapper <<< "$share"
    [ -n "${plain[$path]:-}" ] || plain[$path]=$(count "$path" plain steps=1500)
    wrapped=$(count "$path" "$wrapper" steps=1500)
    verdict=
    if [ -z "${plain[$path]}" ] || [ -z "$wrapped" ] || [ $((wrapped * 100)) -gt $((plain[$path] * most)) ]; then
        verdict="  beyond $most of 100"
        failed=1
    fi
    echo "$path: ${plain[$path]:-no count}, in $wrapper: ${wrapped:-no count}$verdict"
done
{
    echo "# Instructions an event, by path, rules and options, with $compiler. Written by benches/instructions.sh --update."
    for at in "${!mixes[@]}"; do echo "$(cat "$folder/$at") ${mixes[at]}"; done
} > "$folder/now"
if [ "${1:-}" = --update ]; then
    cp "$folder/now" "$recorded" && cat "$recorded"
    exit
fi
grep -qF "with $compiler." "$recorded" || echo "$recorded was written with another compiler than $compiler"
printf '%-30s %10s %10s %8s\n' 'path, rules, options' recorded now change
while read -r now mix; do
    [ "$now" = '#' ] && continue
    before=$(sed -n "s/^\([0-9]*\) $mix$/\1/p" "$recorded")
    if [ -z "$mix" ] || [ -z "$before" ]; then
        echo "${mix:-$now}: no count"
        failed=1
        continue
    fi
    thousandths=$(((now - before) * 1000 / before))
    verdict=
    if [ $thousandths -gt 20 ] || [ $thousandths -lt -20 ]; then verdict='  beyond 2 %'; failed=1; fi
    printf '%-30s %10d %10d %+7d‰%s\n' "$mix" "$before" "$now" $thousandths "$verdict"
done < "$folder/now"
[ $failed -eq 0 ] || echo 'A change that is meant: benches/instructions.sh --update, and say why in the commit.'
exit $failed
