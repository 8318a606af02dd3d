"""The result of a hunt: alerts, incidents and a timeline."""

from __future__ import annotations

import fnmatch
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Callable

from ._alert import SEVERITIES, Alert, Evidence, Process, moment, nanoseconds, rank
from ._coverage import Coverage, Coverages
from ._join import Link, join
from ._judged import Judged
from ._native import changes, html_page, printable, suggestions, written_as
from ._table import Column, Table, written
from ._times import nanos_of

if TYPE_CHECKING:
    import networkx

    from ._errors import DecodeError
    from ._raw import RawRecords
    from ._times import Time

_SHOWN = 20


class Alerts(Table[Alert]):
    """Alerts in order of time, with the report on the hunt. Immutable; slices and filters are `Alerts` too.

    Any consumer of Arrow streams takes it as it is: `polars.DataFrame(alerts)`, `pyarrow.table(alerts)`, duckdb.
    """

    __slots__ = ("_rows", "coverage", "errors", "judged", "raw", "stats")

    def __init__(
        self,
        alerts: Iterable[Alert] = (),
        *,
        errors: Sequence[DecodeError] = (),
        stats: Mapping[str, Any] | None = None,
        judged: Judged | None = None,
        coverage: Iterable[Coverage] = (),
        raw: RawRecords | None = None,
    ) -> None:
        self._rows = tuple(alerts)
        self.errors = list(errors)
        """Records that could not be decoded, at most 16 per MiB; `stats["decode_errors"]` counts all."""
        self.stats = dict(stats or {})
        """All counters of the engine."""
        self.judged = judged or Judged()
        """The report on each input. For an input that was not judged, the absence of alerts means nothing."""
        self.coverage = Coverages(coverage)
        """Of each host, the behaviors that its telemetry can show."""
        self.raw = raw
        """The raw records that the alerts cite; None if there is no input that they could be read from."""

    def _with(self, rows: Iterable[Alert]) -> Alerts:
        return Alerts(
            rows, errors=self.errors, stats=self.stats, judged=self.judged, coverage=self.coverage, raw=self.raw
        )

    def filter(
        self,
        *,
        min_severity: str | None = None,
        code: str | Iterable[str] | None = None,
        host: str | None = None,
        since: Time | None = None,
        until: Time | None = None,
        where: Callable[[Alert], bool] | None = None,
    ) -> Alerts:
        """The alerts that meet all conditions.

        Args:
            min_severity: of at least this severity: "low", "medium", "high" or "critical".
            code: of this behavior, or one of these behaviors, by code or id, also by one that was retired.
            host: of this host; a glob, regardless of case.
            since: at or after this time.
            until: before this time.
            where: for which this function returns true.

        Raises:
            ValueError: there is no such severity, or a time is none.
        """
        least = rank(min_severity) if min_severity is not None else 0
        codes = None if code is None else {code} if isinstance(code, str) else set(code)
        glob = None if host is None else host.lower()
        first = None if since is None else nanos_of(since)
        end = None if until is None else nanos_of(until)

        def is_wanted(alert: Alert) -> bool:
            return (
                rank(alert.severity) >= least
                and (codes is None or not codes.isdisjoint((alert.code, alert.behavior, *alert.was)))
                and (glob is None or fnmatch.fnmatchcase(alert.host.lower(), glob))
                and (first is None or alert.timestamp >= first)
                and (end is None or alert.timestamp < end)
                and (where is None or where(alert))
            )

        return self._with(alert for alert in self if is_wanted(alert))

    @property
    def incidents(self) -> Incidents:
        """The alerts by incident, in order of their first alert."""
        groups: dict[tuple[str, str], list[Alert]] = {}
        for alert in self:
            groups.setdefault((alert.host, alert.incident), []).append(alert)
        return Incidents((Incident(self._with(group)) for group in groups.values()), alerts=self)

    def timeline(self) -> Timeline:
        """The evidence of all alerts in order of time, one row a record and alert."""
        rows = [Moment(alert, evidence) for alert in self for evidence in alert.evidence]
        return Timeline(sorted(rows, key=lambda row: (row.evidence.timestamp, row.alert.host, row.evidence.record)))

    def graph(self) -> networkx.MultiDiGraph:
        """Processes, remote callers and IPC objects as nodes of a graph, as `networkx.MultiDiGraph`.

        A node has `kind` ("process", "remote", "unknown" or "ipc"), `label`, `host` and, of a process, the members of
        `Process`. An edge has `kind` ("parent", "broker", "peer", "injected", "initiates", "acts" or "reaches"),
        `alert`, `code` and `severity`.

        Raises:
            ImportError: networkx is not installed.
        """
        from ._graph import graph

        return graph(self)

    def changes(self, newer: Alerts) -> list[Change]:
        """What another hunt through the same telemetry raised that this one did not, or otherwise, in order of time: what a
        change of rules or of a policy changes."""
        old, new = ({alert.id: alert for alert in alerts} for alerts in (self, newer))
        found = changes([alert.to_json() for alert in self], [alert.to_json() for alert in newer])
        return [Change(change, old.get(id), new.get(id)) for change, id in found]

    def suggestions(self) -> list[dict[str, Any]]:
        """If these alerts are benign: the narrowest entries of a policy that cover them, and what each would hide.

        A dict has `alerts` (their ids), `entry` (for `suppressions` of a policy, or None), `why_not`, `hides` (the ids of
        built-in attacks, as they are written or in variants, that the entry would hide) and `is_safe`. Take over those that
        are safe.
        """
        return suggestions([alert.to_json() for alert in self])

    def to_dicts(self) -> list[dict[str, Any]]:
        """The alerts as dicts: the JSON of each, parsed."""
        return [alert.to_dict() for alert in self]

    def to_ndjson(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The alerts as lines of JSON, written to a file, or returned if `path` is None.

        Raises:
            OSError: the file cannot be written.
        """
        return written("".join(alert.to_json() + "\n" for alert in self), path)

    def to_ecs(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The alerts as lines of JSON in the Elastic Common Schema 8, written to a file, or returned if `path` is None.

        Raises:
            OSError: the file cannot be written.
        """
        return written(written_as([alert.to_json() for alert in self], "ecs"), path)

    def to_ocsf(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The alerts as lines of JSON, each a Detection Finding of OCSF 1.3, written to a file, or returned if `path` is
        None.

        Raises:
            OSError: the file cannot be written.
        """
        return written(written_as([alert.to_json() for alert in self], "ocsf"), path)

    def to_stix(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The alerts as one bundle of STIX 2.1 with sightings of ATT&CK techniques, written to a file, or returned if
        `path` is None.

        Raises:
            OSError: the file cannot be written.
        """
        return written(written_as([alert.to_json() for alert in self], "stix"), path)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The notebook display as an HTML page that needs no other file, written to a file, or returned if `path` is
        None.

        Raises:
            OSError: the file cannot be written.
        """
        from ._page import of_alerts

        return written(html_page(of_alerts(self)), path)

    @staticmethod
    def _columns() -> Sequence[Column]:
        return _ALERT

    def __reduce__(self) -> tuple[Callable[..., Alerts], tuple[Any, ...]]:
        raw = None if self.raw is None else self.raw.kept(self)
        return (_alerts, (self._rows, self.errors, self.stats, self.judged, self.coverage, raw))

    def __repr__(self) -> str:
        lines = "".join(f"\n  {alert!r}" for alert in self._rows[:_SHOWN])
        more = f"\n  and {len(self) - _SHOWN} more" if len(self) > _SHOWN else ""
        judged = "".join(f"\n  {line}" for line in self.judged.lines()) if self.judged.inputs else ""
        return f"<ipcsentry.Alerts: {len(self)}{lines}{more}{judged}>"

    def _repr_html_(self) -> str:
        from ._page import of_alerts

        return of_alerts(self)


@dataclass(frozen=True)
class Change:
    """How the alerts of two hunts through the same telemetry differ in one alert."""

    change: str
    """"new", "gone", or "changed" in severity, confidence, initiator, target or explanation."""
    old: Alert | None
    """As the older hunt raised it; None if it is new."""
    new: Alert | None
    """As the newer one did; None if it is gone."""


def _alerts(rows: Iterable[Alert], errors: Any, stats: Any, judged: Any, coverage: Any, raw: Any) -> Alerts:
    return Alerts(rows, errors=errors, stats=stats, judged=judged, coverage=coverage, raw=raw)


@dataclass(frozen=True)
class Incident:
    """The alerts of a host that share a process, a lineage, an IPC object, a session or a requester; after
    `Incidents.join`, of several hosts."""

    alerts: Alerts
    """Its alerts, in order of time."""
    links: tuple[Link, ...] = ()
    """If it was joined of incidents of several hosts: why, in order of time."""

    @property
    def id(self) -> str:
        """The id of its earliest alert."""
        return self.alerts[0].incident

    @property
    def host(self) -> str:
        """The name of the host; of several, that of the earliest alert."""
        return self.alerts[0].host

    @property
    def hosts(self) -> list[str]:
        """The names of all hosts, in order of their first alerts."""
        return list(dict.fromkeys(alert.host for alert in self.alerts))

    @property
    def severity(self) -> str:
        """The highest severity of its alerts."""
        return SEVERITIES[max(rank(alert.severity) for alert in self.alerts)]

    @property
    def confidence(self) -> float:
        """The highest confidence of the alerts of that severity."""
        return max(alert.confidence for alert in self.alerts if alert.severity == self.severity)

    @property
    def lead(self) -> Alert:
        """The alert that is shown for it: the most severe, of these the surest, of these the earliest."""
        return max(self.alerts, key=lambda alert: (rank(alert.severity), alert.confidence, -alert.timestamp))

    @property
    def title(self) -> str:
        """The title of its lead."""
        return self.lead.title

    @property
    def first_time(self) -> datetime:
        """When the first record of its evidence happened, in UTC."""
        return min(alert.first_time for alert in self.alerts)

    @property
    def last_time(self) -> datetime:
        """When the last record of its evidence happened, in UTC."""
        return max(alert.last_time for alert in self.alerts)

    @property
    def codes(self) -> list[str]:
        """The codes of its behaviors, in order of their first alerts."""
        return list(dict.fromkeys(alert.code for alert in self.alerts))

    @property
    def techniques(self) -> list[str]:
        """The ATT&CK techniques of its alerts."""
        return sorted({technique for alert in self.alerts for technique in alert.techniques})

    def __repr__(self) -> str:
        count, codes = len(self.alerts), " ".join(self.codes)
        return printable(f"<ipcsentry.Incident {self.id} {self.severity}: {count} alerts, {codes}: {self.lead!r}>")

    def _repr_html_(self) -> str:
        return self.alerts._repr_html_()


class Incidents(Table[Incident]):
    """Incidents in order of their first alert. Immutable; slices and filters are `Incidents` too."""

    __slots__ = ("_alerts", "_rows")

    def __init__(self, incidents: Iterable[Incident] = (), *, alerts: Alerts | None = None) -> None:
        self._rows = tuple(incidents)
        self._alerts = alerts

    def _with(self, rows: Iterable[Incident]) -> Incidents:
        return Incidents(rows, alerts=self._alerts)

    @property
    def alerts(self) -> Alerts:
        """The alerts of all incidents, in order of time."""
        chosen = {alert for incident in self for alert in incident.alerts}
        if self._alerts is None:
            return Alerts(sorted(chosen, key=_order))
        return self._alerts._with(alert for alert in self._alerts if alert in chosen)

    def filter(self, *, min_severity: str | None = None, code: str | None = None, host: str | None = None) -> Incidents:
        """The incidents with an alert that meets all conditions, each whole; see `Alerts.filter`."""
        return self._with(
            incident
            for incident in self
            if len(incident.alerts.filter(min_severity=min_severity, code=code, host=host)) > 0
        )

    def join(
        self,
        *,
        hosts: bool = True,
        addresses: Mapping[str, str] | None = None,
        within: timedelta = timedelta(hours=1),
    ) -> Incidents:
        """Incidents of different hosts as one, if a remote principal ties them together: lateral movement by pipe, DCOM,
        WMI or service reads as one incident from source to target. The alerts stay as they are.

        An incident whose initiator is remote continues one of another host that began earlier and ended at most `within`
        before it, if the address it names is that host (by `addresses`, or because it is the host's name), if both name
        the same remote user and address, or if the user it names acted in the other incident. Accounts that every
        host has (SYSTEM, root, machine accounts …) tie nothing together.

        Args:
            hosts: whether to join at all; False gives the incidents as they are.
            addresses: the host of each known address, as an inventory has it.
            within: the longest time between two incidents that belong together.
        """
        if not hosts:
            return self
        joined = []
        for group, links in join(self, addresses or {}, within):
            alerts = sorted((alert for one in group for alert in one.alerts), key=_order)
            joined.append(Incident(group[0].alerts._with(alerts), links))
        return Incidents(joined, alerts=self._alerts)

    def to_dicts(self) -> list[dict[str, Any]]:
        """The incidents as dicts, each with its alerts as dicts."""
        return [
            {**row, "alerts": incident.alerts.to_dicts()} for row, incident in zip(super().to_dicts(), self)
        ]

    def to_ndjson(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The incidents as lines of JSON, written to a file, or returned if `path` is None."""
        lines = (json.dumps(row, default=datetime.isoformat, ensure_ascii=False) + "\n" for row in self.to_dicts())
        return written("".join(lines), path)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The notebook display as an HTML page, written to a file, or returned if `path` is None."""
        from ._page import of_incidents

        return written(html_page(of_incidents(self, self.alerts)), path)

    @staticmethod
    def _columns() -> Sequence[Column]:
        return _INCIDENT

    def __reduce__(self) -> tuple[Callable[..., Incidents], tuple[Any, ...]]:
        return (_incidents, (self._rows, self._alerts))

    def __repr__(self) -> str:
        lines = "".join(f"\n  {incident!r}" for incident in self._rows[:_SHOWN])
        more = f"\n  and {len(self) - _SHOWN} more" if len(self) > _SHOWN else ""
        return f"<ipcsentry.Incidents: {len(self)}{lines}{more}>"

    def _repr_html_(self) -> str:
        from ._page import of_incidents

        return of_incidents(self, self.alerts)


def _order(alert: Alert) -> tuple[int, str, str, str]:
    return (alert.timestamp, alert.host, alert.code, alert.id)


def _incidents(rows: Iterable[Incident], alerts: Alerts | None) -> Incidents:
    return Incidents(rows, alerts=alerts)


@dataclass(frozen=True)
class Moment:
    """A record of a timeline: a piece of evidence and the alert that cites it."""

    alert: Alert
    """The alert."""
    evidence: Evidence
    """The record."""


class Timeline(Table[Moment]):
    """Evidence in order of time. Immutable; slices are `Timeline` too."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Iterable[Moment] = ()) -> None:
        self._rows = tuple(rows)

    def _with(self, rows: Iterable[Moment]) -> Timeline:
        return Timeline(rows)

    @staticmethod
    def _columns() -> Sequence[Column]:
        return _MOMENT

    def __reduce__(self) -> tuple[type[Timeline], tuple[tuple[Moment, ...]]]:
        return (Timeline, (self._rows,))

    def __repr__(self) -> str:
        def line(row: Moment) -> str:
            one = row.evidence
            return printable(f"{one.time.isoformat()} {row.alert.code} {one.role:<9} {one.summary}")

        lines = "".join(f"\n  {line(row)}" for row in self._rows[:_SHOWN])
        more = f"\n  and {len(self) - _SHOWN} more" if len(self) > _SHOWN else ""
        return f"<ipcsentry.Timeline: {len(self)}{lines}{more}>"

    def _repr_html_(self) -> str:
        from ._page import of_timeline

        return of_timeline(self)


_WHO = ("pid", "unique_id", "image", "command_line")


def _of_process(
    prefix: str, of: Callable[[Alert], Process | None], members: Sequence[str] = (*_WHO, "user", "session")
) -> Iterator[Column]:
    """The columns of one process of an alert."""
    kinds = {"pid": "int"}
    for member in members:

        def value(alert: Alert, member: str = member) -> Any:
            process = of(alert)
            return None if process is None else getattr(process, member)

        yield Column(f"{prefix}_{member}", kinds.get(member, "str"), value)


def _policy(alert: Alert) -> str | None:
    policy = alert.suppress
    return None if policy is None else json.dumps(policy, ensure_ascii=False)


_EVIDENCE = [
    ("time", "time"),
    ("file", "int"),
    ("record", "int"),
    ("source_id", "str"),
    ("role", "str"),
    ("clause", "str"),
    ("summary", "str"),
]

_ALERT = (
    Column("time", "time", lambda alert: alert.timestamp),
    Column("severity", "str", lambda alert: alert.severity),
    Column("confidence", "float", lambda alert: alert.confidence),
    Column("host", "str", lambda alert: alert.host),
    Column("code", "str", lambda alert: alert.code),
    Column("title", "str", lambda alert: alert.title),
    Column("explanation", "str", lambda alert: alert.explanation),
    Column("incident", "str", lambda alert: alert.incident),
    Column("id", "str", lambda alert: alert.id),
    Column("revision", "int", lambda alert: alert.revision),
    Column("count", "int", lambda alert: alert.count),
    Column("first_time", "time", lambda alert: nanoseconds(alert._m["first_time"])),
    Column("last_time", "time", lambda alert: nanoseconds(alert._m["last_time"])),
    Column("analytic", "str", lambda alert: alert.analytic),
    Column("behavior", "str", lambda alert: alert.behavior),
    Column("techniques", ("list", "str"), lambda alert: alert.techniques),
    Column("ipc_preceded_execution", "str", lambda alert: alert.ipc_preceded_execution),
    Column("ipc_mechanism", "str", lambda alert: alert.ipc and alert.ipc.mechanism),
    Column("ipc_name", "str", lambda alert: alert.ipc and alert.ipc.name),
    Column("initiator_kind", "str", lambda alert: alert.initiator.kind),
    Column("initiator_confidence", "float", lambda alert: alert.initiator.confidence),
    Column("initiator_address", "str", lambda alert: alert.initiator.address),
    Column("initiator_user", "str", lambda alert: alert.initiator.user),
    Column("initiator_session", "str", lambda alert: alert.initiator.session),
    *_of_process("initiator", lambda alert: alert.initiator.process, _WHO),
    *_of_process("actor", lambda alert: alert.actor),
    *_of_process("target", lambda alert: alert.target),
    Column("lineage", ("list", "str"), lambda alert: [f"{step.edge} {step.process}" for step in alert.lineage]),
    Column(
        "evidence",
        ("list", ("struct", _EVIDENCE)),
        lambda alert: [
            {name: one.timestamp if name == "time" else getattr(one, name) for name, _ in _EVIDENCE}
            for one in alert.evidence
        ],
    ),
    Column("missing", ("list", "str"), lambda alert: alert.missing),
    Column("truncated", "bool", lambda alert: alert.truncated),
    Column("suppress", "str", _policy),
)

_INCIDENT = (
    Column("first_time", "time", lambda incident: min(nanoseconds(one._m["first_time"]) for one in incident.alerts)),
    Column("last_time", "time", lambda incident: max(nanoseconds(one._m["last_time"]) for one in incident.alerts)),
    Column("severity", "str", lambda incident: incident.severity),
    Column("confidence", "float", lambda incident: incident.confidence),
    Column("host", "str", lambda incident: incident.host),
    Column("hosts", ("list", "str"), lambda incident: incident.hosts),
    Column("title", "str", lambda incident: incident.title),
    Column("codes", ("list", "str"), lambda incident: incident.codes),
    Column("techniques", ("list", "str"), lambda incident: incident.techniques),
    Column("initiator", "str", lambda incident: str(incident.lead.initiator)),
    Column("ipc", "str", lambda incident: incident.lead.ipc and str(incident.lead.ipc)),
    Column("alert_count", "int", lambda incident: len(incident.alerts)),
    Column("id", "str", lambda incident: incident.id),
)

_MOMENT = (
    Column("time", "time", lambda row: row.evidence.timestamp),
    Column("host", "str", lambda row: row.alert.host),
    Column("incident", "str", lambda row: row.alert.incident),
    Column("code", "str", lambda row: row.alert.code),
    Column("severity", "str", lambda row: row.alert.severity),
    Column("role", "str", lambda row: row.evidence.role),
    Column("summary", "str", lambda row: row.evidence.summary),
    Column("file", "int", lambda row: row.evidence.file),
    Column("record", "int", lambda row: row.evidence.record),
    Column("source_id", "str", lambda row: row.evidence.source_id),
    Column("alert", "str", lambda row: row.alert.id),
)
