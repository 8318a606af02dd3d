"""Everything may be used from any thread."""

import gzip
import io
import os
import pathlib
import signal
import threading
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

import ipcsentry

THREADS = 10


def run_at_once(work: Callable[[int], None]) -> None:
    barrier = threading.Barrier(THREADS)
    faults: list[BaseException] = []

    def body(number: int) -> None:
        try:
            barrier.wait()
            work(number)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=body, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_engines_share_a_catalog(attack: pathlib.Path) -> None:
    catalog = ipcsentry.Catalog.builtin()
    expected = ipcsentry.hunt(attack).to_ndjson()
    found = [""] * THREADS

    def work(number: int) -> None:
        for _ in range(20):
            found[number] = ipcsentry.hunt(attack, catalog=catalog).to_ndjson()

    run_at_once(work)
    assert found == [expected] * THREADS


def test_threads_take_turns_with_one_engine(attack: pathlib.Path) -> None:
    engine = ipcsentry.Engine()
    lines = attack.read_bytes().splitlines()

    def work(number: int) -> None:
        with engine.open_stream("evtx_json", host=f"host-{number}") as stream:
            for line in lines * 20:
                stream.feed(line.replace(b"pine.", b"pine%d." % number) + b"\n")
                repr(engine)
        engine.flush()

    run_at_once(work)
    alerts = engine.alerts()
    assert {alert.host for alert in alerts} == {f"pine{number}.example.test" for number in range(THREADS)}
    assert engine.stats()["decode_errors"] == THREADS * 20


def test_one_stream_and_many_threads(attack: pathlib.Path) -> None:
    engine = ipcsentry.Engine()
    lines = attack.read_bytes().splitlines(keepends=True)
    run_at_once(lambda number: [engine.feed(line) for line in lines * 5] and None)
    assert engine.stats()["records"] == THREADS * len(lines) * 5


def of(alerts: ipcsentry.Alerts) -> tuple[str, list[str], list[str], dict[str, Any], list[str]]:
    """All that a hunt gives, but for what depends on how the memory was used."""
    stats = {name: value for name, value in alerts.stats.items() if name not in ("bytes", "max_steps")}
    coverage = [repr(one) for one in alerts.coverage]
    judged = [one.describe() for one in alerts.judged.inputs]
    return alerts.to_ndjson(), judged, [str(error) for error in alerts.errors], stats, coverage


def fleet(folder: pathlib.Path, attack: pathlib.Path) -> list[pathlib.Path]:
    """Files of several hosts, a host in several files, and records that are in two files."""
    lines = attack.read_bytes().splitlines(keepends=True)
    paths = []
    for number in range(12):
        path = folder / f"{number:02}.ndjson"
        hosts = [b"host-%d." % (number // 2), b"host-%d." % (number % 5 + 50)]
        text = b"".join(line.replace(b"pine.", host) for host in hosts for line in lines[number % 2 :: 2] + lines[:2])
        path.write_bytes(text)
        paths.append(path)
    (folder / "packed.ndjson.gz").write_bytes(gzip.compress(attack.read_bytes()))
    with zipfile.ZipFile(folder / "two.zip", "w") as archive:
        archive.writestr("a.ndjson", attack.read_bytes().replace(b"pine.", b"oak."))
        archive.writestr("b.ndjson", attack.read_bytes().replace(b"pine.", b"elm."))
    return [*paths, folder / "two.zip", folder / "packed.ndjson.gz"]


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_any_number_of_threads_gives_the_same(attack: pathlib.Path, tmp_path: pathlib.Path, threads: int) -> None:
    paths = fleet(tmp_path, attack)
    expected = ipcsentry.hunt(paths)
    assert len({alert.host for alert in expected}) > 8 and expected.errors and expected.stats["duplicates"] > 0
    found = ipcsentry.hunt(paths, threads=threads)
    assert of(found) == of(expected)
    assert found.raw is not None and expected.raw is not None
    for one, other in zip(found, expected):
        assert [found.raw.get(e.file, e.record) for e in one.evidence] == [
            expected.raw.get(e.file, e.record) for e in other.evidence
        ]
    data = b"".join(path.read_bytes() for path in paths[:12])
    sources: list[Callable[[], Any]] = [
        lambda: data, lambda: io.BytesIO(data), lambda: data.splitlines(), lambda: iter(data.splitlines()),
        lambda: [str(path) for path in paths], lambda: tmp_path,
    ]
    for source in sources:
        assert of(ipcsentry.hunt(source(), threads=threads)) == of(ipcsentry.hunt(source()))
    one_scenario = ipcsentry.scenarios()[0].render("windows_flat_json")
    assert of(ipcsentry.hunt(one_scenario, threads=threads)) == of(ipcsentry.hunt(one_scenario))


def test_what_fails_in_a_thread_is_raised(attack: pathlib.Path, tmp_path: pathlib.Path) -> None:
    paths = fleet(tmp_path, attack)
    for threads in (0, -1, True, 1.5, "2", 10**9):
        with pytest.raises(ValueError, match="threads is a number"):
            ipcsentry.hunt(paths, threads=threads)  # type: ignore[arg-type]
    wrong = tmp_path / "03.ndjson"
    wrong.write_bytes(b"what is this\n" * 3)
    messages = set()
    for threads in (1, 2, 8):
        with pytest.raises(ipcsentry.NotJudgedError, match="03.ndjson") as caught:
            ipcsentry.hunt(paths, threads=threads)
        assert len(caught.value.alerts) > 5
        with pytest.raises(ipcsentry.DecodeError) as first:
            ipcsentry.hunt(paths, threads=threads, on_error="raise")
        messages.add(str(first.value))
    assert len(messages) == 1, "the first exception is that of the first input"

    def raising() -> Any:
        yield from attack.read_bytes().splitlines()
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        ipcsentry.hunt(raising(), threads=4)


def test_ctrl_c_stops_all_threads(attack: pathlib.Path) -> None:
    line = attack.read_bytes().splitlines()[0]
    data = b"\n".join([line] * 400_000)

    def interrupted(source: Any) -> float:
        sent: list[float] = []

        def send() -> None:
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

        timer = threading.Timer(0.3, send)
        timer.start()
        try:
            with pytest.raises(KeyboardInterrupt):
                ipcsentry.hunt(source, threads=2)
            return time.monotonic() - sent[0]
        finally:
            timer.cancel()

    sources: list[Callable[[], Any]] = [
        lambda: data, lambda: io.BytesIO(data), lambda: (record for _ in iter(int, 1) for record in [line] * 1000),
    ]
    for number, source in enumerate(sources):
        # A busy machine may be late once.
        assert any(interrupted(source()) < 0.2 for _ in range(4)), number
