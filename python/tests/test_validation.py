"""Control validation: verdicts on scenarios, what sensors would show, settings that mend, what a change of rules changes."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

import ipcsentry


def attack(code: str) -> ipcsentry.Scenario:
    return next(one for one in ipcsentry.scenarios() if one.is_attack and one.behavior == code)


def test_scenarios_have_a_verdict_in_each_telemetry() -> None:
    cases = ipcsentry.try_scenarios(policy={"disabled": ["L02"]})
    assert {case["scenario"] for case in cases} == {one.id for one in ipcsentry.scenarios()}
    hidden = [case for case in cases if case["verdict"] == "suppressed"]
    assert hidden and all(case["behavior"] == "L02" and "disabled[0]" in case["detail"] for case in hidden)
    assert not [case for case in cases if case["verdict"] == "failed"]
    with pytest.raises(ipcsentry.PolicyError):
        ipcsentry.try_scenarios(policy={"disabled": 3})


def test_a_sensor_is_judged_before_anything_is_collected(tmp_path: Path) -> None:
    assert "linux_auditd_execve" in ipcsentry.profiles()
    shown = ipcsentry.preview("linux_auditd_execve")
    assert len(shown.coverage) == 1 and shown.coverage[0].host == shown.profile
    found = {one["code"]: one for one in shown.behaviors}
    seen = {one.code: one for one in shown.coverage[0].behaviors}
    assert found["L10"]["severity"] == "medium" and found["L05"]["severity"] is None
    assert all(seen[code].severity is not None for code, one in found.items() if one["found"])
    own = {"name": "mine", "platform": "linux", "about": "starts alone", "kinds": ["process_start"]}
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(own))
    assert ipcsentry.preview(own) == ipcsentry.preview(json.dumps(own)) == ipcsentry.preview(file)
    for wrong in ("no such sensor", {**own, "kinds": ["nothing"]}):
        with pytest.raises(ValueError):
            ipcsentry.preview(wrong)


def test_settings_mend_what_hosts_lack() -> None:
    shown = ipcsentry.preview("linux_auditd_execve").coverage
    remedy = shown.remedy()
    assert pickle.loads(pickle.dumps(shown)).remedy() == remedy
    missing = {(one["kind"], code) for one in remedy["missing"] for code in one["behaviors"]}
    assert ("endpoint_create", "L05") in missing
    lines = [line for setting in remedy["settings"] for line in setting["lines"]]
    assert any(line.startswith("-a always,exit") and "mknod" in line for line in lines)
    assert ipcsentry.Coverages().remedy() == {"missing": [], "settings": []}


def test_what_hosts_show_is_a_layer_for_the_navigator() -> None:
    every, starts = (ipcsentry.preview(name).coverage for name in ("linux_auditd_full", "linux_auditd_execve"))
    layer = ipcsentry.Coverages([*every, *starts]).navigator()
    assert layer["versions"]["layer"] == "4.5" and layer["domain"] == "enterprise-attack"
    scores = {one["techniqueID"]: one["score"] for one in layer["techniques"]}
    alone = {one["techniqueID"]: one["score"] for one in every.navigator()["techniques"]}
    assert set(alone.values()) == {100} and scores["T1563.001"] == 50
    (hijack,) = (one["comment"] for one in layer["techniques"] if one["techniqueID"] == "T1563.001")
    assert hijack == "L09 linux.socket.agent_hijack: 1 full, 0 degraded, 1 blind"
    assert ipcsentry.Coverages().navigator()["techniques"] == []


def test_a_change_of_rules_is_replayed() -> None:
    telemetry = attack("L05").render("auditd")
    without = ipcsentry.Catalog.builtin().without("L05")
    gone = ipcsentry.replay(telemetry, None, without)
    assert [(one.change, one.new) for one in gone if one.old and one.old.code == "L05"] == [("gone", None)]
    new = ipcsentry.replay([telemetry], without, None, min_severity="high")
    assert [one.new.code for one in new if one.change == "new" and one.new] == ["L05"]
    assert ipcsentry.replay(telemetry, None, None) == []
    alerts = ipcsentry.hunt(telemetry)
    assert alerts.changes(alerts) == []
    for wrong in ((iter([telemetry]), {}), (telemetry, {"rules": []}), (telemetry, {"catalog": without})):
        with pytest.raises(TypeError):
            ipcsentry.replay(wrong[0], None, None, **wrong[1])
