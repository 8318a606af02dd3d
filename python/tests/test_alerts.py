"""Alerts, incidents and timelines: slices, filters, and conversion to what other libraries take."""

import copy
import csv
import io
import json
import pathlib
import pickle
from datetime import datetime, timezone

import pytest
from conftest import ATTACK, MAC

import ipcsentry


@pytest.fixture(scope="module")
def alerts() -> ipcsentry.Alerts:
    """The alerts of three files of two platforms."""
    return ipcsentry.hunt([ATTACK, *MAC])


def test_slices_and_filters_stay_what_they_are(alerts: ipcsentry.Alerts) -> None:
    assert len(alerts) > 5
    for part in (alerts[:3], alerts[::-1], alerts.filter(code="W02"), alerts.incidents.alerts, alerts[:0]):
        assert type(part) is ipcsentry.Alerts
        assert (part.judged, part.errors, part.stats) == (alerts.judged, alerts.errors, alerts.stats)
    assert list(alerts[1:3]) == [alerts[1], alerts[2]] and alerts[-1] in alerts
    assert alerts[:2] == [alerts[0], alerts[1]] and alerts[:2] != alerts[:3]
    assert type(alerts.incidents[:1]) is ipcsentry.Incidents
    assert type(alerts.timeline()[:1]) is ipcsentry.Timeline
    assert list(reversed(alerts))[0] == alerts[-1] and alerts.index(alerts[2]) == 2 and alerts.count(alerts[0]) == 1
    with pytest.raises(IndexError):
        alerts[len(alerts)]


def test_filters(alerts: ipcsentry.Alerts) -> None:
    assert {alert.code for alert in alerts.filter(code=["W02", "M05"])} == {"W02", "M05"}
    assert [alert.code for alert in alerts.filter(host="PINE.*")] == ["W02"]
    loud = alerts.filter(min_severity="high")
    assert 0 < len(loud) < len(alerts) and all(alert.severity in ("high", "critical") for alert in loud)
    middle = alerts[len(alerts) // 2]
    for when in (middle.timestamp, middle._m["time"]):
        before, after = alerts.filter(until=when), alerts.filter(since=when)
        assert len(before) + len(after) == len(alerts) and middle in after
    assert len(alerts.filter(since=datetime(2030, 1, 1))) == 0
    assert alerts.filter(where=lambda alert: alert.code == "W02") == alerts.filter(code=alerts.filter(code="W02")[0].behavior)
    with pytest.raises(ValueError, match="no severity"):
        alerts.filter(min_severity="loud")
    with pytest.raises(ValueError, match="not a time"):
        alerts.filter(since="yesterday")


def test_incidents_hold_each_alert_once(alerts: ipcsentry.Alerts) -> None:
    incidents = alerts.incidents
    assert sorted(alert.id for one in incidents for alert in one.alerts) == sorted(alert.id for alert in alerts)
    for incident in incidents:
        assert {alert.incident for alert in incident.alerts} == {incident.id}
        assert incident.first_time <= min(alert.time for alert in incident.alerts)
        assert incident.lead.severity == incident.severity
    critical = incidents.filter(min_severity="critical")
    assert 0 < len(critical) < len(incidents)
    assert incidents.alerts == alerts


def test_the_timeline_is_in_order(alerts: ipcsentry.Alerts) -> None:
    timeline = alerts.timeline()
    assert len(timeline) == sum(len(alert.evidence) for alert in alerts)
    times = [row.evidence.timestamp for row in timeline]
    assert times == sorted(times)
    assert "W02" in repr(timeline)


def test_pickles_and_copies_are_equal(alerts: ipcsentry.Alerts) -> None:
    for one in (pickle.loads(pickle.dumps(alerts)), copy.copy(alerts), copy.deepcopy(alerts)):
        assert one == alerts and one.judged == alerts.judged and one.stats == alerts.stats
        assert [str(error) for error in one.errors] == [str(error) for error in alerts.errors]
        assert one._repr_html_() == alerts._repr_html_()
    assert pickle.loads(pickle.dumps(alerts.incidents)) == alerts.incidents
    assert pickle.loads(pickle.dumps(alerts.timeline())) == alerts.timeline()


def test_dicts_and_lines(alerts: ipcsentry.Alerts, tmp_path: pathlib.Path) -> None:
    text = alerts.to_ndjson()
    assert text is not None
    assert [json.loads(line) for line in text.splitlines()] == alerts.to_dicts()
    assert [ipcsentry.Alert.from_json(line) for line in text.splitlines()] == list(alerts)
    assert alerts.to_ndjson(tmp_path / "alerts.ndjson") is None
    assert (tmp_path / "alerts.ndjson").read_text(encoding="utf-8") == text
    (first, *_) = alerts.incidents.to_dicts()
    assert first["alerts"] and first["first_time"].tzinfo is timezone.utc
    with pytest.raises(FileNotFoundError):
        alerts.to_csv(tmp_path / "no such folder" / "alerts.csv")


def test_csv_runs_nothing_in_a_spreadsheet(alerts: ipcsentry.Alerts) -> None:
    line = alerts[0].to_json()
    formula = ipcsentry.Alert.from_json(line.replace(json.dumps(alerts[0].host)[1:-1], "=cmd|' /c calc'!A1"))
    text = ipcsentry.Alerts([formula, *alerts]).to_csv()
    assert text is not None
    first, *rest = list(csv.DictReader(io.StringIO(text)))
    assert first["host"] == "'=cmd|' /c calc'!A1"
    assert [row["id"] for row in rest] == [alert.id for alert in alerts]
    assert json.loads(rest[0]["evidence"])[0]["summary"] == alerts[0].evidence[0].summary


def test_pandas(alerts: ipcsentry.Alerts) -> None:
    pandas = pytest.importorskip("pandas")
    frame = alerts.to_pandas()
    assert list(frame["id"]) == [alert.id for alert in alerts]
    assert str(frame["time"].dtype) == "datetime64[ns, UTC]" and str(frame["initiator_pid"].dtype) == "Int64"
    assert [int(time.value) for time in frame["time"]] == [alert.timestamp for alert in alerts]
    assert frame["initiator_image"].isna().sum() == sum(not (a.initiator.process and a.initiator.process.image) for a in alerts)
    for table in (alerts.incidents, alerts.timeline(), alerts[:0]):
        assert len(table.to_pandas()) == len(table)
    assert isinstance(frame, pandas.DataFrame)


def test_arrow_and_polars(alerts: ipcsentry.Alerts) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    table = alerts.to_arrow()
    assert table["time"].type == pyarrow.timestamp("ns", "UTC")
    assert table["id"].to_pylist() == [alert.id for alert in alerts]
    assert table["evidence"].to_pylist()[0][0]["summary"] == alerts[0].evidence[0].summary
    assert table["techniques"].to_pylist() == [alert.techniques for alert in alerts]
    assert alerts[:0].to_arrow().schema == table.schema
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(alerts)
    assert frame.equals(alerts.to_polars()) and frame["id"].to_list() == [alert.id for alert in alerts]
    assert alerts.incidents.to_polars().height == len(alerts.incidents)
    assert alerts.timeline().to_polars()["time"].is_sorted()


def test_duckdb(alerts: ipcsentry.Alerts) -> None:
    duckdb = pytest.importorskip("duckdb")
    found = duckdb.sql("select id from alerts where severity = 'critical'").fetchall()
    assert len(found) == len(alerts.filter(min_severity="critical"))


def test_the_graph_has_the_initiator_behind_each_object(alerts: ipcsentry.Alerts) -> None:
    networkx = pytest.importorskip("networkx")
    graph = alerts.graph()
    assert isinstance(graph, networkx.MultiDiGraph)
    (w02,) = alerts.filter(code="W02")
    (owner,) = [node for node, data in graph.nodes(data=True) if w02.id in data.get("initiator_of", [])]
    assert graph.nodes[owner]["label"] == "öak.exe [500]" and graph.nodes[owner]["pid"] == 500
    reached = {graph.nodes[node]["kind"] for node in networkx.descendants(graph, owner)}
    assert "ipc" in reached
    kinds = {data["kind"] for _, _, data in graph.edges(data=True)}
    assert kinds >= {"parent", "acts", "reaches"}


def test_coverage_comes_with_the_alerts(alerts: ipcsentry.Alerts) -> None:
    (pine,) = [one for one in alerts.coverage if one.host.startswith("pine")]
    assert pine.first <= pine.last and "endpoint_create" in pine.kinds
    by_code = {one.code: one for one in pine.behaviors}
    assert by_code["W02"].visibility == "full" and by_code["W02"].severity == "critical"
    assert any(one.visibility == "blind" and one.severity is None and one.missing for one in pine.behaviors)
    pipes = next(one for one in pine.data_components if one.id == "DC0048")
    assert pipes.name == "Named Pipe Metadata" and pipes.analytics == ("AN1357",) and pipes.last is not None
    calls = [one for one in pine.data_components if one.status == "never"]
    assert calls and all(one.last is None and one.never for one in calls)
    (sysmon,) = [one for one in pine.channels if one.name == "sysmon"]
    assert sysmon.events > 1 and sysmon.first < sysmon.last and sysmon.gap.total_seconds() > 0
    assert sysmon.gap_end is not None and sysmon.first < sysmon.gap_end <= sysmon.last
    assert pipes.channels["sysmon"] in ("seen", "partly")
