#!/usr/bin/env bash
# Builds a wheel, installs it into an environment of its own and runs the Python tests: pytest, the stubs against the
# module, and the types of the package. The profile is that of the Rust tests, so that little is left to compile.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR=$target
home=$target/python
python=${PYTHON:-python3}

[ -x "$home/bin/python" ] || "$python" -m venv "$home"
"$home/bin/python" -c 'import maturin, mypy, pytest' 2>/dev/null ||
    "$home/bin/pip" install --quiet --disable-pip-version-check 'maturin>=1.9.4,<2' 'mypy>=1.18' 'pytest>=8'

rm -rf "$home/wheels"
"$home/bin/maturin" build --quiet --manifest-path python/Cargo.toml --profile dev \
    --interpreter "$home/bin/python" --out "$home/wheels"
"$home/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$home"/wheels/*.whl

# What the Rust library says of the same inputs, for the tests to compare with.
cargo build --quiet -p ipcsentry --example hunt
export IPCSENTRY_HUNT=$target/debug/examples/hunt

# Records of every format of JSON.
export IPCSENTRY_SAMPLES=$target/python/samples.json
cargo run --quiet -p ipcsentry-tests --bin samples >"$IPCSENTRY_SAMPLES"

cd python
"$home/bin/python" -m pytest "$@"
"$home/bin/python" -m mypy.stubtest ipcsentry
"$home/bin/python" -m mypy python/ipcsentry
