#!/usr/bin/env bash
# Builds a wheel, installs it into a virtual environment and runs the Python tests: pytest, a comparison of the stubs with
# the module, and the type checker. It uses the profile of the Rust tests, so that little needs to be compiled.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR=$target
home=$target/python
python=${PYTHON:-python3}

[ -x "$home/bin/python" ] || "$python" -m venv "$home"
"$home/bin/python" -c 'import maturin, mypy, pytest' 2>/dev/null ||
    "$home/bin/pip" install --quiet --disable-pip-version-check 'maturin>=1.9.4,<2' 'mypy>=1.18' 'pytest>=8'
# What takes alerts and gives telemetry. Tests that need one of these are skipped where it cannot be installed.
wanted=(abi3audit duckdb ipykernel nbclient networkx 'pandas<3' polars pyarrow tqdm)
names='abi3audit, duckdb, ipykernel, nbclient, networkx, pandas, polars, pyarrow, tqdm'
# Spark runs on Java 17.
if command -v java >/dev/null; then
    wanted+=('pyspark>=4')
    names+=', pyspark'
fi
"$home/bin/python" -c "import $names" 2>/dev/null ||
    "$home/bin/pip" install --quiet --disable-pip-version-check "${wanted[@]}" || true

rm -rf "$home/wheels"
"$home/bin/maturin" build --quiet --manifest-path python/Cargo.toml --profile dev \
    --interpreter "$home/bin/python" --out "$home/wheels"
"$home/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$home"/wheels/*.whl

# One wheel serves every CPython from 3.9: it uses the stable part of its interface alone.
if [ -x "$home/bin/abi3audit" ]; then "$home/bin/abi3audit" --strict "$home"/wheels/*.whl; fi

# A source distribution must be complete: the command's source is outside the package's folder.
rm -rf "$home/sdist"
"$home/bin/maturin" sdist --manifest-path python/Cargo.toml --out "$home/sdist" >/dev/null 2>&1
tar -xzf "$home"/sdist/*.tar.gz -C "$home/sdist"
test -e "$(echo "$home"/sdist/*/core/examples/hunt/main.rs)"
(cd "$home"/sdist/*/python && cargo metadata --offline --format-version 1 --no-deps >/dev/null)

# The tests compare with the alerts of the Rust program.
cargo build --quiet -p ipcsentry --example hunt
export IPCSENTRY_HUNT=$target/debug/examples/hunt

# Sample records in every JSON format.
export IPCSENTRY_SAMPLES=$target/python/samples.json
cargo run --quiet -p ipcsentry-tests --bin samples >"$IPCSENTRY_SAMPLES"

cd python
"$home/bin/python" -m pytest "$@"
"$home/bin/python" -m mypy.stubtest --mypy-config-file pyproject.toml --allowlist tests/stubtest.allow \
    --ignore-unused-allowlist ipcsentry
"$home/bin/python" tests/stub_docs.py
"$home/bin/python" -m mypy python/ipcsentry
