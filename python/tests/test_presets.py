"""Data frames as SIEMs export them are recognized by their columns, without a mapping."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from test_sources import FRAMES, RECORDS, alerts_of, flat, padded

import ipcsentry

pandas = pytest.importorskip("pandas")

SCENARIOS = [one for one in ipcsentry.scenarios() if one.is_attack]


def rendered(format: str, is_wanted: Callable[[list[Any]], bool] = lambda lines: True) -> list[Any]:
    """The records of the first attack that can be rendered whole in a format, and alerts."""
    for scenario in SCENARIOS:
        if format in scenario.formats:
            lines = [line for line in scenario.render(format).decode().splitlines() if line]
            records = [json.loads(line) for line in lines] if format.endswith("json") else lines
            if is_wanted(records) and alerts_of(lines, host="pine"):
                return records
    raise AssertionError(f"no scenario in {format}")


def by_channel(channel: str) -> Callable[[list[Any]], bool]:
    return lambda records: {record.get("Channel") for record in records} == {channel}


def windows_events() -> list[dict[str, Any]]:
    """The attack of the test data as Sentinel's table WindowsEvent, whose data are JSON."""
    rows = []
    for record in RECORDS:
        system = record["Event"]["System"]
        rows.append(
            {
                "TenantId": "t", "TimeGenerated": system["TimeCreated"]["#attributes"]["SystemTime"], "EventID": system["EventID"],
                "Provider": system["Provider"]["#attributes"]["Name"], "Channel": system["Channel"], "Type": "WindowsEvent",
                "Computer": system["Computer"], "EventData": json.dumps(record["Event"]["EventData"]),
            }
        )
    return rows


def security_events() -> list[dict[str, Any]]:
    """An attack that Security logs show, as Sentinel's table SecurityEvent."""
    rows = []
    for record in rendered("windows_flat_json", by_channel("Security")):
        data = {name: value for name, value in record.items() if name not in ("EventTime", "Hostname", "EventReceivedTime")}
        rows.append({**data, "TimeGenerated": record["EventTime"], "Computer": record["Hostname"], "Type": "SecurityEvent"})
    return rows


def defender() -> list[dict[str, Any]]:
    """The attack of the test data as rows of Defender's tables."""
    rows = []
    for number, record in enumerate(RECORDS):
        data, system = record["Event"]["EventData"], record["Event"]["System"]
        row = {
            "Timestamp": system["TimeCreated"]["#attributes"]["SystemTime"], "DeviceId": "d", "ReportId": number,
            "DeviceName": system["Computer"],
        }
        domain, _, user = data.get("User", "").rpartition("\\")
        if system["EventID"] == 1:
            parent = data["ParentImage"]
            rows.append(
                {
                    **row, "ActionType": "ProcessCreated", "FileName": data["Image"].rpartition("\\")[2], "LogonId": 999,
                    "FolderPath": data["Image"], "ProcessId": data["ProcessId"], "ProcessCommandLine": data["CommandLine"],
                    "ProcessIntegrityLevel": data["IntegrityLevel"], "AccountDomain": domain, "AccountName": user,
                    "InitiatingProcessId": data["ParentProcessId"], "InitiatingProcessFolderPath": parent,
                    "InitiatingProcessFileName": parent.rpartition("\\")[2],
                }
            )
        else:
            end = "Server" if system["EventID"] == 17 else "Client"
            fields = {"PipeName": "\\Device\\NamedPipe" + data["PipeName"], "NamedPipeEnd": end, "FileOperation": "File created"}
            rows.append(
                {
                    **row, "ActionType": "NamedPipeEvent", "InitiatingProcessId": data["ProcessId"],
                    "InitiatingProcessFolderPath": data["Image"], "InitiatingProcessAccountDomain": domain,
                    "InitiatingProcessFileName": data["Image"].rpartition("\\")[2], "InitiatingProcessAccountName": user,
                    "AdditionalFields": json.dumps(fields),
                }
            )
    return rows


ROWS: dict[str, tuple[Callable[[], list[Any]], str]] = {
    "Sysmon": (
        lambda: rendered("windows_flat_json", by_channel("Microsoft-Windows-Sysmon/Operational")), "windows_flat_json"
    ),
    "Security": (lambda: rendered("windows_flat_json", by_channel("Security")), "windows_flat_json"),
    "Sysmon of evtx, flat": (lambda: [flat(record) for record in rendered("evtx_json")], "windows_flat_json"),
    "Defender": (defender, "defender_json"),
    "Sentinel, WindowsEvent": (windows_events, "sentinel_json"),
    "Sentinel, SecurityEvent": (security_events, "sentinel_json"),
    "Elastic": (lambda: rendered("ecs_json"), "ecs_json"),
    "osquery": (lambda: rendered("osquery_json"), "osquery_json"),
    "laurel": (lambda: rendered("laurel_json"), "laurel_json"),
}


def columns(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records as rows of text, numbers and truth values: objects as columns with dots, lists left out if empty."""
    rows: list[dict[str, Any]] = pandas.json_normalize(records).astype(object).to_dict("records")
    return [{name: None if value is None or value != value else value for name, value in row.items()} for row in rows]


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "duckdb"])
@pytest.mark.parametrize("source", ROWS)
def test_frames_are_recognized(source: str, kind: str) -> None:
    make, format = ROWS[source]
    records = make()
    expected = alerts_of([json.dumps(record) for record in records], host="pine")
    assert expected
    rows = columns(records)
    if kind in ("polars", "pyarrow", "duckdb"):
        # Their columns have one type each.
        rows = [{name: _plain(value, name, rows) for name, value in row.items()} for row in rows]
    frame = FRAMES[kind](padded(rows))
    assert alerts_of(frame, host="pine") == expected
    assert list(ipcsentry.hunt(frame, host="pine").judged.inputs[0].formats) == [format]


def _plain(value: Any, name: str, rows: list[dict[str, Any]]) -> Any:
    kinds = {type(row.get(name)) for row in rows} - {type(None)}
    return str(value) if len(kinds) > 1 and value is not None else value


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_of_audit_lines(kind: str) -> None:
    lines = rendered("auditd")
    expected = alerts_of(lines, host="pine")
    assert expected
    frame = FRAMES[kind]([{"host": "pine", "message": line} for line in lines])
    assert alerts_of(frame) == expected, "a line with its host"
    assert alerts_of(FRAMES[kind]([{"n": n, "message": line} for n, line in enumerate(lines)]), mapping="message", host="pine") == expected
