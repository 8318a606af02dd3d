"""The alerts are those of the Rust library, byte for byte."""

import os
import pathlib
import subprocess

import pytest
from conftest import ATTACK, MAC, RECORDINGS

import ipcsentry

INPUTS = [
    ATTACK,
    *MAC,
    RECORDINGS / "windows" / "attack" / "com-wmiexec-security.ndjson",
    RECORDINGS / "windows" / "attack" / "pipe-inj-empire-dllinject.ndjson.gz",
    RECORDINGS / "linux" / "auditd" / "atk01-mkfifo-revshell-tty.log",
    RECORDINGS / "linux" / "laurel" / "atk13-dockersock-priv-container.ndjson",
    RECORDINGS / "macos" / "eslogger" / "eslogger-v9-exec-exit.ndjson",
]


def hunt_in_rust(*paths: pathlib.Path) -> str:
    program = os.environ.get("IPCSENTRY_HUNT")
    if program is None:
        pytest.skip("IPCSENTRY_HUNT names no hunt program to compare with; tests/python.sh sets it")
    done = subprocess.run([program, "--output", "ndjson", *paths], capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.decode()


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_one_file(path: pathlib.Path) -> None:
    if not path.exists():
        pytest.skip(f"there is no {path}")
    assert ipcsentry.hunt(path).to_ndjson() == hunt_in_rust(path)


def test_several_files() -> None:
    paths = [path for path in INPUTS if path.exists()]
    alerts = ipcsentry.hunt(paths)
    assert alerts.to_ndjson() == hunt_in_rust(*paths)
    assert {alert.code for alert in alerts} >= {"W02", "M02", "M05", "M06", "M09", "M10", "M16"}
