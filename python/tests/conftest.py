"""What the tests share."""

import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ATTACK = ROOT / "tests" / "data" / "getsystem.ndjson"
MAC = [ROOT / "tests" / "data" / name for name in ("macos_endpoint_security.ndjson", "macos_unified.log")]
RECORDINGS = ROOT.parent / "shared" / "recordings"


@pytest.fixture
def attack() -> pathlib.Path:
    """A service echoes into the pipe of a process; one record of five is broken."""
    return ATTACK
