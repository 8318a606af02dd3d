"""What the telemetry of a host can show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ._alert import moment, nanoseconds
from ._native import printable
from ._table import Column, Table


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


class Coverages(Table[Coverage]):
    """What the telemetry of each host can show. In a notebook, a heat map of hosts and behaviors; as a table, one row a
    host and behavior. Immutable; slices are `Coverages` too."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Iterable[Coverage] = ()) -> None:
        self._rows = tuple(rows)

    def _with(self, rows: Iterable[Coverage]) -> Coverages:
        return Coverages(rows)

    def _flat(self) -> Sequence[tuple[str, Visibility]]:
        return [(one.host, behavior) for one in self for behavior in one.behaviors]

    @staticmethod
    def _columns() -> Sequence[Column]:
        return _VISIBILITY

    def __reduce__(self) -> tuple[type[Coverages], tuple[tuple[Coverage, ...]]]:
        return (Coverages, (self._rows,))

    def __repr__(self) -> str:
        def line(one: Coverage) -> str:
            counts = {word: sum(each.visibility == word for each in one.behaviors) for word in _WORDS}
            return printable(f"{one.host}: " + ", ".join(f"{count} {word}" for word, count in counts.items()))

        lines = "".join(f"\n  {line(one)}" for one in self._rows[:_SHOWN])
        more = f"\n  and {len(self) - _SHOWN} more" if len(self) > _SHOWN else ""
        return f"<ipcsentry.Coverages: {len(self)} hosts{lines}{more}>"

    def _repr_html_(self) -> str:
        from ._page import of_coverage

        return of_coverage(self)


_SHOWN = 20
_WORDS = ("full", "degraded", "blind")
_VISIBILITY = (
    Column("host", "str", lambda row: row[0]),
    Column("code", "str", lambda row: row[1].code),
    Column("behavior", "str", lambda row: row[1].behavior),
    Column("visibility", "str", lambda row: row[1].visibility),
    Column("severity", "str", lambda row: row[1].severity),
    Column("missing", ("list", "str"), lambda row: list(row[1].missing)),
)


def coverage(hosts: Iterable[dict[str, Any]]) -> Coverages:
    """The coverage of each host, from the form of the JSON."""
    return Coverages(
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
    )


def _moment(text: str) -> datetime:
    return moment(nanoseconds(text))
