"""Typed events, policies, catalogs, coverage and scenarios."""

import dataclasses
import json
import pickle
from datetime import datetime, timezone
from typing import Any

import pytest

import ipcsentry

SCENARIOS = ipcsentry.scenarios()


def alerts_of(scenario: ipcsentry.Scenario) -> ipcsentry.Alerts:
    engine = ipcsentry.Engine(lateness=1e9)
    report = engine.feed_events(scenario.events())
    assert (report.error_count, report.events) == (0, report.records) and report.judged == "yes"
    engine.flush()
    engine.sort_alerts()
    return engine.alerts()


def test_scenarios_are_found_from_their_typed_events() -> None:
    attacks = [scenario for scenario in SCENARIOS if scenario.is_attack]
    assert len(attacks) > 60 and len(SCENARIOS) > 2 * len(attacks)
    for scenario in attacks[::7]:
        loudest = alerts_of(scenario).filter(code=scenario.expected_codes, min_severity=scenario.expected_severity)
        assert len(loudest) > 0, scenario.id
    for scenario in [scenario for scenario in SCENARIOS if not scenario.is_attack][::37]:
        assert len(alerts_of(scenario).filter(min_severity="medium")) == 0, scenario.id
        assert scenario.expected_codes == [] and scenario.expected_severity is None


def test_scenarios_are_rendered() -> None:
    scenario = next(one for one in SCENARIOS if one.behavior == "L05" and one.is_attack)
    assert (scenario.os, "auditd" in scenario.formats) == ("linux", True)
    alerts = ipcsentry.hunt(scenario.render("auditd"), host="web-1")
    assert "L05" in {alert.code for alert in alerts}
    assert scenario.description and scenario.why and "L05" in repr(scenario)
    with pytest.raises(ValueError, match="no format"):
        scenario.render("sysmon")


@dataclasses.dataclass
class Actor:
    pid: int
    image: "str | None" = None


@dataclasses.dataclass
class Event:
    """An event of an agent of one's own."""

    time: datetime
    actor: Actor
    kind: dict[str, Any]
    os: str = "windows"
    host: str = "pc-7"


def test_dataclasses_and_frames_are_events() -> None:
    pipe = {"endpoint_create": {"endpoint": {"mechanism": "named_pipe", "name": "\\lsass"}}}
    event = Event(datetime(2026, 3, 2, 8, 15, tzinfo=timezone.utc), Actor(4711, "C:\\Temp\\update.exe"), pipe)
    engine = ipcsentry.Engine()
    assert engine.feed_events([event, dataclasses.asdict(event) | {"record": 9, "host": ""}], host="pc-8").events == 2
    engine.flush()
    alerts = engine.alerts()
    assert [(alert.code, alert.host, alert.evidence[0].record) for alert in alerts] == [("W03", "pc-7", 0), ("W03", "pc-8", 9)]
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    row = {
        "time": event.time, "os": "windows", "host": "pc-7", "actor.pid": 4711, "actor.image": event.actor.image,
        "kind.endpoint_create.endpoint.mechanism": "named_pipe", "kind.endpoint_create.endpoint.name": "\\lsass",
    }
    exit_row = {"time": event.time, "os": "windows", "host": "pc-7", "actor.pid": 4711.0, "tag": "process_end"}
    for frame in (pandas.DataFrame([row, exit_row]), polars.from_dicts([row, {**exit_row, "actor.pid": 4711}], infer_schema_length=9)):
        found = ipcsentry.hunt(frame)
        assert found.judged.events == 2 and [alert.to_dict() for alert in found] == [alerts[0].to_dict()]
    renamed = pandas.DataFrame([row]).rename(columns={name: name.upper() for name in row})
    assert len(ipcsentry.hunt(renamed, mapping={name: name.upper() for name in row})) == 1


WRONG = [
    ({}, "time"),
    ({"time": "noon"}, "time"),
    ({"time": 1, "os": "beos"}, "os"),
    ({"time": 1, "os": "linux", "kind": "no_such"}, "kind"),
    ({"time": 1, "os": "linux", "tag": "process_end", "actor": {"pid": "1"}}, "actor.pid"),
    ({"time": 1, "os": "linux", "tag": "process_end", "actor": {"pid": 1 << 40}}, "actor.pid"),
    ({"time": 1, "os": "linux", "tag": "process_end", "actor": {"pidd": 1}}, "actor.pidd"),
    ({"time": 1, "os": "linux", "kind": {"endpoint_create": {}}}, "kind.endpoint_create.endpoint.mechanism"),
    ({"time": 1, "os": "linux", "tag": "process_end", "source": {"channel": "audit", "id": "x"}}, "source.id"),
    ({"time": 1, "os": "linux", "tag": "process_end", "host": ["a"]}, "host"),
]


@pytest.mark.parametrize(("event", "path"), WRONG, ids=[path for _, path in WRONG])
def test_what_is_no_event_is_said_with_its_place(event: dict[str, Any], path: str) -> None:
    good = {"time": 1, "os": "linux", "tag": "process_end"}
    report = ipcsentry.Engine().feed_events([good, event, good])
    assert (report.records, report.events, report.error_count) == (3, 2, 1)
    (error,) = report.errors
    assert isinstance(error, ipcsentry.DecodeError) and (error.record, error.field) == (1, path)
    assert path in str(error)


def test_other_objects_are_no_events() -> None:
    for wrong in ([1], ["{}"], [None], 3):
        with pytest.raises(TypeError):
            ipcsentry.Engine().feed_events(wrong)  # type: ignore[arg-type]


def test_events_survive_the_way_through_python() -> None:
    """An event that is read back is the same: equal engines come to equal counts and alerts."""
    for scenario in SCENARIOS[::11]:
        events = json.loads(json.dumps(scenario.events()))
        assert events == scenario.events()
        one, two = ipcsentry.Engine(seed=1), ipcsentry.Engine(seed=1)
        one.feed_events(scenario.events())
        two.feed_events(iter(events))
        one.flush()
        two.flush()
        assert one.alerts() == two.alerts()


def test_policies_are_values() -> None:
    policy = ipcsentry.Policy({"min_severity": "high", "disabled": ["W02"], "allow_critical": ["W02"], "min_confidence": 700})
    assert (policy.min_severity, policy.min_confidence) == ("high", 700)
    for same in (ipcsentry.Policy(policy.to_dict()), ipcsentry.Policy(policy.to_json()), pickle.loads(pickle.dumps(policy))):
        assert same == policy
    assert ipcsentry.Policy() != policy and ipcsentry.Policy(policy) == policy
    assert ipcsentry.Policy().warnings == []
    (odd,) = ipcsentry.Policy({"elements": [{"element": "PipeNamePattern", "name": "status_*"}]}).warnings
    assert odd.startswith("elements[0]: ")
    with pytest.raises(ipcsentry.PolicyError):
        ipcsentry.Policy("[]")
    with pytest.raises(TypeError):
        ipcsentry.Policy(3)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        policy.min_severity = "low"  # type: ignore[misc]


def test_one_alert_is_tuned_away() -> None:
    scenario = next(one for one in SCENARIOS if one.behavior == "L05" and one.is_attack)
    alerts = alerts_of(scenario)
    policy = ipcsentry.Policy(alerts.filter(code="L05")[0].suppress)
    engine = ipcsentry.Engine(policy, lateness=1e9)
    engine.feed_events(scenario.events())
    engine.flush()
    assert "L05" not in {alert.code for alert in engine.alerts()}
    assert engine.stats()["suppressed"] > 0


def test_catalogs_describe_their_behaviors() -> None:
    catalog = ipcsentry.Catalog.builtin()
    (w02,) = [one for one in catalog.behaviors if one["code"] == "W02"]
    assert w02["severity"] == "critical" and w02["platforms"] == ["windows"] and w02["techniques"] and w02["sources"]
    assert [one["code"] for one in catalog.behaviors] == catalog.codes


def test_exceptions_have_one_root() -> None:
    for error in (ipcsentry.CatalogError, ipcsentry.DecodeError, ipcsentry.InternalError, ipcsentry.NotJudgedError, ipcsentry.PolicyError):
        assert issubclass(error, ipcsentry.Error)
    assert issubclass(ipcsentry.Error, Exception)
