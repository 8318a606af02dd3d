"""Spark in local mode: each host's alerts are those of one engine. The sample takes seconds; IPCSENTRY_SPARK_ROWS sets
the number of rows of noise."""

import datetime
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

import ipcsentry

sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: pip install 'pyspark>=4' 'pandas<3'")

import pyarrow  # noqa: E402
import spark_stream  # noqa: E402

import ipcsentry.spark  # noqa: E402
from ipcsentry import _spark_pack  # noqa: E402

HOSTS = 24
ROWS = int(os.environ.get("IPCSENTRY_SPARK_ROWS", "20000"))


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    session = spark_stream.session("tests")
    yield session
    session.stop()


def records() -> list[tuple[str, str]]:
    """Attacks on some hosts and noise on all, as (host, record)."""
    scenarios = [one for one in ipcsentry.scenarios() if one.is_attack and "windows_flat_json" in one.formats]
    rows = []
    for number in range(HOSTS):
        host = f"host-{number}"
        if number % 3 == 0:
            text = scenarios[number % len(scenarios)].render("windows_flat_json").decode()
            for line in text.splitlines():
                record = json.loads(line)
                record["Hostname"] = host
                rows.append((host, json.dumps(record)))
    for number in range(ROWS):
        host = f"host-{number % HOSTS}"
        start = {
            "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Hostname": host, "EventRecordID": number,
            "UtcTime": f"2026-01-01 {number % 24:02}:{number % 60:02}:{number // 60 % 60:02}.000",
            "ProcessId": 5000 + number, "Image": "C:\\Windows\\System32\\notepad.exe", "ParentProcessId": 4,
            "CommandLine": f"notepad {number}", "User": "CORP\\ann",
        }
        rows.append((host, json.dumps(start)))
    return rows


def test_a_tree_of_tasks_learns_what_one_engine_does(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = records()[:4000]
    expected = ipcsentry.Baseline.learn([record for _, record in rows])
    df = spark.createDataFrame(rows, "host string, raw string").repartition(3)
    assert len(expected) > 10
    assert ipcsentry.spark.learn(df, "host", mapping="raw") == expected
    # Two rounds of merging come to the same.
    monkeypatch.setattr(ipcsentry.spark, "_FAN_IN", 4)
    learned = ipcsentry.spark.learn(df, "host", mapping="raw")
    assert learned == expected
    found = ipcsentry.spark.hunt(df, "host", mapping="raw", baseline=learned)
    ids = {alert.id for alert in ipcsentry.hunt([record for _, record in rows], baseline=learned)}
    assert {row["id"] for row in found.select("id").collect()} == ids


def test_packs_hold_the_rows_of_a_host_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_spark_pack, "_GATHERED", 2000)
    monkeypatch.setattr(_spark_pack, "_PACK", 300)
    hosts = [None if number % 7 == 0 else f"host-{number % 5}" for number in range(500)]
    texts = ["x" * (number % 40) for number in range(500)]
    rows = pyarrow.table({"number": range(500), "computer": hosts, "raw": texts})
    packed = pyarrow.Table.from_batches(_spark_pack._packs(iter(rows.to_batches(max_chunksize=30)), 1)).to_pylist()
    assert 50 < len(packed) < 250
    unpacked = 0
    for host in {None, *hosts}:
        # A shuffle keeps no order.
        mine = pyarrow.Table.from_pylist([pack for pack in reversed(packed) if pack["host"] == host])
        found = _spark_pack.unpack(mine).read_all()
        assert found.to_pylist() == [row for row in rows.to_pylist() if row["computer"] == host]
        unpacked += found.num_rows
    assert unpacked == 500


def test_a_batch_has_the_alerts_of_one_engine(spark: Any) -> None:
    rows = records()
    expected = ipcsentry.hunt([record for _, record in rows])
    assert len({alert.host for alert in expected}) >= HOSTS // 4
    df = spark.createDataFrame(rows, "host string, raw string").repartition(5)
    found = ipcsentry.spark.hunt(df, "host", mapping="raw")
    alerts = ipcsentry.spark.alerts(found)

    def known(alerts: ipcsentry.Alerts) -> list[Any]:
        """Alerts without the places of records, which are others in each group."""
        dicts = alerts.to_dicts()
        for alert in dicts:
            alert["evidence"] = [{**one, "record": 0, "file": 0} for one in alert["evidence"]]
        return sorted(json.dumps(alert) for alert in dicts)

    assert known(alerts) == known(expected)
    by_column = {(row["host"], row["id"], row["time"].isoformat()[:19], tuple(row["techniques"])) for row in found.collect()}
    assert by_column == {(a.host, a.id, a.time.isoformat()[:19], tuple(a.techniques)) for a in expected}
    critical = ipcsentry.spark.hunt(df, "host", mapping="raw", min_severity="critical", policy={"disabled": ["W02"], "allow_critical": ["W02"]})
    assert {row["code"] for row in critical.collect()} == {
        alert.code for alert in expected.filter(min_severity="critical") if alert.code != "W02"
    }


def test_coverage_says_which_hosts_were_judged(spark: Any) -> None:
    rows = [row for row in records() if row[0] in ("host-0", "host-1")] + [("host-x", "what is this")]
    df = spark.createDataFrame(rows, "host string, raw string")
    found = {row["host"]: row for row in ipcsentry.spark.coverage(df, "host", mapping="raw").collect()}
    assert found["host-0"]["judged"] == "judged" and found["host-0"]["events"] > 0
    assert {one["visibility"] for one in found["host-0"]["behaviors"]} >= {"blind"}
    assert (found["host-x"]["judged"], list(found["host-x"]["behaviors"])) == ("unknown_format", [])
    with pytest.raises(Exception, match="NotJudgedError"):
        ipcsentry.spark.hunt(df, "host", mapping="raw").collect()
    assert ipcsentry.spark.hunt(df, "host", mapping="raw", on_error="skip").count() > 0


def test_wrong_arguments_raise_on_the_driver(spark: Any) -> None:
    df = spark.createDataFrame([("a", "{}")], "host string, raw string")
    with pytest.raises(ValueError, match="no column 'computer'"):
        ipcsentry.spark.hunt(df, "computer")
    with pytest.raises(ipcsentry.PolicyError):
        ipcsentry.spark.hunt(df, "host", policy={"x": 1})
    with pytest.raises(ipcsentry.CatalogError):
        ipcsentry.spark.hunt(df, "host", rules={"id": "x"})
    with pytest.raises(ValueError, match="no severity"):
        ipcsentry.spark.hunt(df, "host", min_severity="x")


def test_a_stream_that_is_started_again_has_the_alerts_of_one_engine(spark: Any, tmp_path: pathlib.Path) -> None:
    rows = spark_stream.records(int(os.environ.get("IPCSENTRY_SPARK_ROWS", "3000")), 24)
    expected = spark_stream.known(list(ipcsentry.hunt([record for _, _, record in rows])))
    assert len({host for host, _, _ in expected}) >= 6
    found, progress = spark_stream.stream(spark, rows, tmp_path, lateness=spark_stream.LATENESS)
    assert spark_stream.known(found) == expected
    assert len(progress) >= spark_stream.BATCHES
    # Without what the engines knew when the query was stopped, attacks would be missing.
    cut = spark_stream.BEGIN + datetime.timedelta(hours=12)
    halves = [[record for _, at, record in rows if (at < cut) == early] for early in (True, False)]
    apart = [alert for half in halves for alert in ipcsentry.hunt(half)]
    assert spark_stream.known(apart) != expected


def test_a_stream_of_columns(spark: Any, tmp_path: pathlib.Path) -> None:
    rows = spark_stream.records(600, 6)
    names = sorted({name for _, _, record in rows for name in json.loads(record)})
    table = [(at, *(str(json.loads(record).get(name, "")) or None for name in names)) for _, at, record in rows]
    schema = ", ".join(["at timestamp", *(f"`{name}` string" for name in names)])
    folder = tmp_path / "source"
    end = spark_stream.BEGIN + datetime.timedelta(days=30)
    clock = (end, *("clock" if name == "Hostname" else None for name in names))
    spark.createDataFrame([*table, clock], schema).coalesce(1).write.parquet(str(folder))
    df = spark.readStream.schema(schema).parquet(str(folder))
    found = ipcsentry.spark.hunt_stream(df, "Hostname", time="at", lateness=600.0, min_severity="medium")
    out = found.writeStream.format("parquet").option("checkpointLocation", str(tmp_path / "checkpoint"))
    out.outputMode("append").option("path", str(tmp_path / "alerts")).trigger(availableNow=True).start().awaitTermination()
    alerts = [ipcsentry.Alert.from_json(row["json"]) for row in spark.read.parquet(str(tmp_path / "alerts")).collect()]
    expected = ipcsentry.hunt([record for _, _, record in rows], min_severity="medium")
    assert len(expected) > 0
    assert {(a.host, a.code) for a in alerts} == {(a.host, a.code) for a in expected}


def test_wrong_streams_raise_on_the_driver(spark: Any) -> None:
    df = spark.readStream.format("rate").load().selectExpr("timestamp as at", "'h' as host", "'x' as raw")
    hunt = ipcsentry.spark.hunt_stream
    with pytest.raises(ValueError, match="no column 'when'"):
        hunt(df, "host", time="when")
    with pytest.raises(ValueError, match="'raw' is string, not a timestamp"):
        hunt(df, "host", time="raw")
    for lateness in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="lateness"):
            hunt(df, "host", time="at", lateness=lateness)
    with pytest.raises(ipcsentry.PolicyError):
        hunt(df, "host", time="at", policy={"x": 1})
