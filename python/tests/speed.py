"""Measures the ways in, in one run on one core: `speed.py [records]`. Build the wheel with --release before.

Each way hunts through the same records in turns, and the best of the turns counts: JSON lines as bytes, dicts, a data frame
of raw records, a data frame of columns, and typed events. The program `hunt` (IPCSENTRY_HUNT) reads the same lines. Beside
them, `eql` (if installed) looks for one sequence in the same dicts: a pipe, and a process that its maker starts.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from typing import Any, Callable

import pyarrow

import ipcsentry

TURNS = 3


def records(count: int) -> list[dict[str, Any]]:
    """Process starts and pipes of 8 hosts, as flat records of Sysmon."""
    rows = []
    for number in range(count):
        second, host = number // 200, number % 8
        common = {
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "Hostname": f"pc-{host}.corp.test",
            "EventRecordID": number,
            "UtcTime": f"2026-01-01 {second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}.{number % 200 * 5:03}",
            "ProcessGuid": f"{{12345678-1234-1234-{host:04x}-{number // 16:012x}}}",
            "ProcessId": 1000 + number // 16 % 50_000,
            "Image": f"C:\\Program Files\\Vendor {number % 40}\\Service\\agent-{number % 97}.exe",
            "User": "CORP\\user" + str(number % 30),
        }
        if number % 3:
            pipe = {"EventID": 17 + number % 2, "EventType": "CreatePipe", "PipeName": f"\\vendor-{number % 500}"}
            rows.append({**common, **pipe})
        else:
            start = {
                "EventID": 1,
                "CommandLine": f'"C:\\Program Files\\Vendor\\agent.exe" --config C:\\ProgramData\\{number}.json --quiet',
                "ParentProcessGuid": f"{{12345678-1234-1234-{host:04x}-{number // 64:012x}}}",
                "ParentProcessId": 900,
                "ParentImage": "C:\\Windows\\System32\\services.exe",
                "ParentCommandLine": "C:\\Windows\\System32\\services.exe",
                "IntegrityLevel": "System",
                "LogonId": "0x3e7",
            }
            rows.append({**common, **start})
    return rows


def typed(row: dict[str, Any]) -> dict[str, Any]:
    """The same as columns of a typed event."""
    event = {
        "time": row["UtcTime"].replace(" ", "T") + "Z",
        "os": "windows",
        "host": row["Hostname"],
        "actor.pid": row["ProcessId"],
        "actor.unique_id": row["ProcessGuid"],
        "actor.image": row["Image"],
        "actor.user": row["User"],
    }
    if row["EventID"] == 1:
        return {
            **event,
            "actor.command_line": row["CommandLine"],
            "parent.pid": row["ParentProcessId"],
            "parent.unique_id": row["ParentProcessGuid"],
            "parent.image": row["ParentImage"],
            "tag": "process_start",
        }
    kind = "endpoint_create" if row["EventID"] == 17 else "endpoint_connect"
    endpoint = f"kind.{kind}.endpoint"
    return {**event, f"{endpoint}.mechanism": "named_pipe", f"{endpoint}.name": row["PipeName"]}


def table(rows: list[dict[str, Any]]) -> pyarrow.Table:
    """A table with all columns of all rows."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pyarrow.table({name: [row.get(name) for row in rows] for name in names})


def eql_engine() -> Callable[[list[dict[str, Any]]], None] | None:
    """A run of `eql` over records; None if it is not installed."""
    try:
        import eql  # type: ignore[import-not-found]
    except ImportError:
        return None
    query = (
        "sequence by Hostname with maxspan=10s [pipe where EventID == 17] by ProcessGuid "
        "[process where EventID == 1] by ParentProcessGuid"
    )
    config = {"flatten": True}

    def run(rows: list[dict[str, Any]]) -> None:
        found: list[Any] = []
        engine = eql.PythonEngine(config)
        engine.add_query(eql.parse_query(query))
        engine.add_output_hook(found.append)
        for number, row in enumerate(rows):
            kind = "process" if row["EventID"] == 1 else "pipe"
            # Its times are in units of 100 nanoseconds.
            engine.stream_event(eql.Event(kind, number * 50_000, row))
        engine.finalize()

    return run


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rows = records(count)
    lines = [json.dumps(row) for row in rows]
    data = ("\n".join(lines) + "\n").encode()
    raw, columns, events = pyarrow.table({"raw": lines}), table(rows), table([typed(row) for row in rows])
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
        file.write(data)
        file.flush()

        def engine(feed: Callable[[ipcsentry.Engine], object]) -> None:
            one = ipcsentry.Engine(lateness=0.0, seed=1, memory=256 << 20)
            feed(one)
            one.flush()
            assert one.stats()["events"] == count, one.stats()

        def rust() -> None:
            program = os.environ["IPCSENTRY_HUNT"]
            subprocess.run([program, "--lateness", "0", "--output", "ndjson", file.name], stderr=subprocess.PIPE)

        ways: dict[str, Callable[[], None]] = {
            "bytes": lambda: engine(lambda one: one.feed(data)),
            "dicts": lambda: engine(lambda one: one.feed(rows)),
            "frame of raw records": lambda: engine(lambda one: one.open_stream().feed_frame(raw, "raw")),
            "frame of columns": lambda: engine(lambda one: one.open_stream().feed_frame(columns)),
            "frame of typed events": lambda: engine(lambda one: one.feed_events(events)),
        }
        if "IPCSENTRY_HUNT" in os.environ:
            ways["Rust: hunt FILE"] = rust
        if (eql := eql_engine()) is not None:
            ways["eql, one sequence"] = lambda: eql(rows)
        best = dict.fromkeys(ways, math.inf)
        for _ in range(TURNS):
            for name, way in ways.items():
                begin = time.perf_counter()
                way()
                best[name] = min(best[name], time.perf_counter() - begin)
    print(f"{count:,} records of {len(data) / count:.0f} bytes, best of {TURNS}")
    for name, seconds in best.items():
        print(f"{name:24} {count / seconds:>10,.0f} records/s  {best['bytes'] / seconds:6.2f} x bytes")


if __name__ == "__main__":
    main()
