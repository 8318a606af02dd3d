"""One alert, and the processes, objects and records it names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeVar

from ._native import printable

if TYPE_CHECKING:
    from typing_extensions import Self

SEVERITIES = ("low", "medium", "high", "critical")
"""All severities, the least first."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_T = TypeVar("_T")


def nanoseconds(text: str) -> int:
    """The time of an alert (RFC 3339, UTC) in nanoseconds since 1970.

    >>> nanoseconds("1970-01-01T00:00:01.000000002Z")
    1000000002
    """
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = (datetime.fromisoformat(whole).replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(seconds=1)
    return seconds * 10**9 + int(fraction.ljust(9, "0") if fraction else 0)


def moment(nanos: int) -> datetime:
    """A time as a datetime in UTC, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=nanos // 1000)


def _of(kind: type[_T], members: Mapping[str, Any] | None) -> _T | None:
    """A dataclass from a JSON object; members that the class does not have are left out."""
    if members is None:
        return None
    return kind(**{field.name: members[field.name] for field in fields(kind) if field.name in members})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Process:
    """A process in an alert; what the telemetry does not report is None."""

    pid: int | None = None
    """Process id."""
    unique_id: str | None = None
    """GUID, pidversion or the sensor's own id, which no two processes of a host share."""
    image: str | None = None
    """Normalized path of the image."""
    command_line: str | None = None
    """Command line, at most 2 KiB of it."""
    user: str | None = None
    """User name, or `uid=N`."""
    uid: int | None = None
    """User id (Linux, macOS)."""
    auid: int | None = None
    """Login user id: who logged in, whatever the user id became later (Linux)."""
    session: str | None = None
    """Logon session: LogonId in hex on Windows, audit session elsewhere."""
    integrity: str | None = None
    """Integrity level (Windows)."""
    signer: str | None = None
    """Who signed the image."""
    hash: str | None = None
    """Hashes of the image, as the sensor writes them."""
    working_folder: str | None = None
    """The working folder when it started."""
    image_hex: str | None = None
    """The image's raw bytes in hex if they are not UTF-8."""

    @property
    def name(self) -> str:
        """The last component of the image, or `?`.

        >>> Process(image=r"c:\\windows\\system32\\cmd.exe").name
        'cmd.exe'
        """
        return (self.image or "?").replace("\\", "/").rstrip("/").rpartition("/")[2] or "?"

    def __str__(self) -> str:
        return printable(f"{self.name} [{'?' if self.pid is None else self.pid}]")


@dataclass(frozen=True)
class Candidate:
    """A process or remote caller that may have initiated an alert."""

    process: Process | None = None
    """The process."""
    address: str | None = None
    """The address of the other host."""
    user: str | None = None
    """The user."""


@dataclass(frozen=True)
class Initiator:
    """The process or remote caller that drove the IPC object, found also behind a broker."""

    kind: str = "unknown"
    """"process", "remote" or "unknown"."""
    process: Process | None = None
    """The process, if it is one of this host."""
    user: str | None = None
    """Its user, or the user that a remote caller authenticated as."""
    session: str | None = None
    """Its logon session."""
    address: str | None = None
    """The address of a remote caller."""
    confidence: float = 0.0
    """From 0 to 1."""
    reason: str | None = None
    """How it is known which one it was or, if `kind` is "unknown", why none is named."""
    candidates: tuple[Candidate, ...] = ()
    """Those who may have been it, if `kind` is "unknown"."""

    def __str__(self) -> str:
        if self.process is not None:
            return str(self.process)
        who = " ".join(part for part in (self.user, self.address and f"at {self.address}") if part)
        return printable(f"{self.kind}{': ' if who else ''}{who}")


@dataclass(frozen=True)
class Ipc:
    """The IPC object."""

    mechanism: str = ""
    """`named_pipe`, `unix_path`, `fifo` …; without such an object `com`, `dde`, `rpc`, `apple_event`, `launchd`, or
    `process` for what was done to a process directly."""
    name: str | None = None
    """Its normalized name."""

    def __str__(self) -> str:
        return printable(f"{self.mechanism} {self.name}" if self.name else self.mechanism)


@dataclass(frozen=True)
class LineageStep:
    """One step up the lineage."""

    process: Process = Process()
    """The process."""
    edge: str = "parent"
    """Its relation to the step before: "parent", "broker", "peer" or "injected"."""
    confidence: float = 0.0
    """How sure that is, from 0 to 1."""


@dataclass(frozen=True)
class ConfidencePart:
    """A part of an alert's confidence; all of them add up to it."""

    what: str = ""
    """A clause that is met, a weaker form, what is known of the initiator, or a limit."""
    adds: float = 0.0
    """What it adds; below 0 where it lowers."""


@dataclass(frozen=True)
class Answer:
    """A question that an analyst asks first, with its answer."""

    question: str = ""
    """"who_initiated", "over_which_links", "which_user_and_session", "did_ipc_precede_execution",
    "what_else_did_they_do" or "how_far_back_does_telemetry_go"."""
    answer: str | None = None
    """The answer, as far as records tell."""
    lacks: str | None = None
    """What is not known, and for want of which telemetry."""


@dataclass(frozen=True)
class Evidence:
    """One record that proves a part of an alert."""

    record: int = 0
    """Record number in its input: the line, counted from 0, or the record id of an event log."""
    part: int = 0
    """Its index among the records that begin on the same line."""
    file: int = 0
    """Index of the input in `Alerts.judged.inputs`."""
    source_id: str | None = None
    """The record's own id, if it has one."""
    timestamp: int = 0
    """When it happened, in nanoseconds since 1970, UTC."""
    role: str = ""
    """"injection", "execution", "effect", "ipc" or "context": of all that it proves, the first of these."""
    also: tuple[str, ...] = ()
    """Whatever else of these it proves."""
    clause: str = ""
    """The clause of the behavior that it matched."""
    summary: str = ""
    """Its content in a few words."""
    data_component: str = ""
    """The id of the MITRE ATT&CK data component that the record is of."""

    @property
    def time(self) -> datetime:
        """When it happened, in UTC, cut to microseconds."""
        return moment(self.timestamp)


class Alert:
    """One alert. Immutable, independent of its engine; may be compared, hashed, copied and pickled."""

    __slots__ = ("_json", "_members")
    _json: str
    _members: dict[str, Any] | None

    def __init__(self, json: str, /) -> None:
        """An alert from its line of JSON."""
        object.__setattr__(self, "_json", json)
        object.__setattr__(self, "_members", None)

    def __setattr__(self, name: str, _value: object) -> None:
        raise AttributeError(f"an alert is immutable: {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"an alert is immutable: {name!r} cannot be deleted")

    @property
    def _m(self) -> dict[str, Any]:
        members = self._members
        if members is None:
            members = json.loads(self._json)
            object.__setattr__(self, "_members", members)
        assert members is not None
        return members

    @property
    def id(self) -> str:
        """16 hex digits: the same records give the same id on every machine."""
        return str(self._m["id"])

    @property
    def revision(self) -> int:
        """1 for the first version. Each revision has a number one higher and replaces the version before it."""
        return int(self._m["revision"])

    @property
    def incident(self) -> str:
        """The id of the earliest alert of the same incident."""
        return str(self._m["incident"])

    @property
    def time(self) -> datetime:
        """When the last record of the evidence happened, in UTC, cut to microseconds; `timestamp` is exact."""
        return moment(self.timestamp)

    @property
    def timestamp(self) -> int:
        """The same time in nanoseconds since 1970."""
        return nanoseconds(self._m["time"])

    @property
    def first_time(self) -> datetime:
        """When the first record of the evidence happened."""
        return moment(nanoseconds(self._m["first_time"]))

    @property
    def last_time(self) -> datetime:
        """When it last happened: later than `time` if it was repeated."""
        return moment(nanoseconds(self._m["last_time"]))

    @property
    def count(self) -> int:
        """How often it happened."""
        return int(self._m["count"])

    @property
    def host(self) -> str:
        """The host's name; empty if neither the telemetry nor the caller named one."""
        return str(self._m["host"])

    @property
    def analytic(self) -> str:
        """AN1357 (Windows), AN1358 (Linux) or AN1359 (macOS)."""
        return str(self._m["analytic"])

    @property
    def code(self) -> str:
        """The behavior's code, such as W07."""
        return str(self._m["code"])

    @property
    def behavior(self) -> str:
        """The behavior's id."""
        return str(self._m["behavior"])

    @property
    def techniques(self) -> list[str]:
        """ATT&CK techniques that the cited records show."""
        return list(self._m["techniques"])

    @property
    def was(self) -> list[str]:
        """Retired codes and ids of the behaviors that this alert would have been, before they were merged into `code`."""
        return list(self._m.get("was", ()))

    @property
    def attack_version(self) -> int:
        """The version of MITRE ATT&CK whose ids `techniques` has."""
        return int(self._m["attack_version"])

    @property
    def severity(self) -> str:
        """"low", "medium", "high" or "critical"."""
        return str(self._m["severity"])

    @property
    def confidence(self) -> float:
        """How sure the alert is, from 0 to 1."""
        return float(self._m["confidence"])

    @property
    def confidence_parts(self) -> list[ConfidencePart]:
        """What the confidence is the sum of."""
        return [ConfidencePart(part["what"], part["adds"]) for part in self._m.get("confidence_parts", ())]

    @property
    def title(self) -> str:
        """The title of the behavior, one line."""
        return str(self._m["title"])

    @property
    def explanation(self) -> str:
        """What happened, with the processes and objects of this alert."""
        return str(self._m["explanation"])

    @property
    def ipc_preceded_execution(self) -> str:
        """"yes", "no" or "unknown": whether the first record of IPC is earlier than the first of execution or
        injection."""
        return str(self._m["ipc_preceded_execution"])

    @property
    def initiator(self) -> Initiator:
        """The process or remote caller that drove the IPC object, found also behind a broker."""
        members = dict(self._m["initiator"])
        members["process"] = _of(Process, members.get("process"))
        members["candidates"] = tuple(
            Candidate(_of(Process, one.get("process")), one.get("address"), one.get("user"))
            for one in members.get("candidates", ())
        )
        found = _of(Initiator, members)
        assert found is not None
        return found

    @property
    def actor(self) -> Process | None:
        """The process that acted on the IPC object, or None."""
        return _of(Process, self._m["actor"])

    @property
    def target(self) -> Process | None:
        """The process that was executed or injected into, or None."""
        return _of(Process, self._m["target"])

    @property
    def ipc(self) -> Ipc | None:
        """The IPC object, or None."""
        return _of(Ipc, self._m["ipc"])

    @property
    def lineage(self) -> list[LineageStep]:
        """The ancestors of the target (or of the actor), the nearest first."""
        return [
            LineageStep(_of(Process, step["process"]) or Process(), step["edge"], step.get("confidence", 0.0))
            for step in self._m["lineage"]
        ]

    @property
    def evidence(self) -> list[Evidence]:
        """The records that prove it, in order of time."""
        return [
            Evidence(
                record=one["record"],
                part=one.get("part", 0),
                file=one["file"],
                source_id=one["source_id"],
                timestamp=nanoseconds(one["time"]),
                role=one["role"],
                also=tuple(one.get("also", ())),
                clause=one["clause"],
                summary=one["summary"],
                data_component=one.get("data_component", ""),
            )
            for one in self._m["evidence"]
        ]

    @property
    def missing(self) -> list[str]:
        """Telemetry that would be evidence but was not seen on this host."""
        return list(self._m["missing"])

    @property
    def truncated(self) -> bool:
        """Whether details were lost to the memory limit."""
        return bool(self._m["truncated"])

    @property
    def triage(self) -> list[Answer]:
        """The questions that an analyst asks first, answered from what was known when the alert was raised."""
        return [Answer(one["question"], one.get("answer"), one.get("lacks")) for one in self._m.get("triage", ())]

    @property
    def suppress(self) -> dict[str, Any] | None:
        """The policy that suppresses this alert and those equal to it, or None."""
        policy = self._m["suppress"]
        return None if policy is None else dict(json.loads(json.dumps(policy)))

    @property
    def suppressed_by(self) -> list[str]:
        """The places of the entries of the policy that cover it; empty for an alert that was raised."""
        return list(self._m.get("suppressed_by", []))

    @property
    def not_suppressible(self) -> str | None:
        """Why there is no policy in `suppress`, or None."""
        return self._m.get("not_suppressible")

    @property
    def schema_version(self) -> int:
        """The version of the form of `to_json` and `to_dict`."""
        return int(self._m["schema_version"])

    def is_at_least(self, severity: str) -> bool:
        """Whether it is of this severity or a higher one.

        Raises:
            ValueError: there is no such severity.
        """
        return rank(self.severity) >= rank(severity)

    def to_json(self) -> str:
        """The alert as one line of JSON."""
        return self._json

    def to_dict(self) -> dict[str, Any]:
        """The alert as a dict: its JSON, parsed."""
        return dict(json.loads(self._json))

    @classmethod
    def from_json(cls, line: str | bytes, /) -> Self:
        """An alert from a line of `to_json`, of `hunt --output ndjson` or of another language's binding.

        Raises:
            ValueError: it is not the JSON of an alert.
        """
        text = line.decode() if isinstance(line, bytes) else line
        members = json.loads(text)
        lost = _REQUIRED.difference(members) if isinstance(members, dict) else _REQUIRED
        if lost:
            raise ValueError(f"not an alert: it has no {', '.join(sorted(lost))}")
        return cls(text.strip())

    def __eq__(self, other: object) -> bool:
        return self._json == other._json if isinstance(other, Alert) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._json)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[type[Alert], tuple[str]]:
        return (Alert, (self._json,))

    def __repr__(self) -> str:
        # A repr is printed on terminals: escape control characters.
        host = f" on {self.host}" if self.host else ""
        return printable(
            f"<ipcsentry.Alert {self.code} {self.severity} {self.confidence:.2f} at {self._m['time']}{host}: {self.title}>"
        )

    def _repr_html_(self) -> str:
        from ._page import of_alert

        return of_alert(self)


_REQUIRED = frozenset(
    "schema_version id revision incident time first_time last_time count host analytic code behavior techniques severity"
    " confidence title explanation ipc_preceded_execution initiator actor target ipc lineage evidence missing truncated"
    " suppress".split()
)


def rank(severity: str) -> int:
    """The place of a severity in `SEVERITIES`.

    Raises:
        ValueError: there is no such severity.
    """
    if severity not in SEVERITIES:
        raise ValueError(f"no severity {severity!r}; there are {', '.join(SEVERITIES)}")
    return SEVERITIES.index(severity)
