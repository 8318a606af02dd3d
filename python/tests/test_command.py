"""The command `ipcsentry` does what the program `hunt` does: the same output, messages and exit status for every flag."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from conftest import ATTACK, MAC

import ipcsentry
from ipcsentry._completion import FLAGS

RULE = """{
    "id": "linux.fifo.spool", "code": "L90", "techniques": ["T1559"], "severity": "medium",
    "title": "FIFO opened from a spool folder", "sources": ["own"], "anchor": "process", "window": "10s",
    "clauses": {
        "open": "ipc: endpoint_connect bind A where endpoint.mechanism == fifo",
        "start": "execution: process_start where actor.image starts_with '/var/spool/'",
    },
    "require": "open and start",
}"""
FILES = [str(path) for path in (ATTACK, *MAC)]

# Of each flag, arguments with it; FILES follow unless the last is None.
CASES: dict[str, list[list["str | None"]]] = {
    "--format": [["--format", "evtx_json"], ["--format=auditd"], ["--format", "sysmon"], ["--format"]],
    "--host": [["--host", "birch"]],
    "--include": [["--include", "*.log", str(ATTACK.parent), None], ["--include", "[", None]],
    "--follow": [["--follow", None], ["--follow", "-", None]],
    "--lateness": [["--lateness", "5"], ["--lateness", "-1"]],
    "--threads": [["--threads", "2"], ["--threads", "0"], ["--threads=2", "-", None]],
    # With a file, the second program would go on where the first one stopped.
    "--state": [["--state"]],
    "--policy": [["--policy", "policy.json"], ["--policy", "odd.json"], ["--policy", "no such file"]],
    "--check-policy": [["--check-policy", "policy.yaml", None], ["--check-policy", "odd.json", None]],
    "--baseline": [["--baseline", "usual.json"], ["--baseline", "odd.json"], ["--baseline"]],
    # What is learned twice is learned once.
    "--learn": [["--learn", "learned.json"], ["--learn", "odd.json"], ["--learn", "learned.json", None]],
    "--check-baseline": [["--check-baseline", "usual.json", None], ["--check-baseline", "odd.json", None]],
    "--baseline-diff": [["--baseline-diff", "usual.json", "usual.json", None], ["--baseline-diff", "usual.json", None]],
    "--baseline-policy": [["--baseline-policy", "usual.json", None], ["--baseline-policy", "odd.json", None]],
    "--digest": [["--digest"], ["--digest", "--output", "ndjson"], ["--digest", "--coverage"]],
    "--suppressed": [["--suppressed", "--policy", "policy.yaml"], ["--suppressed", "--policy=policy.toml"]],
    "--profile": [["--coverage", "--profile", "linux_auditd_execve", None], ["--profile", "linux_osquery", None]],
    "--rules": [["--rules", "rule.json"], ["--rules=odd.json"]],
    "--only-rules": [["--only-rules", "--rules", "rule.json"], ["--only-rules"]],
    "--check-rules": [["--check-rules", "rule.json", None], ["--check-rules", "policy.json", None]],
    "--min-severity": [["--min-severity", "high"], ["--min-severity", "loud"]],
    "--since": [["--since", "2025-01-01"], ["--since", "yesterday"]],
    "--until": [["--until", "2025-01-01T00:00:00Z"]],
    "--explain": [["--explain", "64DBFE"], ["--explain", "0000"]],
    "--near-misses": [["--near-misses"], ["--near-misses", "--output", "ndjson"], ["--near-misses", "--output", "ecs"]],
    "--exposure": [["--exposure"], ["--exposure", "--output", "ndjson"], ["--exposure", "--output", "csv"]],
    "--timeline": [["--timeline", "64DBFE"], ["--timeline", "6", "--output", "ndjson"], ["--timeline", "zz"]],
    "--process": [["--process", "500"], ["--process", "500", "--output", "ndjson"], ["--process", "x"], ["--process", "0"]],
    "--coverage": [
        ["--coverage"],
        ["--coverage", "--output", "ndjson"],
        ["--coverage", "--output", "navigator"],
        ["--coverage=1"],
    ],
    "--remedy": [["--coverage", "--remedy"], ["--coverage", "--remedy", "--output", "ndjson"], ["--remedy"]],
    "--output": [["--output", "ndjson"], ["--output=table"], ["--output", "xml"], ["--output", "ecs"], ["--output=html"]],
    "--scenarios": [["--scenarios", None], ["--scenarios", "--policy", "policy.json", "--output", "junit", None]],
    "--export": [["--scenarios", "--export", "exported", None], ["--export", "exported", None]],
    "--suggest": [["--suggest", "benign.ndjson", None], ["--suggest"]],
    "--replay": [["--replay", "builtin", "builtin", "auditd.log"], ["--replay", "builtin"]],
    "--all": [["--all", "--output", "ndjson", None]],
    "--strict": [["--strict"]],
    "--help": [["--help", None], ["-h", None]],
    "--version": [["--version", None], ["-V", None]],
    "": [[], ["no such file", None], ["--no-such-flag"], ["--", "-x", None]],
}


@pytest.fixture(scope="module")
def programs() -> list[list[str]]:
    """The Rust program and the command, as a script and as a module."""
    program = os.environ.get("IPCSENTRY_HUNT")
    if program is None:
        pytest.skip("IPCSENTRY_HUNT names no hunt program to compare with; tests/python.sh sets it")
    script = shutil.which("ipcsentry", path=str(pathlib.Path(sys.executable).parent))
    assert script is not None, "the wheel installs the command"
    return [[program], [script], [sys.executable, "-m", "ipcsentry"]]


def run(program: list[str], arguments: list[str], folder: pathlib.Path, text: bytes = b"") -> tuple[int, bytes, bytes]:
    done = subprocess.run([*program, *arguments], cwd=folder, input=text, capture_output=True, timeout=60)
    named = (
        done.stdout.replace(b"usage: ipcsentry ", b"usage: hunt ").replace(b"ipcsentry 0.", b"hunt 0.")
        if arguments and arguments[0] in ("--help", "-h", "--version", "-V")
        else done.stdout
    )
    return done.returncode, named, done.stderr


@pytest.mark.parametrize("flag", CASES)
def test_each_flag(flag: str, programs: list[list[str]], tmp_path: pathlib.Path) -> None:
    (tmp_path / "policy.json").write_text('{"disabled": ["W02"], "severity": {"M99": "low"}}')
    (tmp_path / "policy.yaml").write_text("suppressions:\n  - behavior: W02\n    allow_critical: true\n")
    (tmp_path / "policy.toml").write_text("disabled = ['W18']\n[[suppressions]]\nbehavior = 'W13'\nhost = 'ci-*'\n")
    (tmp_path / "usual.json").write_text('{"version": 1}')
    (tmp_path / "odd.json").write_text('{"min_confidense": 1}')
    (tmp_path / "rule.json").write_text(RULE)
    for case in CASES[flag]:
        arguments = [one for one in case if one is not None] + ([] if case[-1:] == [None] else FILES)
        # The module differs from the script in nothing but its start.
        chosen = programs if flag == "" else programs[:2]
        expected, *others = (run(program, arguments, tmp_path) for program in chosen)
        assert expected[0] in (0, 1, 2) and (expected[1] or expected[2])
        for found in others:
            assert found == expected, arguments


def test_standard_input(programs: list[list[str]], tmp_path: pathlib.Path) -> None:
    expected, *others = (run(program, ["-", "--output=ndjson"], tmp_path, ATTACK.read_bytes()) for program in programs)
    assert expected[0] == 1 and b'"W02"' in expected[1]
    assert others == [expected] * 2


def test_the_table_of_flags_is_complete() -> None:
    done = subprocess.run([sys.executable, "-m", "ipcsentry", "--help"], capture_output=True, check=True)
    named = set(re.findall(r"--[a-z][a-z-]*", done.stdout.decode()))
    assert named == set(FLAGS) == set(CASES) - {""}


def test_ctrl_c_ends_the_command(programs: list[list[str]]) -> None:
    for program in programs:
        running = subprocess.Popen([*program, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        begin = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=20)
        assert b"0 events, 0 alerts, 0 errors" in errors and time.monotonic() - begin < 10, program


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, tmp_path: pathlib.Path) -> None:
    command = [sys.executable, "-m", "ipcsentry", "--completion", shell]
    script = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    for flag in FLAGS:
        assert flag[2:] in script
    assert "evtx_json" in script and "critical" in script
    if shutil.which(shell) is None or shell != "bash":
        return
    ask = f'{script}\nCOMP_WORDS=(ipcsentry --min-severity c) COMP_CWORD=2; _ipcsentry; echo "${{COMPREPLY[@]}}"\n'
    ask += 'COMP_WORDS=(ipcsentry --foll) COMP_CWORD=1; _ipcsentry; echo "${COMPREPLY[@]}"'
    done = subprocess.run([shell, "-c", ask], capture_output=True, check=True, cwd=tmp_path)
    assert done.stdout.decode().splitlines() == ["critical", "--follow"]


def test_completion_of_no_shell() -> None:
    done = subprocess.run([sys.executable, "-m", "ipcsentry", "--completion", "cmd"], capture_output=True)
    assert done.returncode == 2 and b"bash, zsh, fish" in done.stderr


def test_versions_agree() -> None:
    done = subprocess.run([sys.executable, "-m", "ipcsentry", "--version"], capture_output=True, check=True)
    assert done.stdout.decode() == f"ipcsentry {ipcsentry.__version__}\n"
