"""Hostile input through every entry gives a documented exception, and nothing ends the interpreter."""

import gzip
import io
import json
import pathlib
import random
from typing import Any

import pytest
from conftest import ATTACK
from test_threads import THREADS, run_at_once

import ipcsentry

ALLOWED = (ipcsentry.Error, TypeError, ValueError, OSError, OverflowError)


class Raising:
    """Raises whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise ValueError(f"no {name}")

    def __iter__(self) -> Any:
        raise ValueError("no iteration")


class Lying:
    """Says that it is a path, and is none."""

    def __fspath__(self) -> str:
        return 17  # type: ignore[return-value]


SOURCES: list[Any] = [
    None, 0, 1.5, True, object(), int, Raising(), Lying(), {}, {"a": 1}, [None], [[]], [object()], [{}, None], "", "\0",
    b"\0" * 4096, b"\xff\xfe\x00", b"\x1f\x8b\x08", b"PK\x03\x04", b"ElfFile\0" + b"\xff" * 8192, b"{" * 100_000,
    b"[" * 100_000, [b"{" * 100_000], ["\ud800"], [{"\ud800": "\udfff"}], [{1: 2, None: 3}], b'{"a":"' + b"x" * (4 << 20),
    gzip.compress(b"\0" * (1 << 20)), io.BytesIO(b"\x28\xb5\x2f\xfd\xff\xff"), range(3), iter([1]), (x for x in [object()]),
]


@pytest.mark.parametrize("number", range(len(SOURCES)))
def test_sources(number: int) -> None:
    source = SOURCES[number]
    for on_error, threads in (("collect", 1), ("raise", 1), ("collect", 2)):
        try:
            alerts = ipcsentry.hunt(source, on_error=on_error, threads=threads)  # type: ignore[arg-type]
        except ALLOWED:
            continue
        assert len(alerts) == 0
        assert all(one.state in ("empty", "judged", "nothing_of_interest") for one in alerts.judged.inputs)


def test_damaged_records_and_files() -> None:
    dice = random.Random(4)
    data = ATTACK.read_bytes()
    packed = gzip.compress(data)
    for _ in range(60):
        for original in (data, packed):
            damaged = bytearray(original)
            for _ in range(dice.randrange(1, 20)):
                damaged[dice.randrange(len(damaged))] = dice.randrange(256)
            try:
                ipcsentry.hunt(bytes(damaged))
            except ipcsentry.NotJudgedError as error:
                assert error.alerts.judged.not_judged


def test_wrong_columns() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    line = ATTACK.read_text(encoding="utf-8").splitlines()[0]
    kinds = [
        pyarrow.array([None, None]), pyarrow.array([True, False]), pyarrow.array([1, None]), pyarrow.array([1.5, float("nan")]),
        pyarrow.array([line, None]), pyarrow.array([line, line]).dictionary_encode(), pyarrow.array([[1], None]),
        pyarrow.array([{"a": None}, None]), pyarrow.array([b"\xff", None]), pyarrow.array([1 << 62, -(1 << 62)], pyarrow.timestamp("s")),
        pyarrow.array([1, 2], pyarrow.duration("s")), pyarrow.array([1, 2], pyarrow.time64("ns")),
        pyarrow.array([line, line], pyarrow.string_view()), pyarrow.array([[("k", 1)], None], pyarrow.map_(pyarrow.string(), pyarrow.int8())),
        pyarrow.DictionaryArray.from_arrays(pyarrow.array([0, None], pyarrow.int8()), pyarrow.array([None, "x"])),
        pyarrow.RunEndEncodedArray.from_arrays(pyarrow.array([2], pyarrow.int32()), pyarrow.array(["x"])),
    ]
    for one in kinds:
        table = pyarrow.table({"x": one, "Event": one})
        for mapping in (None, "x", {"a.b.c": "x", "a.b": "x", "a": "Event", "..": "x", "": "x"}):
            try:
                ipcsentry.hunt(table, mapping=mapping)
            except ALLOWED:
                pass
    for mapping in (3, {"a": 3}, {3: "x"}, [("a", "x")], object()):
        with pytest.raises((TypeError, ValueError, AttributeError)):
            ipcsentry.hunt(pyarrow.table({"x": ["{}"]}), mapping=mapping)  # type: ignore[arg-type]


def test_wrong_arguments(attack: pathlib.Path) -> None:
    wrong: list[dict[str, Any]] = [
        {"policy": 3}, {"policy": "{"}, {"policy": {"min_severity": 3}}, {"policy": {"a": {1, 2}}}, {"rules": 3}, {"rules": [3]},
        {"rules": "{"}, {"catalog": 3}, {"format": 3}, {"format": "x"}, {"host": 3}, {"include": [3]}, {"include": "["},
        {"since": []}, {"until": True}, {"min_severity": 3}, {"on_error": None}, {"since": "2024-99-99"}, {"since": 10**30, "until": "x"},
    ]
    for options in wrong:
        with pytest.raises(ALLOWED):
            ipcsentry.hunt(attack, **options)
    engine = ipcsentry.Engine()
    for call in (
        lambda: engine.advance("h", 1 << 63), lambda: engine.open_stream(record_base=-1), lambda: engine.open_stream(file=1 << 40),
        lambda: engine.read_file(3), lambda: engine.read_file(Raising()), lambda: engine.feed_events(Raising()),
        lambda: engine.feed(Raising()), lambda: engine.open_stream().feed_frame(3), lambda: engine.open_stream().record(-1, b""),
        lambda: engine.stream(-1), lambda: engine.stream(1 << 40), lambda: ipcsentry.Engine.restore(b"\0" * 4096),
        lambda: ipcsentry.Engine.restore(Raising()), lambda: engine.replace(3), lambda: engine.replace(catalog=3),
        lambda: ipcsentry.Alert.from_json("\0"), lambda: ipcsentry.detect_format("x"), lambda: ipcsentry.Catalog.only(),
        lambda: ipcsentry.Catalog.only({"behaviors": 3}), lambda: ipcsentry.scenarios()[0].render("x"),
    ):
        with pytest.raises((*ALLOWED, AttributeError)):
            call()  # type: ignore[no-untyped-call]


def test_threads_race_on_everything() -> None:
    data = ATTACK.read_bytes()
    alerts = ipcsentry.hunt(data)
    expected = alerts.to_ndjson()
    engine = ipcsentry.Engine()
    shared = engine.open_stream()
    scenario = ipcsentry.scenarios()[0]

    def work(number: int) -> None:
        for turn in range(8):
            assert ipcsentry.hunt(io.BytesIO(data)).to_ndjson() == expected
            assert alerts._repr_html_() and alerts.to_csv() and alerts[0].initiator == alerts.incidents[0].lead.initiator
            try:
                shared.feed(data)
                if number == turn:
                    shared.close()
            except ValueError as error:
                assert "closed" in str(error)
            engine.feed_events(scenario.events())
            engine.feed([json.loads(line) for line in data.splitlines()[:2]])
            engine.coverage(), engine.alerts(), engine.stats(), engine.flush()

    run_at_once(work)
    assert THREADS == 10
