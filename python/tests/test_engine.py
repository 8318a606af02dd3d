"""Engines fed by hand."""

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
    code = readme.split("```python\n")[1].split("```")[0].replace('engine.feed(open("sysmon.ndjson", "rb"))',
        'with open("sysmon.ndjson", "rb") as file:\n        engine.feed(file)')
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert "critical" in printed[0] and printed[1] == "1 records could not be read" and '"W02"' in printed[2]


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
    (error,) = stream.feed(b"{\n").errors
    assert error.record == 100
    assert stream.settle().records == 0
    stream.close()
    assert stream.close().records == 0
    with pytest.raises(ValueError, match="closed"):
        stream.feed(b"x")
    with pytest.raises(ValueError, match="closed"):
        stream.settle()


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


def test_catalogues() -> None:
    catalogue = ipcsentry.Catalogue.builtin()
    assert "W02" in catalogue.codes and len(catalogue) == len(catalogue.codes)
    assert len(ipcsentry.Catalogue.from_json({"behaviours": []})) == 0
    with pytest.raises(ipcsentry.CatalogueError) as caught:
        ipcsentry.Catalogue.from_json('{"behaviors": []}')
    assert caught.value.path == "behaviors"


def test_exceptions_survive_pickling() -> None:
    error = ipcsentry.DecodeError("text", 1, 2, "field")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.record, copy.offset, copy.field) == ("text", 1, 2, "field")
    assert str(pickle.loads(pickle.dumps(ipcsentry.PolicyError("text", "path")))) == "text"


def test_formats(attack: pathlib.Path) -> None:
    assert ipcsentry.detect_format(attack.read_bytes()) == "evtx_json"
    assert ipcsentry.detect_format(b"hello") is None
    assert ipcsentry.__version__
