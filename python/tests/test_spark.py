"""Spark in local mode: each host's alerts are those of one engine. The sample takes seconds; IPCSENTRY_SPARK_ROWS sets
the number of rows of noise."""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import ipcsentry

sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: pip install 'pyspark>=4' 'pandas<3'")

import ipcsentry.spark  # noqa: E402

HOSTS = 24
ROWS = int(os.environ.get("IPCSENTRY_SPARK_ROWS", "20000"))


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    # Workers are of the interpreter that has the package.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "4").config("spark.sql.session.timeZone", "UTC")
    session = builder.getOrCreate()
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
