"""Engines go on after a restart, and change their rules while they run."""

import io
import json
import pathlib
import pickle
import random
import subprocess
import sys

import pytest

import ipcsentry


def found(engine: ipcsentry.Engine) -> list[str]:
    return [alert.to_json() for alert in engine.alerts()]


def whole(data: bytes) -> list[str]:
    with ipcsentry.Engine(seed=7) as engine:
        engine.feed(data)
    return found(engine)


def test_an_engine_goes_on_after_every_byte_of_an_attack(attack: pathlib.Path) -> None:
    data = attack.read_bytes()
    expected = whole(data)
    assert expected
    for cut in [*range(0, len(data), 211), len(data)]:
        first = ipcsentry.Engine(seed=7)
        first.feed(data[:cut])
        snapshot = first.snapshot()
        engine, report = ipcsentry.Engine.restore(snapshot)
        assert report.is_whole and (report.dropped, report.left) == ({}, [])
        with engine:
            engine.feed(data[cut:])
        assert found(engine) == expected, cut
        assert engine.stats()["records"] == 5
        copy: ipcsentry.Engine = pickle.loads(pickle.dumps(first))
        with copy:
            copy.feed(data[cut:])
        assert found(copy) == expected, cut


def test_a_snapshot_goes_on_in_another_process(attack: pathlib.Path, tmp_path: pathlib.Path) -> None:
    lines = attack.read_bytes().splitlines(keepends=True)
    engine = ipcsentry.Engine({"min_severity": "low"}, lateness=5.0, seed=7)
    engine.feed(b"".join(lines[:2]))
    (tmp_path / "engine").write_bytes(pickle.dumps(engine))
    (tmp_path / "rest").write_bytes(b"".join(lines[2:]))
    code = (
        "import pickle, sys, pathlib\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "with pickle.loads((folder / 'engine').read_bytes()) as engine:\n"
        "    engine.feed((folder / 'rest').read_bytes())\n"
        "print(*(alert.to_json() for alert in engine.alerts()), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=True)
    assert done.stdout.decode().splitlines() == whole(attack.read_bytes())


def test_streams_go_on_by_their_numbers(attack: pathlib.Path) -> None:
    data = attack.read_bytes()
    engine = ipcsentry.Engine()
    engine.open_stream("auditd").feed(b"type=X")
    stream = engine.open_stream("evtx_json", record_base=100, file=3)
    stream.feed(data[:1000])
    number = stream.number
    assert number is not None
    again, _ = ipcsentry.Engine.restore(engine.snapshot())
    rest = again.stream(number)
    rest.feed(data[1000:])
    rest.close()
    assert rest.number is None and rest.report().records == 5
    again.flush()
    (alert,) = again.alerts()
    assert {(one.file, one.record >= 100) for one in alert.evidence} == {(3, True)}
    with pytest.raises(ValueError, match="no stream 9 is open"):
        again.stream(9)
    with pytest.raises(ValueError, match="no stream"):
        again.stream(number)


def test_rules_and_policy_change_while_it_runs(attack: pathlib.Path) -> None:
    lines = attack.read_bytes().splitlines(keepends=True)
    catalog = ipcsentry.Catalog.builtin()
    engine = ipcsentry.Engine()
    engine.feed(b"".join(lines[:3]))
    snapshot = engine.snapshot()
    dropped = engine.replace(catalog=catalog.without("W02"))
    assert dropped.get("win.pipe.getsystem", 0) + sum(dropped.values()) > 0
    engine.feed(b"".join(lines[3:]))
    engine.flush()
    assert "W02" not in {alert.code for alert in engine.alerts()}

    engine, report = ipcsentry.Engine.restore(snapshot, catalog=catalog.without("W02"))
    assert not report.is_whole and report.dropped == dropped and "dropped" in repr(report)

    engine, _ = ipcsentry.Engine.restore(snapshot)
    assert engine.replace({"disabled": ["W02"], "allow_critical": ["W02"]}) == {}, "the catalog is the same, so nothing is lost"
    engine.feed(b"".join(lines[3:]))
    engine.flush()
    assert "W02" not in {alert.code for alert in engine.alerts()}


RULE = """{
    "id": "win.pipe.acorn", "code": "W90", "techniques": ["T1559"], "severity": "low",
    "title": "A pipe", "sources": ["own"], "anchor": "process", "window": "10s",
    "clauses": {"make": "ipc: endpoint_create bind A where endpoint.mechanism == named_pipe"},
    "require": "make",
}"""


def test_catalogs_are_pickled_by_how_they_were_made(attack: pathlib.Path) -> None:
    builtin = ipcsentry.Catalog.builtin()
    catalogs = [
        builtin, builtin.extend(RULE), builtin.without("W02", "W01").extend(RULE), ipcsentry.Catalog.only(RULE),
        ipcsentry.Catalog.from_json({"behaviors": [json.loads(RULE.replace('"make",\n}', '"make"}'))]}),
    ]
    for catalog in catalogs:
        copy = pickle.loads(pickle.dumps(catalog))
        assert copy.codes == catalog.codes
        engine = ipcsentry.Engine(catalog=catalog, seed=1)
        engine.feed(attack.read_bytes()[:2000])
        again: ipcsentry.Engine = pickle.loads(pickle.dumps(engine))
        for one in (engine, again):
            one.feed(attack.read_bytes()[2000:])
            one.flush()
        assert found(engine) == found(again)


def test_damaged_snapshots_raise(attack: pathlib.Path) -> None:
    engine = ipcsentry.Engine()
    engine.feed(attack.read_bytes())
    snapshot = engine.snapshot()
    for wrong in (b"", b"what is this", snapshot[:-1], snapshot + b"x", snapshot[:100]):
        with pytest.raises(ipcsentry.RestoreError, match="byte"):
            ipcsentry.Engine.restore(wrong)
    dice = random.Random(3)
    for _ in range(50):
        damaged = bytearray(snapshot)
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        with pytest.raises(ipcsentry.RestoreError):
            ipcsentry.Engine.restore(damaged)
    for other in ("text", None, 3, io.BytesIO(snapshot)):
        with pytest.raises(TypeError):
            ipcsentry.Engine.restore(other)  # type: ignore[arg-type]
    with pytest.raises(ipcsentry.PolicyError):
        ipcsentry.Engine.restore(snapshot, {"x": 1})
    with pytest.raises(ValueError, match="lateness"):
        ipcsentry.Engine.restore(snapshot, lateness=-1.0)
