"""Suggestions for policies, and what their entries hide."""

import json

import pytest
from conftest import ATTACK

import ipcsentry
from ipcsentry import _native


def test_a_suggestion_names_its_alerts_and_what_it_hides() -> None:
    alerts = ipcsentry.hunt(ATTACK)
    suggestions = alerts.suggestions()
    assert {one for suggestion in suggestions for one in suggestion["alerts"]} == {alert.id for alert in alerts}
    for suggestion in suggestions:
        assert suggestion["is_safe"] == (suggestion["entry"] is not None and not suggestion["hides"])
        if suggestion["entry"] is not None:
            policy = ipcsentry.Policy({"suppressions": [suggestion["entry"]]})
            left = {alert.id for alert in ipcsentry.hunt(ATTACK, policy=policy)}
            assert left.isdisjoint(suggestion["alerts"])


def test_losses_name_the_entry() -> None:
    wide = {"behavior": "L02", "host": "web-1", "user": "deploy"}
    narrow = {"behavior": "L02", "host": "web-1", "initiator_image": "/opt/deploy/agent"}
    losses = ipcsentry.losses({"suppressions": [narrow, wide]})
    assert {loss["entry"] for loss in losses} == {"suppressions[1]"}
    assert {loss["behavior"] for loss in losses} == {"L02"}
    with pytest.raises(ipcsentry.PolicyError):
        ipcsentry.losses(json.dumps({"suppressions": 1}))
    with pytest.raises(ValueError, match="no JSON"):
        _native.suggestions(["{"])
