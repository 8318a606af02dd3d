"""Alerts as Python objects."""

import copy
import dataclasses
import json
import pathlib
import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from conftest import ROOT

import ipcsentry

SCHEMA = json.loads((ROOT / "core" / "docs" / "alert.schema.json").read_text(encoding="utf-8"))


def members(of: dict[str, Any]) -> set[str]:
    """The members that the schema of an alert has at a place."""
    while "properties" not in of:
        of = next(one for one in of["anyOf"] if "properties" in one or "$ref" in one)
        if "$ref" in of:
            of = SCHEMA["$defs"][of["$ref"].rpartition("/")[2]]
    return set(of["properties"])


def test_every_member_of_the_schema_is_an_attribute() -> None:
    for name in members(SCHEMA):
        assert isinstance(getattr(ipcsentry.Alert, name), property), name
    parts: dict[type, set[str]] = {
        ipcsentry.Process: set(SCHEMA["$defs"]["process"]["properties"]),
        ipcsentry.Initiator: members(SCHEMA["properties"]["initiator"]),
        ipcsentry.Candidate: members(SCHEMA["properties"]["initiator"]["properties"]["candidates"]["items"]),
        ipcsentry.Ipc: members(SCHEMA["properties"]["ipc"]),
        ipcsentry.LineageStep: members(SCHEMA["properties"]["lineage"]["items"]),
        ipcsentry.Evidence: members(SCHEMA["properties"]["evidence"]["items"]),
    }
    for part, known in parts.items():
        attributes = {name for name in dir(part) if not name.startswith("_")}
        attributes |= {one.name for one in dataclasses.fields(part)}
        assert known <= attributes, f"{part}: {known - attributes}"


def test_attributes_are_the_members_of_the_json(attack: pathlib.Path) -> None:
    (alert,) = ipcsentry.hunt(attack)
    fields = json.loads(alert.to_json())
    assert alert.to_dict() == fields and list(alert.to_dict()) == list(fields)
    for name, value in fields.items():
        if isinstance(value, (str, int, float, bool)) and not name.endswith("time"):
            assert getattr(alert, name) == value, name
    assert alert.time == datetime(2024, 3, 1, 10, 0, 3, 250000, timezone.utc)
    assert alert.time.utcoffset() == timedelta(0)
    assert alert.timestamp == 1_709_287_203_250_000_000
    process = alert.initiator.process
    assert process is not None and process.name == "öak.exe" and process.pid == 500
    assert dataclasses.asdict(process).items() >= fields["initiator"]["process"].items()
    assert [one.summary for one in alert.evidence] == [one["summary"] for one in fields["evidence"]]
    assert [one.time.isoformat()[:19] for one in alert.evidence] == [one["time"][:19] for one in fields["evidence"]]
    assert alert.ipc == ipcsentry.Ipc(**fields["ipc"])
    assert [step.process.pid for step in alert.lineage] == [step["process"].get("pid") for step in fields["lineage"]]
    assert ipcsentry.Policy(alert.suppress).to_dict()["suppressions"]


def test_alerts_are_frozen_values(attack: pathlib.Path) -> None:
    (one,), (same,) = ipcsentry.hunt(attack), ipcsentry.hunt(attack)
    assert one == same and hash(one) == hash(same) and len({one, same}) == 1 and one != "x"
    with pytest.raises(AttributeError):
        one.id = "x"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del one._json
    suppress = one.suppress
    assert suppress is not None
    suppress.clear()
    one.techniques.clear()
    assert one.suppress and one.techniques, "what an attribute returns is a copy"


def test_alerts_are_copied_pickled_and_read_from_json(attack: pathlib.Path) -> None:
    (alert,) = ipcsentry.hunt(attack)
    copies = [copy.copy(alert), copy.deepcopy(alert), pickle.loads(pickle.dumps(alert))]
    copies += [ipcsentry.Alert.from_json(alert.to_json() + "\n"), ipcsentry.Alert.from_json(alert.to_json().encode())]
    assert all(one == alert and one.to_json() == alert.to_json() for one in copies)
    for wrong in ("{}", "[]", "1", "{", '{"id": 1}'):
        with pytest.raises(ValueError):
            ipcsentry.Alert.from_json(wrong)


def test_severities_compare(attack: pathlib.Path) -> None:
    (alert,) = ipcsentry.hunt(attack)
    assert alert.severity == "critical"
    assert all(alert.is_at_least(severity) for severity in ipcsentry.SEVERITIES)
    with pytest.raises(ValueError, match="no severity"):
        alert.is_at_least("worse")


def test_reprs(attack: pathlib.Path) -> None:
    alerts = ipcsentry.hunt(attack)
    assert repr(alerts[0]).startswith("<ipcsentry.Alert W02 critical ")
    assert "pine.example.test" in repr(alerts)
    assert str(alerts[0].initiator) == "öak.exe [500]"
