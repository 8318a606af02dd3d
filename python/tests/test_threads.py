"""Everything may be used from any thread."""

import pathlib
import threading
from collections.abc import Callable

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
