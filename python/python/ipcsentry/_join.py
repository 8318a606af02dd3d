"""Incidents of several hosts that one remote principal ties together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._alerts import Incident

# Accounts that every host has: that two incidents name one of them ties nothing together.
_LOCAL = frozenset(
    ("system", "local service", "network service", "anonymous logon", "root", "administrator", "guest", "nobody")
)
_AUTHORITIES = ("nt authority", "nt service", "window manager", "font driver host", "builtin")


@dataclass(frozen=True)
class Link:
    """Why two incidents are one story."""

    source: str
    """The host from which the attack came."""
    target: str
    """The host on which it went on."""
    by: str
    """"address": the target names an address of the source; "principal": both name the same remote user and address;
    "user": the user who attacked the target acted in the incident of the source."""
    value: str
    """The address or the user."""
    time: datetime
    """When the incident of the target began, in UTC."""


def join(
    incidents: Iterable[Incident], addresses: Mapping[str, str], within: timedelta
) -> list[tuple[list[Incident], tuple[Link, ...]]]:
    """Groups of incidents in order of time, with the links of each."""
    ordered = sorted(incidents, key=lambda one: (one.first_time, one.host, one.id))
    groups = {at: at for at in range(len(ordered))}
    links: list[tuple[int, Link]] = []

    def root(at: int) -> int:
        while groups[at] != at:
            at = groups[at]
        return at

    known = {address.lower(): host.lower() for address, host in addresses.items()}
    for at, target in enumerate(ordered):
        for before, source in enumerate(ordered[:at]):
            if source.host == target.host or target.first_time - source.last_time > within:
                continue
            link = _link(source, target, known)
            if link is not None:
                links.append((at, link))
                groups[max(root(before), root(at))] = min(root(before), root(at))
    return [
        ([ordered[at] for at in groups if root(at) == first], tuple(link for at, link in links if root(at) == first))
        for first in groups
        if root(first) == first
    ]


def _link(source: Incident, target: Incident, addresses: Mapping[str, str]) -> Link | None:
    def link(by: str, value: str) -> Link:
        return Link(source.host, target.host, by, value, target.first_time)

    remotes = _remotes(target)
    for address, user in remotes:
        host = addresses.get(address.lower(), address.lower())
        if address and source.host and (host == source.host.lower() or host == source.host.lower().partition(".")[0]):
            return link("address", address)
        if address and (address, user) in _remotes(source):
            return link("principal", f"{user} at {address}" if user else address)
    users = _users(source)
    return next((link("user", user) for _, user in remotes if _name(user) in users), None)


def _remotes(incident: Incident) -> list[tuple[str, str]]:
    """Address and user of the remote principals that an incident names."""
    found = []
    for alert in incident.alerts:
        who = alert.initiator
        if who.kind == "remote":
            found.append((who.address or "", who.user or ""))
        found += [(one.address or "", one.user or "") for one in who.candidates if one.address]
    return list(dict.fromkeys(found))


def _users(incident: Incident) -> set[str]:
    """Who acted in an incident, but for the accounts that every host has."""
    processes = [
        process
        for alert in incident.alerts
        for process in (alert.initiator.process, alert.actor, alert.target)
        if process is not None and process.user
    ]
    return {name for process in processes if (name := _name(process.user or ""))}


def _name(user: str) -> str:
    """A user without regard to case; empty for an account that every host has."""
    authority, _, name = user.lower().rpartition("\\")
    is_common = name in _LOCAL or authority in _AUTHORITIES or name.endswith("$") or name.startswith("uid=")
    return "" if is_common or not name else user.lower()
