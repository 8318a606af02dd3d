"""Hunts through a fleet's records in Spark, as a batch and as a stream that is stopped and started again from its checkpoint
in the middle of the attacks, and compares with one engine: `spark_stream.py [rows] [hosts] [result.json]`.

The full run: `spark_stream.py 1000000 200 spark-run.json`. Build the wheel with --release before. The tests run a sample.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow
import pyarrow.compute
import pyarrow.parquet

import ipcsentry
import ipcsentry.spark

BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
BATCHES = 6
"""Files, each a micro-batch. The query is stopped and started again after half of them."""
LATENESS = 300.0
Row = tuple[str, datetime, str]


def session(name: str) -> Any:
    """Spark in two local threads."""
    from pyspark.sql import SparkSession

    # Workers are of the interpreter that has the package.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").appName(name).config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "4").config("spark.driver.memory", "2g")
    # Not UTC: what a record says must not depend on it.
    builder = builder.config("spark.sql.session.timeZone", "America/New_York")
    return builder.config("spark.sql.streaming.stateStore.minDeltasForSnapshot", "2").getOrCreate()


def records(rows: int, hosts: int) -> list[Row]:
    """Attacks that begin in one micro-batch and end in the next on every third host, and process starts and pipes on all."""
    scenarios = [one for one in ipcsentry.scenarios() if one.is_attack and "windows_flat_json" in one.formats]
    day = 86_400 / BATCHES
    found: list[Row] = []
    for number in range(0, hosts, 3):
        scenario = scenarios[number // 3 % len(scenarios)]
        lines = [json.loads(line) for line in scenario.render("windows_flat_json").splitlines()]
        times = [_time(line) for line in lines]
        # The middle of the attack lies where one file ends; of some of them, where the query is stopped.
        cut = BEGIN + timedelta(seconds=day * (1 + number // 3 % (BATCHES - 1)))
        shift = cut - times[len(times) // 2]
        for line, moment in zip(lines, times):
            moment += shift
            found.append((f"host-{number}", moment, _record(line, moment, f"host-{number}")))
    for number in range(rows - len(found)):
        moment = BEGIN + timedelta(seconds=86_400 * number / rows)
        host = f"host-{number % hosts}"
        found.append((host, moment, _record(_noise(number, number % hosts), moment, host)))
    found.sort(key=lambda row: row[1])
    return found


def _time(record: dict[str, Any]) -> datetime:
    text = str(record.get("UtcTime") or record["EventTime"]).rstrip("Z").replace("T", " ")
    return datetime.fromisoformat(text[:26]).replace(tzinfo=timezone.utc)


def _record(record: dict[str, Any], moment: datetime, host: str) -> str:
    text = moment.strftime("%Y-%m-%d %H:%M:%S.%f")
    times = {name: text for name in ("UtcTime", "EventTime", "@timestamp") if name in record}
    for name in times.keys() - {"UtcTime"}:
        times[name] = text.replace(" ", "T") + "Z"
    return json.dumps({**record, **times, "Hostname": host})


def _noise(number: int, host: int) -> dict[str, Any]:
    record = {
        "Channel": "Microsoft-Windows-Sysmon/Operational", "EventRecordID": 10_000_000 + number, "UtcTime": "",
        "ProcessGuid": f"{{12345678-1234-1234-{host:04x}-{number // 900:012x}}}", "ProcessId": 4000 + number // 900,
        "Image": f"C:\\Program Files\\Vendor {number % 40}\\agent-{number % 97}.exe", "User": f"CORP\\user{number % 30}",
    }
    if number % 3:
        return {**record, "EventID": 17 + number % 2, "PipeName": f"\\vendor-{number % 500}"}
    parent = {"ParentProcessId": 900, "ParentImage": "C:\\Windows\\System32\\services.exe"}
    return {**record, "EventID": 1, "CommandLine": f"agent.exe --config C:\\ProgramData\\{number}.json", **parent}


def write(rows: list[Row], folder: pathlib.Path) -> list[pathlib.Path]:
    """The rows in files by time, and a last row from which on all that waits is judged."""
    folder.mkdir()
    paths = []
    cuts = [BEGIN + timedelta(days=number / BATCHES) for number in range(BATCHES + 1)]
    for number in range(BATCHES):
        # Attacks lie across the cuts. A file's rows are in no order.
        first = cuts[number] if number else datetime.min.replace(tzinfo=timezone.utc)
        part = [row for row in reversed(rows) if first <= row[1] and (row[1] < cuts[number + 1] or number + 1 == BATCHES)]
        if number + 1 == BATCHES:
            end = BEGIN + timedelta(days=30)
            part = [*part, ("clock", end, _record({"EventID": 5, "Channel": "x", "EventTime": ""}, end, "clock"))]
        host, moment, record = zip(*part)
        table = pyarrow.table({"host": host, "at": pyarrow.array(moment, pyarrow.timestamp("us", "UTC")), "raw": record})
        paths.append(folder / f"{number}.parquet")
        pyarrow.parquet.write_table(table, paths[-1])
    return paths


def known(alerts: list[ipcsentry.Alert]) -> dict[tuple[str, str, str], Any]:
    """The last revision of each alert, without the places of records."""
    last: dict[tuple[str, str, str], Any] = {}
    for alert in sorted(alerts, key=lambda alert: alert.revision):
        members = alert.to_dict()
        members["evidence"] = [{**one, "record": 0, "file": 0} for one in members["evidence"]]
        last[alert.host, alert.code, alert.id] = members
    return last


def stream(spark: Any, rows: list[Row], folder: pathlib.Path, **options: Any) -> tuple[list[ipcsentry.Alert], list[Any]]:
    """The alerts of a query that is stopped after half of the files and started again, and the progress of its batches."""
    source = folder / "source"
    paths = write(rows, folder / "written")
    source.mkdir()
    progress: list[Any] = []
    for half in (paths[: BATCHES // 2], paths[BATCHES // 2 :]):
        for path in half:
            target = source / path.name
            path.rename(target)
            # Spark takes files in the order of their times.
            os.utime(target, (int(path.stem) * 10 + 1_700_000_000,) * 2)
        df = spark.readStream.schema("host string, at timestamp, raw string").option("maxFilesPerTrigger", 1)
        found = ipcsentry.spark.hunt_stream(df.parquet(str(source)), "host", time="at", mapping="raw", **options)
        out = found.writeStream.format("parquet").option("checkpointLocation", str(folder / "checkpoint"))
        query = out.outputMode("append").option("path", str(folder / "alerts")).trigger(availableNow=True).start()
        query.awaitTermination()
        progress += query.recentProgress
    alerts = [ipcsentry.Alert.from_json(row["json"]) for row in spark.read.parquet(str(folder / "alerts")).collect()]
    return alerts, progress


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    hosts = int(sys.argv[2]) if len(sys.argv) > 2 else 24
    rows = records(count, hosts)
    spark = session("ipcsentry full run")
    result: dict[str, Any] = {"events": len(rows), "hosts": hosts, "micro_batches": BATCHES}
    result |= {"ipcsentry": ipcsentry.__version__, "spark": spark.version, "python": sys.version.split()[0]}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        begin = time.perf_counter()
        raw = pyarrow.table({"raw": [record for _, _, record in rows]})
        begin = time.thread_time()
        expected = known(list(ipcsentry.hunt(raw, mapping="raw")))
        result["alerts"] = len(expected)
        result["one_engine_seconds"] = round(time.thread_time() - begin, 1)
        batch = folder / "batch"
        write(rows, batch)
        df = spark.read.parquet(str(batch)).where("host != 'clock'")
        df.count()
        for label, run in _batch_runs(df):
            begin = time.perf_counter()
            made = run()
            seconds = made if isinstance(made, float) else time.perf_counter() - begin
            result[f"{label}_seconds"] = round(seconds, 1)
            if isinstance(made, list):
                result[f"{label}_equal"] = known(made) == expected
        begin = time.perf_counter()
        found, progress = stream(spark, rows, folder, lateness=LATENESS)
        result["stream_seconds"] = round(time.perf_counter() - begin, 1)
        result["stream_equal"] = known(found) == expected
        operators = [one["stateOperators"][0] for one in progress if one["stateOperators"]]
        result["state_bytes"] = max(int(one["memoryUsedBytes"]) for one in operators)
        result["dropped_by_watermark"] = sum(int(one["numRowsDroppedByWatermark"]) for one in operators)
        result["batches_run"] = len(progress)
    spark.stop()
    text = json.dumps(result, indent=1)
    print(text)
    if len(sys.argv) > 3:
        pathlib.Path(sys.argv[3]).write_text(text + "\n", encoding="utf-8")
    if not (result["batch_equal"] and result["stream_equal"]):
        sys.exit("the alerts are not those of one engine")


def _batch_runs(df: Any) -> Iterator[tuple[str, Any]]:
    def same(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        yield from batches

    def identity() -> None:
        df.mapInArrow(same, df.schema).write.format("noop").mode("overwrite").save()

    def batch() -> list[ipcsentry.Alert]:
        return list(ipcsentry.spark.alerts(ipcsentry.spark.hunt(df, "host", mapping="raw")))

    def inside(rows: pyarrow.Table) -> pyarrow.Table:
        begin = time.thread_time()
        ipcsentry.hunt(rows, mapping="raw")
        return pyarrow.table({"seconds": [time.thread_time() - begin]})

    def inside_the_workers() -> float:
        spent = df.groupBy("host").applyInArrow(inside, "seconds double").groupBy().sum("seconds")
        return float(spent.collect()[0][0])

    yield "warm_up", identity
    yield "identity_map_in_arrow", identity
    yield "batch", batch
    yield "inside_the_workers", inside_the_workers


if __name__ == "__main__":
    main()
