"""Every kind of source gives the alerts of the file it was made from."""

import bz2
import datetime
import decimal
import gzip
import io
import json
import math
import os
import pathlib
import signal
import threading
import time
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from conftest import ATTACK, MAC
from event_log import event_log
from test_same_as_rust import hunt_in_rust

import ipcsentry

pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")
duckdb = pytest.importorskip("duckdb")
numpy = pytest.importorskip("numpy")

LINES = [line for line in ATTACK.read_bytes().splitlines() if b"this is not" not in line]
RECORDS = [json.loads(line) for line in LINES]


def flat(record: dict[str, Any]) -> dict[str, Any]:
    """A record of an event log as one flat row, as NXLog and Mordor write it."""
    system, data = record["Event"]["System"], record["Event"].get("EventData") or {}
    row = {"EventID": system["EventID"], "Channel": system["Channel"], "Hostname": system["Computer"]}
    row["EventRecordID"] = system.get("EventRecordID")
    row["EventTime"] = system["TimeCreated"]["#attributes"]["SystemTime"]
    return {**row, **{name: value for name, value in data.items() if name != "#attributes"}}


def alerts_of(source: Any, **options: Any) -> list[dict[str, Any]]:
    """Alerts without what names the place of a record: another file has other places."""
    found = ipcsentry.hunt(source, **options).to_dicts()
    for alert in found:
        for one in alert["evidence"]:
            del one["record"], one["file"]
    return found


EXPECTED = alerts_of(LINES)
ROWS = [flat(record) for record in RECORDS]


def test_there_is_something_to_find() -> None:
    assert [alert["code"] for alert in EXPECTED] == ["W02"]
    assert [alert["code"] for alert in alerts_of(ROWS)] == ["W02"]


def test_bytes_and_open_files_of_every_kind(tmp_path: pathlib.Path) -> None:
    data = b"\n".join(LINES)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("inside.ndjson", data)
    for content in (data, gzip.compress(data), bz2.compress(data), zipped.getvalue()):
        assert alerts_of(content) == EXPECTED
        assert alerts_of(bytearray(content)) == EXPECTED
        assert alerts_of(io.BytesIO(content)) == EXPECTED
        path = tmp_path / "file"
        path.write_bytes(content)
        with path.open("rb") as file:
            assert alerts_of(file) == EXPECTED
        assert alerts_of(path) == EXPECTED
    with gzip.open(io.BytesIO(gzip.compress(data))) as unpacked:
        assert alerts_of(unpacked) == EXPECTED
    assert alerts_of(io.StringIO(data.decode(errors="replace"))) == EXPECTED
    alerts = ipcsentry.hunt(zipped)
    assert [one.name for one in alerts.judged.inputs] == ["open file/inside.ndjson"] if len(alerts) else True


def test_event_logs_of_every_kind(tmp_path: pathlib.Path) -> None:
    # Several chunks of 64 KiB each; the records that repeat are duplicates.
    log = event_log(RECORDS * 30)
    assert len(log) >= 4096 + 3 * 65536
    path, packed, archive = tmp_path / "Sysmon.evtx", tmp_path / "Sysmon.evtx.gz", tmp_path / "logs.zip"
    path.write_bytes(log)
    packed.write_bytes(gzip.compress(log))
    with zipfile.ZipFile(archive, "w") as file:
        file.write(path, "host/Sysmon.evtx")
    for source in (path, packed, archive, log, packed.read_bytes(), archive.read_bytes(), io.BytesIO(log), path.open("rb")):
        assert alerts_of(source) == EXPECTED
        assert alerts_of(source if not hasattr(source, "seek") else log, threads=2) == EXPECTED
        if hasattr(source, "close"):
            source.close()
    alerts = ipcsentry.hunt(path)
    assert alerts.judged.records == 30 * len(RECORDS) and alerts.stats["duplicates"] == 29 * len(RECORDS)
    assert alerts.raw is not None
    assert "acorn" in (alerts.raw.get(0, alerts[0].evidence[0].record) or "")
    damaged = bytearray(log)
    damaged[4096 + 600 : 4096 + 700] = bytes(100)
    try:
        found = ipcsentry.hunt(bytes(damaged), on_error="skip")
        assert found.judged.errors > 0
    except ipcsentry.NotJudgedError as error:
        assert error.alerts.judged.not_judged


def test_event_logs_give_what_the_command_prints(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "Sysmon.evtx"
    path.write_bytes(event_log(RECORDS))
    assert ipcsentry.hunt(path).to_ndjson() == hunt_in_rust(path)


FRAMES = {
    "pandas": pandas.DataFrame,
    "polars": polars.DataFrame,
    "pyarrow": pyarrow.Table.from_pylist,
    "pyarrow batch": pyarrow.RecordBatch.from_pylist,
    "polars lazy": lambda rows: polars.DataFrame(rows).lazy().collect(),
    "duckdb": lambda rows: duckdb.from_arrow(pyarrow.Table.from_pylist(rows)),
}


def padded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that all have all columns."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [{name: row.get(name) for name in names} for row in rows]


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_of_records_by_columns(kind: str) -> None:
    frame = FRAMES[kind](padded(ROWS))
    assert alerts_of(frame) == alerts_of(ROWS)
    assert ipcsentry.hunt(frame).judged.inputs[0].formats == {"windows_flat_json": len(ROWS)}


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_of_raw_records(kind: str) -> None:
    text = [line.decode(errors="replace") for line in LINES]
    rows = [{"n": number, "raw": line} for number, line in enumerate(text)]
    assert alerts_of(FRAMES[kind](rows), mapping="raw") == alerts_of(text)
    if kind == "polars":
        assert alerts_of(polars.DataFrame(rows).with_columns(polars.col("raw").cast(polars.Categorical)), mapping="raw")
        assert alerts_of(polars.DataFrame(rows).with_columns(polars.col("raw").cast(polars.Binary)), mapping="raw")


def test_structures_times_and_missing_values_in_frames() -> None:
    nested = pyarrow.Table.from_pylist(RECORDS)
    assert alerts_of(nested) == EXPECTED, "structures are objects"
    dotted = pandas.json_normalize(RECORDS)
    assert "Event.System.EventID" in dotted.columns
    dotted["Event.System.EventID"] = dotted["Event.System.EventID"].astype("float64")
    assert alerts_of(dotted) == EXPECTED, "dots make objects; floats of whole numbers are integers; NaN is left out"
    timed = pandas.DataFrame(ROWS)
    timed["EventTime"] = pandas.to_datetime(timed["EventTime"])
    assert timed["EventTime"].dtype.kind == "M"
    assert alerts_of(timed) == alerts_of(ROWS)
    assert alerts_of(polars.from_pandas(timed)) == alerts_of(ROWS)
    assert alerts_of(timed.to_dict("records")) == alerts_of(ROWS)


def test_mappings() -> None:
    renamed = pandas.DataFrame(ROWS).rename(columns=str.lower)
    mapping = {name: name.lower() for row in ROWS for name in row}
    assert alerts_of(renamed, mapping=mapping) == alerts_of(ROWS)
    with pytest.raises(ValueError, match='no column "raw"; there are'):
        ipcsentry.hunt(renamed, mapping="raw")
    with pytest.raises(ValueError, match='no column "nothing"'):
        ipcsentry.hunt(renamed, mapping={"EventID": "nothing"})
    with pytest.raises(TypeError, match='"eventid" holds Int64, not the text of records'):
        ipcsentry.hunt(renamed, mapping="eventid")
    odd = pyarrow.table({"a": pyarrow.array([1], pyarrow.duration("s"))})
    with pytest.raises(TypeError, match='column "a" has the type'):
        ipcsentry.hunt(odd)


def test_several_frames_are_judged_together() -> None:
    frame = polars.DataFrame(padded(ROWS))
    alerts = ipcsentry.hunt([frame[:2], frame[2:]])
    assert len(alerts.judged.inputs) == 2 and [alert.code for alert in alerts] == ["W02"]


def test_a_frame_of_pandas_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert alerts_of(pandas.DataFrame(ROWS)) == alerts_of(ROWS)
    for frame, mapping in ((pandas.DataFrame(ROWS), {"EventID": "EventID"}), (pandas.json_normalize(RECORDS), None)):
        with pytest.raises(ImportError, match="needs pyarrow"):
            ipcsentry.hunt(frame, mapping=mapping)


def test_dicts_with_every_kind_of_value() -> None:
    (first, *rest) = ROWS
    when = datetime.datetime.fromisoformat(first["EventTime"].rstrip("Z").split(".")[0])
    plain = [{**first, "EventTime": when.isoformat() + "Z"}, *rest]
    extra = {
        "a": numpy.int64(3), "b": numpy.float32("nan"), "c": pandas.NaT, "d": pandas.NA, "e": numpy.array([1, 2]),
        "f": b"\xff\x00", "g": decimal.Decimal("1.5"), "h": uuid.UUID(int=3), "i": pathlib.Path("/x"), "j": (1, None),
        "k": numpy.datetime64("NaT"), "l": 1 << 80, "m": "\ud800", "n": {1: [{}]}, "o": datetime.date(2020, 1, 1),
        "p": numpy.bool_(True), "q": math.inf, "r": numpy.str_("x"), "s": bytearray(b"y"),
    }
    zone = datetime.timezone(datetime.timedelta(hours=5))
    moments = [
        when, when.replace(tzinfo=datetime.timezone.utc), when.replace(tzinfo=datetime.timezone.utc).astimezone(zone),
        pandas.Timestamp(when), numpy.datetime64(when),
    ]
    for moment in moments:
        row = {**first, "EventTime": moment, "EventID": numpy.uint16(first["EventID"]), **extra}
        assert alerts_of([row, *rest]) == alerts_of(plain), repr(moment)
    for value in (object(), {1, 2}, lambda: 1, 1j):
        with pytest.raises(TypeError, match="a record cannot hold"):
            ipcsentry.hunt([{**first, "x": value}])


def test_cycles_and_depths() -> None:
    cycle: dict[str, Any] = {}
    cycle["self"] = [cycle]
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    for record in (cycle, {"x": deep}):
        with pytest.raises(ValueError, match="64 levels deep"):
            ipcsentry.hunt([record])


def test_times_that_are_asked_for() -> None:
    (alert,) = ipcsentry.hunt(LINES)
    assert len(ipcsentry.hunt(LINES, since=alert.time, until=alert.timestamp + 1)) == 1
    assert len(ipcsentry.hunt(LINES, until=alert.timestamp)) == 0
    assert len(ipcsentry.hunt(LINES, since="2024-03-02", min_severity="low")) == 0
    assert ipcsentry.hunt(LINES, since=datetime.date(2024, 3, 2)).judged.events == 4, "events are judged in any case"
    for wrong in ({"since": "x"}, {"until": 1.5}, {"min_severity": "x"}):
        with pytest.raises((ValueError, TypeError)):
            ipcsentry.hunt(LINES, **wrong)  # type: ignore[arg-type]


RULE = """{
    "id": "win.pipe.acorn", "code": "W90", "techniques": ["T1559"], "severity": "low",
    "title": "A pipe", "sources": ["own"], "anchor": "process", "window": "10s",
    "clauses": {"make": "ipc: endpoint_create bind A where endpoint.mechanism == named_pipe"},
    "require": "make",
}"""


def test_rules_of_the_users_own(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "rules"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "w90.jsonc").write_text(RULE)
    (folder / "below" / "w90.scenarios.jsonc").write_text("[]")
    for rules in (RULE, [RULE], folder, str(folder), folder / "below" / "w90.jsonc", [str(folder)]):
        assert "W90" in {alert.code for alert in ipcsentry.hunt(LINES, rules=rules)}, rules
    with pytest.raises(ipcsentry.CatalogError):
        ipcsentry.hunt(LINES, rules={"id": "x"})
    with pytest.raises(FileNotFoundError):
        ipcsentry.hunt(LINES, rules="missing.jsonc")


def test_progress(attack: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    for source in (attack, [attack, *MAC], attack.read_bytes(), LINES, iter(LINES), pandas.DataFrame(ROWS)):
        found = ipcsentry.hunt(source, progress=True)
        assert found.judged.events > 0
        assert "hunt" in capsys.readouterr().err
    monkeypatch.setitem(__import__("sys").modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match="pip install tqdm"):
        ipcsentry.hunt(attack, progress=True)


def test_files_that_fail(attack: pathlib.Path) -> None:
    class Failing(io.RawIOBase):
        reads = 0

        def read(self, size: int = -1) -> bytes:
            self.reads += 1
            if self.reads > 1:
                raise RuntimeError("the disk is gone")
            return LINES[0]

    with pytest.raises(RuntimeError, match="the disk is gone"):
        ipcsentry.hunt(Failing())
    closed = attack.open("rb")
    closed.close()
    with pytest.raises(ValueError, match="closed"):
        ipcsentry.hunt(closed)

    class Odd:
        def read(self, size: int) -> Any:
            return 17

    with pytest.raises(TypeError, match="must return bytes or str"):
        ipcsentry.hunt(Odd())

    def raising() -> Any:
        yield LINES[0]
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        ipcsentry.hunt(raising())

    class Broken:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return 3

    with pytest.raises(TypeError, match="not an Arrow capsule"):
        ipcsentry.hunt(Broken())

    def batches() -> Any:
        yield pyarrow.RecordBatch.from_pylist(padded(ROWS))
        raise RuntimeError("no more batches")

    schema = pyarrow.RecordBatch.from_pylist(padded(ROWS)).schema
    with pytest.raises(ValueError, match="no more batches"):
        ipcsentry.hunt(pyarrow.RecordBatchReader.from_batches(schema, batches()))


def interrupted(source: Any, after: float) -> float:
    """Seconds from a signal to KeyboardInterrupt."""
    sent = []

    def send() -> None:
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(after, send)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            ipcsentry.hunt(source)
        return time.monotonic() - sent[0]
    finally:
        timer.cancel()


def test_ctrl_c_stops_a_long_call_at_once(tmp_path: pathlib.Path) -> None:
    line = json.dumps(ROWS[0])
    many = [line.replace('"EventID"', f'"N": {number}, "EventID"') for number in range(60_000)]
    data = "\n".join(many * 4).encode()
    path = tmp_path / "long.ndjson.gz"
    path.write_bytes(gzip.compress(data, 1))
    frame = pyarrow.table({"raw": many * 4})
    sources: list[Callable[[], Any]] = [
        lambda: data,
        lambda: path,
        lambda: io.BytesIO(data),
        lambda: (record for _ in iter(int, 1) for record in many),
    ]
    for number, source in enumerate(sources):
        # A busy machine may be late once.
        assert any(interrupted(source(), 0.3) < 0.2 for _ in range(3)), number
    engine = ipcsentry.Engine(lateness=math.inf)
    stream = engine.open_stream()
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        while True:
            stream.feed_frame(frame, "raw")
    timer.cancel()
