"""What the telemetry of a host can show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ._alert import moment, nanoseconds


@dataclass(frozen=True)
class Visibility:
    """How much of a behavior the telemetry of a host can show."""

    code: str
    """The behavior's code."""
    behavior: str
    """Its id."""
    visibility: str
    """"full"; "degraded", if only a weaker form can alert; or "blind"."""
    severity: str | None
    """The highest severity it can reach; None if it is blind."""
    missing: tuple[str, ...]
    """Its clauses whose telemetry the host does not send."""


@dataclass(frozen=True)
class Coverage:
    """What the telemetry of one host can show."""

    host: str
    """The host's name."""
    first: datetime
    """When its first event happened, in UTC."""
    last: datetime
    """When its last event happened, in UTC."""
    kinds: dict[str, datetime]
    """The kinds of events it sent, each with the time of the last one."""
    behaviors: tuple[Visibility, ...]
    """The behaviors of its platform, in the order of the catalog."""


def coverage(hosts: Iterable[dict[str, Any]]) -> list[Coverage]:
    """The coverage of each host, from the form of the JSON."""
    return [
        Coverage(
            host=host["host"],
            first=_moment(host["first"]),
            last=_moment(host["last"]),
            kinds={kind["kind"]: _moment(kind["last"]) for kind in host["kinds"]},
            behaviors=tuple(
                Visibility(one["code"], one["behavior"], one["visibility"], one["severity"], tuple(one["missing"]))
                for one in host["behaviors"]
            ),
        )
        for host in hosts
    ]


def _moment(text: str) -> datetime:
    return moment(nanoseconds(text))
