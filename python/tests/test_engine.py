"""Engines fed by hand."""

import math
import pathlib
import pickle

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
    with pytest.raises(TypeError):
        ipcsentry.Engine().feed(3)  # type: ignore[arg-type]


def test_catalogs() -> None:
    catalog = ipcsentry.Catalog.builtin()
    assert "W02" in catalog.codes and len(catalog) == len(catalog.codes)
    assert len(ipcsentry.Catalog.from_json({"behaviors": []})) == 0
    with pytest.raises(ipcsentry.CatalogError) as caught:
        ipcsentry.Catalog.from_json('{"behaviours": []}')
    assert caught.value.path == "behaviours"


def test_exceptions_survive_pickling() -> None:
    error = ipcsentry.DecodeError("text", 1, 2, "field")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.record, copy.offset, copy.field) == ("text", 1, 2, "field")
    assert str(pickle.loads(pickle.dumps(ipcsentry.PolicyError("text", "path")))) == "text"


def test_formats(attack: pathlib.Path) -> None:
    assert ipcsentry.detect_format(attack.read_bytes()) == "evtx_json"
    assert ipcsentry.detect_format(b"hello") is None
    assert ipcsentry.__version__
