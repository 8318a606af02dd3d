"""Alerts as Python objects."""

import json
import pathlib

import pytest

import ipcsentry


def test_attributes_are_the_fields_of_the_json(attack: pathlib.Path) -> None:
    (alert,) = ipcsentry.hunt(attack)
    fields = json.loads(alert.to_json())
    assert alert.to_dict() == fields
    assert list(alert.to_dict()) == list(fields)
    assert json.dumps(alert.to_dict(), ensure_ascii=False, separators=(",", ":")) == alert.to_json()
    for name, value in fields.items():
        assert getattr(alert, name) == value, name
    assert alert.initiator["process"]["image"].endswith("öak.exe")
    assert alert.timestamp // 10**9 == 1709287203


def test_alerts_are_frozen_values(attack: pathlib.Path) -> None:
    (one,), (same,) = ipcsentry.hunt(attack), ipcsentry.hunt(attack)
    assert one == same and hash(one) == hash(same) and len({one, same}) == 1
    with pytest.raises(AttributeError):
        one.id = "x"  # type: ignore[misc]


def test_they_can_be_looked_at(attack: pathlib.Path) -> None:
    alerts = ipcsentry.hunt(attack)
    assert repr(alerts[0]).startswith("<ipcsentry.Alert W02 ")
    assert "pine.example.test" in repr(alerts)
    page = alerts._repr_html_()
    assert page.startswith("<table>") and "<b>" not in page
    assert alerts.to_dicts() == [alerts[0].to_dict()]
