"""What the telemetry of a host can show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ._alert import moment, nanoseconds
from ._native import navigator, printable, remedy
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
    lacks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The telemetry that these clauses need, each once: the kind of event, and the mechanisms of its endpoints."""
    techniques: tuple[str, ...] = ()
    """Ids of ATT&CK techniques, as its rule names them."""


@dataclass(frozen=True)
class Channel:
    """A channel: the log or the sensor that a host's records are of, and how far back they reach."""

    name: str
    """Its name, such as "sysmon"."""
    events: int
    """How many events came over it."""
    first: datetime
    """When its first event happened, in UTC."""
    last: datetime
    """When its last event happened, in UTC."""
    gap: timedelta
    """The longest silence between two of its events; zero for a single one."""
    gap_end: datetime | None
    """When that silence ended, in UTC."""
    back: timedelta = timedelta(0)
    """How far the time of its events went back at most, if by a minute or more: somebody turned the host's clock back, or
    records came that late. Otherwise zero."""
    back_to: datetime | None = None
    """The time that it went back to, in UTC."""


@dataclass(frozen=True)
class DataComponent:
    """A data component of MITRE ATT&CK, and how much of it a host sends."""

    id: str
    """Its id, such as "DC0048"."""
    name: str
    """Its name."""
    analytics: tuple[str, ...]
    """The analytics whose behaviors read it."""
    status: str
    """"seen"; "partly", if some of what behaviors read never came, so that a filter may stand before it; "filtered", if
    only pipes came whose names are known to be bad; or "never"."""
    last: datetime | None
    """When the last event of it happened, in UTC."""
    never: tuple[str, ...]
    """The kinds of events that behaviors read of it and the host never sent, each with the mechanisms of its endpoints."""
    channels: dict[str, str]
    """The status of it on each channel that the host sends over and that can carry some of it."""


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
    data_components: tuple[DataComponent, ...] = ()
    """The MITRE ATT&CK data components that these behaviors read, in order of id."""
    channels: tuple[Channel, ...] = ()
    """The channels that it sent events over, in the order in which they came; more than seven are counted as "unknown"."""


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

    def remedy(self) -> dict[str, Any]:
        """The settings with which these hosts would send what behaviors lack: a dict with what is `missing` (`platform`,
        `kind` of event, `mechanisms`, `behaviors`) and the `settings`, each with a `title` and its `lines`: a Sysmon
        configuration, audit rules, audit policy, events of Endpoint Security, and what no setting mends."""
        behaviors = (behavior for one in self for behavior in one.behaviors if behavior.visibility != "full")
        return remedy([(one.code, kind, list(of)) for one in behaviors for kind, of in one.lacks])

    def navigator(self) -> dict[str, Any]:
        """A layer for the ATT&CK Navigator of what these hosts together can show, to be written with `json.dump`. A
        technique's score is the percentage of its behaviors that hosts show, over all hosts of their platforms: a behavior
        of which only a weaker form can alert counts half. Its comment says of each behavior on how many hosts it is full,
        degraded and blind."""
        behaviors = (behavior for one in self for behavior in one.behaviors)
        return navigator([(b.code, b.behavior, list(b.techniques), b.visibility) for b in behaviors])

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
                Visibility(
                    one["code"],
                    one["behavior"],
                    one["visibility"],
                    one["severity"],
                    tuple(one["missing"]),
                    tuple((lack["kind"], tuple(lack["mechanisms"])) for lack in one["missing_kinds"]),
                    tuple(one["techniques"]),
                )
                for one in host["behaviors"]
            ),
            data_components=tuple(_component(one) for one in host["data_components"]),
            channels=tuple(_channel(one) for one in host["channels"]),
        )
        for host in hosts
    )


def _channel(one: dict[str, Any]) -> Channel:
    gap, back = one["gap"], one["back"]
    return Channel(
        one["channel"],
        one["events"],
        _moment(one["first"]),
        _moment(one["last"]),
        timedelta(seconds=gap["seconds"] if gap else 0),
        _moment(gap["end"]) if gap else None,
        timedelta(seconds=back["seconds"] if back else 0),
        _moment(back["to"]) if back else None,
    )


def _component(one: dict[str, Any]) -> DataComponent:
    last = one["last"]
    never = (" ".join([kind["kind"], *kind["mechanisms"]]) for kind in one["never"])
    return DataComponent(
        one["id"],
        one["name"],
        tuple(one["analytics"]),
        one["status"],
        last and _moment(last),
        tuple(never),
        {of["channel"]: of["status"] for of in one["channels"]},
    )


def _moment(text: str) -> datetime:
    return moment(nanoseconds(text))
