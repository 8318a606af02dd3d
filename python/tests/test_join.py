"""Incidents of several hosts, joined by the remote principal they name."""

import json
from datetime import timedelta
from typing import Any

import pytest
from conftest import ATTACK

import ipcsentry

(BASE,) = ipcsentry.hunt(ATTACK)


def alert(host: str, number: int, minute: int, initiator: dict[str, Any]) -> ipcsentry.Alert:
    """An alert of a host at a minute with this initiator."""
    members = BASE.to_dict()
    time = f"2024-03-01T10:{minute:02}:00.000000000Z"
    own = {"host": host, "id": f"{number:016x}", "incident": f"{number:016x}", "initiator": initiator, "actor": None}
    times = dict.fromkeys(("time", "first_time", "last_time"), time)
    return ipcsentry.Alert.from_json(json.dumps({**members, **own, **times, "target": None, "count": 1}))


def process(user: str) -> dict[str, Any]:
    return {"kind": "process", "user": user, "session": None, "confidence": 0.9, "process": {"pid": 4, "user": user}}


def remote(user: "str | None", address: "str | None") -> dict[str, Any]:
    who = {"kind": "remote", "user": user, "session": None, "confidence": 0.9}
    return who if address is None else {**who, "address": address}


def stories(*alerts: ipcsentry.Alert, **options: Any) -> list[tuple[list[str], list[str]]]:
    joined = ipcsentry.Alerts(alerts).incidents.join(**options)
    assert sorted(one.to_json() for one in joined.alerts) == sorted(one.to_json() for one in alerts), "nothing changes"
    return [(one.hosts, [link.by for link in one.links]) for one in joined]


SOURCE = alert("ws5.corp.test", 1, 0, process("CORP\\eve"))


def test_a_user_who_moves_on_is_one_story() -> None:
    target = alert("srv1", 2, 5, remote("corp\\EVE", "192.0.2.5"))
    assert stories(SOURCE, target) == [(["ws5.corp.test", "srv1"], ["user"])]
    joined = ipcsentry.Alerts([SOURCE, target]).incidents.join()
    assert joined[0].links[0].source == "ws5.corp.test" and joined[0].links[0].value == "corp\\EVE"
    assert "ws5.corp.test → srv1" in joined._repr_html_()
    assert stories(SOURCE, target, hosts=False) == [(["ws5.corp.test"], []), (["srv1"], [])]


def test_an_address_names_its_host() -> None:
    by_address = alert("srv1", 2, 5, remote(None, "192.0.2.5"))
    assert stories(SOURCE, by_address) == [(["ws5.corp.test"], []), (["srv1"], [])]
    assert stories(SOURCE, by_address, addresses={"192.0.2.5": "WS5.corp.test"}) == [
        (["ws5.corp.test", "srv1"], ["address"])
    ]
    assert stories(SOURCE, alert("srv1", 2, 5, remote(None, "WS5"))) == [(["ws5.corp.test", "srv1"], ["address"])]


def test_one_principal_on_three_hosts() -> None:
    alerts = [alert(f"srv{number}", number, number, remote("CORP\\eve", "192.0.2.5")) for number in (1, 2, 3)]
    assert stories(*alerts) == [(["srv1", "srv2", "srv3"], ["principal"] * 3)]


@pytest.mark.parametrize("user", ["NT AUTHORITY\\SYSTEM", "root", "uid=0", "CORP\\WS5$", "Administrator"])
def test_accounts_that_every_host_has_tie_nothing(user: str) -> None:
    source = alert("ws5", 1, 0, process(user))
    assert len(stories(source, alert("srv1", 2, 5, remote(user, None)))) == 2


def test_what_is_later_or_much_later_is_another_story() -> None:
    assert len(stories(alert("srv1", 2, 5, remote("CORP\\eve", None)), alert("ws5", 1, 9, process("CORP\\eve")))) == 2
    late = alert("srv1", 2, 45, remote("CORP\\eve", None))
    assert len(stories(SOURCE, late)) == 1
    assert len(stories(SOURCE, late, within=timedelta(minutes=30))) == 2
    assert len(stories(SOURCE, alert("ws5.corp.test", 2, 5, remote("CORP\\eve", None)))) == 2, "one host is not joined"
