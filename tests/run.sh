#!/usr/bin/env bash
# Passes all tests of the repository: the one command the README names. Every step runs even when one before it
# failed; what failed is said once more at the end.
#
#   tests/run.sh            everything
#   tests/run.sh lint unit  only these steps
set -uo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
target=${CARGO_TARGET_DIR:-$PWD/target}

wanted=("$@") passed=() failed=() skipped=()

step() { # NAME COMMAND...
    local name=$1 begin=$SECONDS
    shift
    if [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then return; fi
    printf '\n== %s\n' "$name"
    "$@"
    case $? in
        0) passed+=("$name ($((SECONDS - begin)) s)") ;;
        77) ;; # skipped: it said why itself
        *) failed+=("$name") ;;
    esac
}

skip() { # NAME REASON
    skipped+=("$1: $2")
}

lint() {
    cargo fmt --all --check && cargo clippy --workspace --all-targets --quiet -- -D warnings
}

doc() {
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --quiet
}

unit() {
    cargo test --workspace --quiet
}

# These do a part of their work where code is little optimized; here they do all of it.
volume() {
    cargo test --profile checked --quiet -p ipcsentry-tests --test flood --test properties
}

no_std() {
    CARGO_TARGET_DIR="$target/no_std" cargo build --quiet --manifest-path tests/no_std/Cargo.toml
}

benches() {
    cargo bench --quiet -p ipcsentry-benches -- --test
}

live() {
    local said
    said=$(bash tests/live/auditd.sh 2>&1)
    local code=$?
    printf '%s\n' "$said"
    if [[ $said == skipped:* ]]; then skip live "${said#skipped: }"; return 77; fi
    return $code
}

step lint lint
step doc doc
step unit unit
step volume volume
step no_std no_std
if [ -e benches/Cargo.toml ]; then step benches benches; else skip benches 'there are none'; fi
if [ -e tests/python.sh ]; then step python bash tests/python.sh; else skip python 'there is none'; fi
step live live
[ -d ../shared/recordings ] || skip recordings 'no ../shared/recordings: the tests that read them passed unread'

printf '\n== summary\n'
for name in "${passed[@]}"; do printf 'passed   %s\n' "$name"; done
for name in "${skipped[@]}"; do printf 'skipped  %s\n' "$name"; done
for name in "${failed[@]}"; do printf 'FAILED   %s\n' "$name"; done
printf '%d passed, %d failed, %d skipped in %d s\n' ${#passed[@]} ${#failed[@]} ${#skipped[@]} $SECONDS
[ ${#failed[@]} -eq 0 ] && [ ${#passed[@]} -gt 0 ]
