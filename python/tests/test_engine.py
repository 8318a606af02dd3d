"""Engines fed by hand."""

import json
import math
import pathlib
import pickle
import sys

import pytest

import ipcsentry


def test_chunks_may_end_anywhere(attack: pathlib.Path) -> None:
    data = attack.read_bytes()
    expected = ipcsentry.hunt(attack).to_ndjson()
    for size in (1, 7, 300, len(data)):
        engine = ipcsentry.Engine(lateness=math.inf)
        with engine, engine.open_stream() as stream:
            for at in range(0, len(data), size):
                stream.feed(data[at : at + size])
        assert "".join(alert.to_json() + "\n" for alert in engine.alerts()) == expected


def test_the_example_of_the_readme(
    attack: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sysmon.ndjson").write_bytes(attack.read_bytes())
    monkeypatch.chdir(tmp_path)
    readme = (pathlib.Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    for block in readme.split("```python\n")[1:]:
        exec(compile(block.split("```")[0], "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert "critical" in printed[0] and printed[1] == "1 input, 5 records, 4 events, 1 error" and '"W02"' in printed[2]


def test_alerts_come_as_soon_as_they_can(attack: pathlib.Path) -> None:
    engine = ipcsentry.Engine()
    assert engine.poll() is None and engine.next_deadline() is None
    report = engine.feed(attack.read_text(encoding="utf-8"))
    assert (report.records, report.events, report.error_count) == (5, 4, 1)
    assert repr(report) == "FeedReport(records=5, events=4, skipped=0, error_count=1)"
    alert = engine.poll()
    assert alert is not None and alert.code == "W02"
    engine.advance("pine.example.test", alert.timestamp + 10**9)
    assert engine.stats()["events"] == 4
    assert repr(engine) == "<ipcsentry.Engine: 4 events, 1 alerts>"


def test_streams(attack: pathlib.Path) -> None:
    engine = ipcsentry.Engine()
    stream = engine.open_stream("evtx_json", host=b"birch", record_base=100, file=3)
    first, *_ = attack.read_text(encoding="utf-8").splitlines()
    assert stream.record(7, first).events == 1
    (error,) = stream.feed(b"no record\n").errors
    assert error.record == 100
    assert stream.settle().records == 0
    assert stream.settle_quiet().records == 0
    stream.close()
    assert stream.close().records == 0
    with pytest.raises(ValueError, match="closed"):
        stream.feed(b"x")
    with pytest.raises(ValueError, match="closed"):
        stream.settle()
    with pytest.raises(ValueError, match="closed"):
        stream.settle_quiet()


CALL = (
    "type=SYSCALL msg=audit(1700000000.120:7): arch=c000003e syscall=319 success=yes exit=3 a0=0 a1=0 a2=0 a3=0 "
    'items=0 ppid=700 pid=812 auid=1000 uid=1000 gid=1000 euid=1000 tty=pts3 ses=4 comm="t" exe="/t" key="k"\n'
)


def test_a_quiet_feed() -> None:
    engine = ipcsentry.Engine(lateness=300)
    stream = engine.open_stream("auditd")
    assert stream.feed(CALL).events == 0
    assert engine.next_deadline() == 1_700_000_002_120_000_000
    assert stream.settle_quiet().events == 0, "it had a record since the last call"
    assert stream.settle_quiet().events == 1
    assert stream.settle().events == 0, "it is told once"
    held = engine.next_deadline()
    assert held is not None
    engine.elapse(299.0)
    assert engine.next_deadline() == held
    engine.elapse(301.0)
    assert engine.next_deadline() != held
    for seconds in (-1.0, math.nan):
        with pytest.raises(ValueError, match="seconds"):
            engine.elapse(seconds)


def test_bad_arguments() -> None:
    for lateness in (-1.0, math.nan):
        with pytest.raises(ValueError, match="lateness"):
            ipcsentry.Engine(lateness=lateness)
    with pytest.raises(OverflowError):
        ipcsentry.Engine(memory=-1)
    for size in (1 << 64, 1 << 200):
        with pytest.raises(OverflowError):
            ipcsentry.Engine(memory=size)
        with pytest.raises(OverflowError):
            ipcsentry.Engine(max_alerts=size)
    with pytest.raises(TypeError):
        ipcsentry.Engine().feed(3)  # type: ignore[arg-type]


def test_limits_of_any_size(attack: pathlib.Path) -> None:
    expected = None
    for size in (0, 1, 64 << 20, 365 << 20, 1 << 40, sys.maxsize, 2 * sys.maxsize + 1):
        with ipcsentry.Engine(memory=size, max_alerts=max(size, 4096)) as engine:
            engine.feed(attack.read_bytes())
        found = [alert.to_json() for alert in engine.alerts()]
        assert found and found == (expected or found), f"{size} bytes"
        expected = found


def test_seeds(attack: pathlib.Path) -> None:
    found = []
    for seed in (None, None, 0, 1, (1 << 64) - 1):
        with ipcsentry.Engine(seed=seed) as engine:
            engine.feed(attack.read_bytes())
        found.append([alert.to_json() for alert in engine.alerts()])
    assert found[0] and all(other == found[0] for other in found), "nothing was evicted"
    with pytest.raises(OverflowError):
        ipcsentry.Engine(seed=1 << 64)


def test_catalogs() -> None:
    catalog = ipcsentry.Catalog.builtin()
    assert "W02" in catalog.codes and len(catalog) == len(catalog.codes)
    with pytest.raises(ipcsentry.CatalogError, match="nothing would be judged"):
        ipcsentry.Catalog.from_json({"behaviors": []})
    with pytest.raises(ipcsentry.CatalogError) as caught:
        ipcsentry.Catalog.from_json('{"rules": []}')
    assert caught.value.path == "rules"


def test_exceptions_survive_pickling() -> None:
    error = ipcsentry.DecodeError("text", 1, 2, "field")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.record, copy.offset, copy.field) == ("text", 1, 2, "field")
    assert str(pickle.loads(pickle.dumps(ipcsentry.PolicyError("text", "path")))) == "text"


def test_formats(attack: pathlib.Path) -> None:
    assert ipcsentry.detect_format(attack.read_bytes()) == "evtx_json"
    assert ipcsentry.detect_format(b"hello") is None
    assert ipcsentry.__version__


def test_streams_recognize_records_and_say_what_they_came_to() -> None:
    engine = ipcsentry.Engine()
    stream = engine.open_stream()
    wrapped = json.dumps({"host": "web-1", "message": 'type=USER_CMD msg=audit(1.000:1): pid=1 uid=0 res=success'})
    report = stream.feed([wrapped, {"x": 1}])
    assert (report.records, report.error_count) == (2, 1)
    stream.close()
    came_to = stream.report()
    assert (came_to.judged, came_to.formats) == ("nothing_of_interest", {"auditd": 1})
    assert came_to.errors == {"unknown_format": 1}
    with engine.open_stream() as foreign:
        foreign.feed("what is this\n")
    assert foreign.report().judged == "unknown_format"


RULE = """{
    // A rule of one's own, with a comment and a comma too many.
    "id": "linux.fifo.spool", "code": "L90", "techniques": ["T1559"], "severity": "medium",
    "title": "FIFO opened from a spool folder", "sources": ["own"],
    "anchor": "process", "window": "10s",
    "clauses": {
        "open": "ipc: endpoint_connect bind A where endpoint.mechanism == fifo",
        "start": "execution: process_start where actor.image starts_with '/var/spool/'",
    },
    "require": "open and start",
}"""


def test_catalogs_are_extended_and_thinned_out() -> None:
    builtin = ipcsentry.Catalog.builtin()
    extended = builtin.extend(RULE).extend({"lists": {"linux.mine": {"basename": ["a"], "source": "own"}}})
    assert len(extended) == len(builtin) + 1
    assert "L90" in extended.codes
    odd = [warning for warning in extended.warnings if warning not in builtin.warnings]
    assert [warning.partition(": ")[2] for warning in odd] == ["list linux.mine: nothing reads the list"]
    thinned = extended.without("L90", "linux.socket.tool_client")
    assert len(thinned) == len(builtin) - 1
    with pytest.raises(ipcsentry.CatalogError, match="is taken"):
        extended.extend(RULE)
    with pytest.raises(ipcsentry.CatalogError, match="W99"):
        builtin.without("W99")
    with pytest.raises(ipcsentry.CatalogError, match="clause start: .*no such event has `file.path`"):
        builtin.extend(RULE.replace("actor.image starts_with", "file.path starts_with"))
