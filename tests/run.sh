#!/usr/bin/env bash
# Runs all tests of the repository. Every step runs even if one before it failed; the summary at the end lists the failed
# steps.
#
#   tests/run.sh            all steps; as root on Linux, the last one starts auditd and creates users while it runs
#   tests/run.sh --no-live  all steps but that one
#   tests/run.sh lint unit  only these steps
set -uo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
target=${CARGO_TARGET_DIR:-$PWD/target}

steps=(lint doc unit volume no_std mutants package targets benches instructions python live)
wanted=() live=yes
for argument in "$@"; do
    case $argument in
        --no-live) live= ;;
        --help | -h) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *)
            if [[ " ${steps[*]} " != *" $argument "* ]]; then
                echo "unknown step: $argument; there are ${steps[*]}, and --no-live" >&2
                exit 2
            fi
            wanted+=("$argument")
            ;;
    esac
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# One line a step that ended: passed, skipped or FAILED, its name and more.
verdicts=$work/verdicts
: >"$verdicts"

step() { # NAME COMMAND...
    local name=$1 begin=$SECONDS code
    shift
    is_wanted "$name" || return 0
    printf '\n== %s\n' "$name"
    "$@"
    code=$?
    case $code in
        0) echo "passed   $name ($((SECONDS - begin)) s)" >>"$verdicts" ;;
        77) ;; # skipped: the step printed the reason
        *) echo "FAILED   $name ($((SECONDS - begin)) s)" >>"$verdicts" ;;
    esac
}

# Runs steps in turn, while others run; prints what each said when it ends.
lane() { # STEP...
    local name
    for name in "$@"; do
        step "$name" "$name" >"$work/$name" 2>&1
        cat "$work/$name"
    done
}

skip() { # NAME REASON
    echo "skipped  $1: $2" >>"$verdicts"
}

lint() {
    cargo fmt --all --check && cargo clippy --workspace --all-targets --quiet -- -D warnings
}

doc() {
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --quiet
}

# Programs of tests run side by side, one a core: many of them keep only one core busy.
unit() {
    local here=$work/unit cores code=0
    cores=$(getconf _NPROCESSORS_ONLN)
    mkdir -p "$here/failed"
    cargo test --workspace --no-run --quiet --message-format json-render-diagnostics >"$here/built" || return 1
    # The folder of its package, in which a program runs, and the program.
    sed -n '/"test":true},"features"/s/.*"manifest_path":"\([^"]*\)\/Cargo\.toml".*"executable":"\([^"]*\)".*/\1\n\2/p' \
        "$here/built" >"$here/programs"
    xargs -d '\n' -n 2 -P "$cores" bash -c '
        said=$1/$(basename "$3")
        if ! (cd "$2" && CARGO_MANIFEST_DIR=$2 "$3" --quiet) >"$said" 2>&1; then cp "$said" "$1/failed"; fi
        cat "$said"' - "$here" <"$here/programs"
    [ -s "$here/programs" ] || code=1
    if [ -n "$(ls "$here/failed")" ]; then
        # The names of the tests that failed, and what they said first.
        grep -hA 3 '^---- .* stdout ----$' "$here/failed"/* | grep -v '^--$\|^$' | cut -c -300 >"$work/failures"
        echo "programs that failed: $(cd "$here/failed" && echo *)" >>"$work/failures"
        code=1
    fi
    cargo test --workspace --doc --no-fail-fast --quiet || code=1
    return $code
}

# Among the other tests, these do only a part of their work; here they do all of it.
volume() {
    IPCSENTRY_VOLUME=full cargo test --workspace --quiet --test flood --test properties
}

no_std() {
    CARGO_TARGET_DIR="$target/no_std" cargo build --quiet --manifest-path tests/no_std/Cargo.toml
}

# Whether what changes the core to test its tests still can; it takes most of an hour to do so.
mutants() {
    CARGO_TARGET_DIR="$target/no_std" cargo test --quiet --manifest-path tests/mutants/Cargo.toml
}

# The C library as an embedder installs it.
package() {
    bash tests/package.sh
}

# The library on other targets, and the page in a browser.
targets() {
    local said
    said=$(bash tests/targets.sh 2>&1)
    local code=$?
    printf '%s\n' "$said"
    while read -r line; do skip targets "${line#skipped: }"; done < <(grep '^skipped: ' <<<"$said")
    return $code
}

python() {
    bash tests/python.sh
}

# Each benchmark once, to see that it works.
benches() {
    cargo test --workspace --quiet --bench throughput
}

# The price of an event, in instructions: it does not depend on the machine's load.
instructions() {
    bash benches/instructions.sh
    local code=$?
    if [ $code -eq 77 ]; then skip instructions 'valgrind is not installed'; fi
    return $code
}

live() {
    local said
    said=$(bash tests/live/auditd.sh 2>&1)
    local code=$?
    printf '%s\n' "$said"
    if [[ $said == skipped:* ]]; then skip live "${said#skipped: }"; return 77; fi
    return $code
}

is_wanted() { # NAME
    [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $1 "* ]]
}

if is_wanted live && [ -n "$live" ] && [ "$(uname -s)" = Linux ] && [ "$(id -u)" -eq 0 ]; then
    echo 'The last step, live, changes this machine while it runs: it starts auditd with rules of its own, creates users,'
    echo 'attacks them on loopback, and restores everything. tests/run.sh --no-live omits this step.'
fi

for name in lint doc unit volume; do step "$name" "$name"; done

# Optimized builds keep one core busy; what is not optimized is built and tested beside them.
if [ "$(uname -s)" = Linux ]; then
    lane package instructions &
    lane no_std mutants benches targets python
    wait
else
    skip package 'not Linux'
    skip targets 'not Linux'
    for name in no_std mutants benches instructions python; do step "$name" "$name"; done
fi

if [ -n "$live" ]; then step live live; else skip live 'omitted by --no-live'; fi
[ -d ../shared/recordings ] || skip recordings 'no ../shared/recordings: the tests that read them passed without testing anything'

printf '\n== summary\n'
for verdict in passed skipped FAILED; do grep "^$verdict " "$verdicts"; done
[ ! -e "$work/failures" ] || cat "$work/failures"
count() { grep -c "^$1 " "$verdicts"; }
printf '%d passed, %d failed, %d skipped in %d s\n' "$(count passed)" "$(count FAILED)" "$(count skipped)" $SECONDS
[ "$(count FAILED)" -eq 0 ] && [ "$(count passed)" -gt 0 ]
