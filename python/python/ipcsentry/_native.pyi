from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, final

from ._alert import Alert
from ._alerts import Alerts
from ._coverage import Coverages
from ._errors import DecodeError
from ._hunt import ArrowArray, ArrowStream, OpenFile

__all__ = [
    "FORMATS",
    "Baseline",
    "Catalog",
    "Engine",
    "FeedReport",
    "InputReport",
    "Policy",
    "Restored",
    "Scenario",
    "Shards",
    "Stream",
    "STYLE",
    "StreamReport",
    "__version__",
    "arrow_stream",
    "chain_picture",
    "changes",
    "detect_format",
    "html_page",
    "losses",
    "main",
    "navigator",
    "places",
    "printable",
    "profiles",
    "raw_records",
    "remedy",
    "scenarios",
    "sensor",
    "suggestions",
    "try_scenarios",
    "written_as",
]

__version__: str
FORMATS: tuple[str, ...]
STYLE: str

def detect_format(head: bytes, /) -> str | None:
    """The name of the format that a stream begins with (a few KiB are enough), or None if it is not supported."""
def printable(text: str, /) -> str:
    """The text with every control and formatting character escaped that a terminal would execute instead of showing it.
    """
def arrow_stream(columns: list[tuple[str, Any]], values: list[list[Any]], /) -> object:
    """A table as an Arrow stream in a capsule. `columns` are names with types; `values` the values of each column."""

def main(arguments: Sequence[str | PathLike[str]], /) -> int:
    """Runs the command `ipcsentry`, which is the program `hunt` of the Rust library, with these arguments. Returns its
    exit status."""

def written_as(lines: Sequence[str], form: str, /) -> str:
    """Alerts, given as lines of their JSON, as one text in the form of that name: "ecs", "ocsf", "stix", "csv" or
    "html".

    Raises ValueError if there is no such form, or a line is no JSON."""

def chain_picture(line: str, /) -> str:
    """The chain of an alert, given as its JSON, as SVG.

    Raises ValueError if it is no JSON."""

def html_page(body: str, /) -> str:
    """A whole HTML page around a body, whose content policy allows the style of the display and nothing else."""

def raw_records(file: str | PathLike[str] | bytes, name: str, numbers: list[int], /) -> dict[int, str]:
    """The records with these numbers of the input `name` of a file, given as a path or as its bytes: of lines, counted
    from 0, or of an event log's records. What cannot be read (any more) is left out."""

def scenarios() -> list[Scenario]:
    """All built-in scenarios: the attacks, then the benign variants, each by platform and code."""

def suggestions(lines: Sequence[str], /, *, catalog: Catalog | None = None) -> list[dict[str, Any]]:
    """The narrowest entries of a policy for benign alerts, given as lines of their JSON: a dict each.

    Raises ValueError if a line is no JSON."""

def losses(
    policy: Policy | str | bytes | PathLike[str] | dict[str, Any], /, *, catalog: Catalog | None = None
) -> list[dict[str, Any]]:
    """The attacks that each entry of a policy would hide if they happened on its hosts, at its times and as its users:
    a dict each, with the JSON path of the `entry`, the `scenario` and the code of the `behavior`.

    Raises PolicyError if it is no policy."""

def try_scenarios(
    *,
    policy: Policy | str | bytes | PathLike[str] | dict[str, Any] | None = None,
    catalog: Catalog | None = None,
) -> list[dict[str, Any]]:
    """Puts every built-in scenario, as raw telemetry of every kind that its platform has, through rules and a policy: a
    dict each, with the `behavior`, the id of the `scenario`, whether it is an `attack`, the `telemetry`, the GUIDs
    of Atomic Red Team tests that are instances of it (`atomics`), the `verdict` and its `detail`: "pass"; "blind",
    with what this telemetry lacks; "suppressed", with the entry of the policy that hides it; "failed", with what was
    seen. It takes many seconds.

    Raises PolicyError if it is no policy."""

def profiles() -> list[str]:
    """The names of the built-in profiles of sensors."""

def sensor(
    profile: str,
    /,
    *,
    policy: Policy | str | bytes | PathLike[str] | dict[str, Any] | None = None,
    catalog: Catalog | None = None,
) -> tuple[str, Coverages, list[dict[str, Any]]]:
    """What a sensor would show: its name, the coverage of a host that sends everything that the sensor sends, and a
    dict for each behavior. The profile is the name of a built-in one, or the text of one's own.

    Raises ValueError if it is no profile, PolicyError if it is no policy."""

def navigator(shown: list[tuple[str, str, list[str], str]], /) -> dict[str, Any]:
    """A layer for the ATT&CK Navigator of what hosts show together, given by the code, the id and the techniques of
    each behavior of each host, and the word for its visibility there."""
def remedy(lacks: list[tuple[str, str, list[str]]], /) -> dict[str, Any]:
    """The settings with which hosts would send what behaviors lack, given by the code of a behavior with a kind of
    event and the mechanisms that it lacks: a dict with what is `missing`, and the `settings`, each with a `title`
    and its `lines`.

    Raises ValueError if there is no such kind of event or mechanism."""

def changes(old: list[str], new: list[str], /) -> list[tuple[str, str]]:
    """What differs between the alerts of two hunts, given as lines of their JSON: "new", "gone" or "changed" with the
    id of the alert, in order of time.

    Raises ValueError if a line is no JSON."""

def places(path: str | PathLike[str], include: list[str], /) -> list[Path]:
    """The files that a path, folder or glob names, in order; of folders only those that `include` selects.

    Raises `OSError` (mostly `FileNotFoundError`) if there is no file to read."""

@final
class Catalog:
    """A compiled catalog: the behaviors to detect. Immutable; engines and threads may share one."""

    @staticmethod
    def builtin() -> Catalog:
        """The built-in catalog."""
    @staticmethod
    def from_json(document: str | bytes | PathLike[str] | dict[str, Any], /) -> Catalog:
        """A catalog from a dict, JSON text, or a path to it."""
    def extend(self, document: str | bytes | PathLike[str] | dict[str, Any], /) -> Catalog:
        """A catalog that extends this one with a document: one behavior, or an object with any of `lists`,
        `known_good`, `known_bad`, `conditions`, `reputations` and `behaviors`. Give it as a dict, JSON text, or a
        path to a file."""
    def without(self, *names: str) -> Catalog:
        """This catalog without some behaviors, by code or id."""
    @staticmethod
    def only(*documents: str | bytes | PathLike[str] | dict[str, Any]) -> Catalog:
        """A catalog of nothing but these documents: dicts, JSON texts, or paths; the lists of the built-in catalog may
        be read."""
    @property
    def behaviors(self) -> list[dict[str, Any]]:
        """Its behaviors as dicts: code, id, title, techniques, severity, sources, platforms, and whether they alert."""
    @property
    def warnings(self) -> list[str]:
        """Warnings: lists and conditions that no rule reads, each with its place."""
    @property
    def codes(self) -> list[str]:
        """The codes of its behaviors."""
    def __len__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Baseline:
    """What is usual on the hosts of an organization: on how many hosts and days each relation was seen, of programs to
    pipes, sockets, services, classes and children, and of alerts. Immutable; engines and threads may share one."""

    def __new__(cls, document: str | bytes | PathLike[str] | None = None, /) -> Baseline: ...
    @staticmethod
    def learn(source: Any, /, **options: Any) -> Baseline:
        """Learns from telemetry, which is hunted through as `ipcsentry.hunt` does, with its arguments."""
    def merge(self, *others: Baseline) -> Baseline:
        """A baseline with what all have seen. The order does not matter, nor whether one is given twice.

        Raises ValueError if this one is frozen."""
    def freeze(self) -> Baseline:
        """The same baseline, which takes nothing more."""
    @property
    def is_frozen(self) -> bool:
        """Whether it takes nothing more."""
    @property
    def extent(self) -> tuple[int, int]:
        """Hosts and days on which it learned: exact up to 15, estimated beyond."""
    def relations(
        self, policy: Policy | str | bytes | PathLike[str] | dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """All relations with how they stand under the quorum of the policy: a dict each."""
    def review(
        self, policy: Policy | str | bytes | PathLike[str] | dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """What somebody should look at: relations that were seen near an alert and are not usual, the most frequent
        first."""
    def diff(
        self, later: Baseline, policy: Policy | str | bytes | PathLike[str] | dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """What a later baseline has otherwise: a dict with `changes`, each with `before` and `after`, and `drift`, the
        part of what is usual in one of them that is not usual in both, in thousandths."""
    def to_policy(
        self, policy: Policy | str | bytes | PathLike[str] | dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The policy, as a dict, with an entry for each alert that is usual, for somebody to read and take over.
        `ipcsentry.losses` names the attacks that an entry would hide."""
    def lowered(
        self,
        policy: Policy | str | bytes | PathLike[str] | dict[str, Any] | None = None,
        *,
        catalog: Catalog | None = None,
    ) -> list[dict[str, str]]:
        """The attacks that it would lower if they happened on hosts of its groups: a dict each, with the `group`, the
        `scenario` and the code of the `behavior`."""
    def to_json(self) -> str:
        """The baseline as JSON: the same text for the same content."""
    def __len__(self) -> int: ...
    def __reduce__(self) -> tuple[type[Baseline], tuple[str]]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Policy:
    """What to report and what to exempt: a checked policy. Immutable; engines and threads may share one."""

    def __new__(
        cls,
        document: Policy | str | bytes | PathLike[str] | dict[str, Any] | None = None,
        /,
        *,
        catalog: Catalog | None = None,
    ) -> Policy: ...
    @property
    def warnings(self) -> list[str]:
        """Whatever is allowed but probably a mistake, each with its JSON path."""
    @property
    def min_confidence(self) -> int:
        """Alerts below this confidence, in thousandths, are not reported."""
    @property
    def min_severity(self) -> str:
        """Alerts below this severity are not reported."""
    def to_dict(self) -> dict[str, Any]:
        """The policy as a dict, from which an equal one can be made."""
    def to_json(self) -> str:
        """The policy as JSON."""
    def __reduce__(self) -> tuple[type[Policy], tuple[str]]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Scenario:
    """One built-in scenario: an attack, or a benign variant of one."""

    @property
    def id(self) -> str:
        """Its id."""
    @property
    def behavior(self) -> str:
        """The code of the behavior that it is about."""
    @property
    def os(self) -> str:
        """"windows", "linux" or "macos"."""
    @property
    def is_attack(self) -> bool:
        """Whether it is an attack, which must alert; otherwise it is a benign variant."""
    @property
    def description(self) -> str:
        """What happens in it."""
    @property
    def why(self) -> str:
        """Why it is there."""
    @property
    def expected_codes(self) -> list[str]:
        """The codes of which one must alert; empty for a benign variant."""
    @property
    def expected_severity(self) -> str | None:
        """The least severity that it must reach; None for a benign variant."""
    @property
    def formats(self) -> list[str]:
        """The formats of telemetry in which it can be rendered whole, some of them only together."""
    def events(self) -> list[dict[str, Any]]:
        """Its events as dicts, as `Engine.feed_event` takes them."""
    def render(self, format: str, /) -> bytes:
        """Its telemetry in a format, as bytes; events that the format cannot show are left out.

        Raises ValueError if there is no such format."""

@final
class Shards:
    """Engines that together do the work of one. `reader(number)` gives an engine to read input `number` with, in any
    thread; `finish` ends it. The events of a host go to one engine, in the order of the inputs, so the alerts are
    those of a single engine."""

    def __new__(
        cls,
        policy: Policy | str | bytes | PathLike[str] | dict[str, Any] | None,
        catalog: Catalog | None,
        memory: int,
        max_alerts: int,
        threads: int,
        /,
    ) -> Shards: ...
    def reader(self, number: int) -> Engine:
        """An engine to read input `number` with. Numbers count from 0."""
    def stop(self) -> None:
        """Makes all readers stop, in whatever they do."""
    def flush(self) -> FeedReport:
        """Judges all events, in one thread an engine."""
    def start_learning(self) -> None:
        """As `Engine.start_learning`, for all engines."""
    def take_learned(self) -> Baseline | None:
        """What all engines have learned; None if they did not learn."""
    def set_baseline(self, baseline: Baseline | None, /) -> None:
        """As `Engine.set_baseline`, for all engines."""
    def sort_alerts(self) -> None:
        """Keeps only the last revision of each waiting alert."""
    def alerts(self) -> Alerts:
        """All waiting alerts, by time."""
    def coverage(self) -> Coverages:
        """As `Engine.coverage`."""
    def near_misses(self, most: int = 50) -> list[dict[str, Any]]:
        """As `Engine.near_misses`, the surest of all engines first."""
    def timeline(self, id: str, before: float = 600.0, after: float = 600.0) -> dict[str, Any] | None:
        """As `Engine.timeline`: an alert is known to the engine of its host."""
    def exposure(self) -> list[dict[str, Any]]:
        """As `Engine.exposure`, by host."""
    def explain(self, pid: int, host: str = "") -> list[dict[str, Any]]:
        """As `Engine.explain`."""
    def stats(self) -> dict[str, Any]:
        """The counters of all engines together."""

@final
class Restored:
    """What a restored engine could not go on with."""

    @property
    def dropped(self) -> dict[str, int]:
        """Behaviors that the catalog does not have, or has with another content, with the number of partial matches
        dropped."""
    @property
    def left(self) -> list[str]:
        """Parts of the state that another version of the library wrote and that this one cannot read: they begin anew.
        """
    @property
    def is_whole(self) -> bool:
        """Whether the engine goes on with everything."""

@final
class FeedReport:
    """The result of a call that read records."""

    @property
    def records(self) -> int:
        """Records taken."""
    @property
    def events(self) -> int:
        """Events read from them."""
    @property
    def skipped(self) -> int:
        """Records of no interest."""
    @property
    def error_count(self) -> int:
        """Records that could not be decoded."""
    @property
    def errors(self) -> list[DecodeError]:
        """The first of those errors."""
    @property
    def judged(self) -> str:
        """Whether the stream was judged so far: "yes", "nothing_of_interest", "nothing_decoded", "unknown_format" or
        "empty"."""

@final
class StreamReport:
    """The report on a stream: its content, what could not be decoded, and whether it was judged."""

    @property
    def judged(self) -> str:
        """"yes", "nothing_of_interest", "nothing_decoded", "unknown_format" or "empty"."""
    @property
    def formats(self) -> dict[str, int]:
        """Records by format."""
    @property
    def records(self) -> int:
        """Records taken."""
    @property
    def events(self) -> int:
        """Events read from them."""
    @property
    def skipped(self) -> dict[str, int]:
        """Well-formed records without an event, by reason."""
    @property
    def errors(self) -> dict[str, int]:
        """Number of records that could not be decoded, by reason."""
    @property
    def first_errors(self) -> list[DecodeError]:
        """The first errors of each reason, as `DecodeError`."""
    @property
    def ignored(self) -> dict[str, int]:
        """The kinds of records that no behavior reads (at most 16), with the number of records of each."""

@final
class InputReport:
    """The report on one input of a file: the file itself, or a file in an archive."""

    @property
    def name(self) -> str:
        """Its path; in an archive, the archive's path with the path inside it."""
    @property
    def stream(self) -> StreamReport | None:
        """The report on its stream; None if it could not be opened."""
    @property
    def errors(self) -> list[DecodeError]:
        """Records that could not be decoded, at most 16 per MiB."""
    @property
    def faults(self) -> list[str]:
        """The first faults in the chunks of an event log."""
    @property
    def fault_count(self) -> int:
        """Number of faults."""
    @property
    def unreadable(self) -> OSError | None:
        """Why it could not be read to its end, as an `OSError`."""
    @property
    def looks_like(self) -> str | None:
        """The format that was recognized, if `format` named another one."""

@final
class Stream:
    """A stream of one engine. Made by `Engine.open_stream`."""

    def feed(
        self,
        data: bytes | bytearray | memoryview | str | dict[str, Any] | Iterable[bytes | str | dict[str, Any]],
        /,
    ) -> FeedReport:
        """Feeds telemetry, as `Engine.feed` does."""
    def feed_frame(
        self, data: ArrowStream | ArrowArray, mapping: str | Mapping[str, str] | None = None
    ) -> FeedReport:
        """Feeds the rows of a data frame: an object with `__arrow_c_stream__` or `__arrow_c_array__`. With a str as
        `mapping`, the column of that name holds raw records. With a dict, a row is a record with these members, each
        the value of a column; without one, all columns are members. Dots in a member's name make objects."""
    @property
    def number(self) -> int | None:
        """The stream's number, by which a restored engine knows it; None when it is closed."""
    def record(self, number: int, record: bytes | str | dict[str, Any]) -> FeedReport:
        """Reads one whole record with the number that its container gives it (an EVTX record rendered as JSON)."""
    def settle(self) -> FeedReport:
        """Makes the decoder hand over the events it holds back, as when a live feed is quiet. The call loses nothing at
        any moment: if more records of an event follow, the event is judged again with them."""
    def settle_quiet(self) -> FeedReport:
        """Makes the decoder hand over the events that got no record since the last call. Call it regularly, by the
        clock, while a live feed goes on."""
    def report(self) -> StreamReport:
        """The report on the stream so far, or on the closed stream."""
    def close(self) -> FeedReport:
        """Closes the stream; its last line needs no line break. Closing it again does nothing."""
    def __enter__(self) -> Stream: ...
    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None: ...

@final
class Engine:
    """Detects abuse of inter-process communication in the telemetry of any number of hosts.

    The one rule: feed or advance, then drain `alerts()`. Calls from several threads take turns.

    `memory` is the limit in bytes, of any size: memory is allocated as it is needed. `seed` is the seed of all hash
    tables: without one, the engine draws a secret one from the platform, so that nobody can prepare colliding
    telemetry. Give one for runs that must be reproducible under memory pressure."""

    def __new__(
        cls,
        policy: Policy | str | bytes | PathLike[str] | dict[str, Any] | None = None,
        *,
        catalog: Catalog | None = None,
        lateness: float = 0.0,
        memory: int = ...,
        max_alerts: int = 4096,
        seed: int | None = None,
        host: str | bytes | None = None,
    ) -> Engine: ...
    def feed(
        self,
        data: bytes | bytearray | memoryview | str | dict[str, Any] | Iterable[bytes | str | dict[str, Any]],
        /,
    ) -> FeedReport:
        """Feeds telemetry to the engine's own stream, which recognizes the format of each record: bytes as a chunk that
        may end anywhere, a str of whole lines, a dict as one JSON record, or an iterable of lines and dicts."""
    def open_stream(
        self,
        format: str | None = None,
        *,
        host: str | bytes | None = None,
        record_base: int = 0,
        file: int = 0,
    ) -> Stream:
        """Opens another stream. Without a format, the format of each record is recognized, also inside wrappers."""
    def read_file(
        self,
        source: str | PathLike[str] | bytes | bytearray | memoryview | OpenFile,
        *,
        name: str = "open file",
        format: str | None = None,
        host: str | bytes | None = None,
        file: int = 0,
        include: list[str] = ...,
        stop: bool = False,
        progress: Callable[[int], object] | None = None,
    ) -> list[InputReport]:
        """Reads a file, which may be compressed, an archive or a Windows event log: a path, the file's bytes, or an
        open file, for which `name` stands in the reports. `file` is the index of its first input. Returns a report
        on each input.

        `progress` is called now and then with the number of bytes read since the last call."""
    def feed_events(
        self,
        events: Iterable[dict[str, Any]] | Iterable[object] | ArrowStream | ArrowArray,
        *,
        mapping: str | Mapping[str, str] | None = None,
        host: str | bytes | None = None,
        file: int = 0,
    ) -> FeedReport:
        """Feeds typed events: dicts or dataclasses with the members that `Scenario.events` shows, or the rows of a data
        frame with such columns (`time`, `os`, `actor.pid`, `kind.endpoint_create.endpoint.name`). `host` is the host
        of events that name none, `file` the index of the input. The number of an event is its `record`, or else its
        place. What is no event is reported as a `DecodeError`, and the rest goes on."""
    @staticmethod
    def restore(
        snapshot: bytes | bytearray | memoryview,
        /,
        policy: Policy | str | bytes | PathLike[str] | dict[str, Any] | None = None,
        *,
        catalog: Catalog | None = None,
        lateness: float = 0.0,
        memory: int = ...,
        max_alerts: int = 4096,
        host: str | bytes | None = None,
    ) -> tuple[Engine, Restored]:
        """An engine that goes on where the one went on that wrote this snapshot, also in another process and with
        another catalog or policy, and what it could not go on with. The seed is that of the snapshot. Streams that
        were open are open: `feed` goes on with its own, and `stream(number)` gives the others.

        Raises RestoreError if the snapshot is damaged, or holds more than the limits allow."""
    def snapshot(self) -> bytes:
        """All state as bytes: hosts, processes, partial matches, events and alerts that wait, and what open streams
        hold. `Engine.restore` makes an engine of it. Catalog, policy and limits are not part of it; the seed is, so
        keep it as secret as the seed. Pickling an engine takes a snapshot, too, and adds the rest."""
    def start_learning(self) -> None:
        """Learns from now on what is usual. What is learned changes no alert of this engine; `set_baseline` makes one
        use it."""
    def take_learned(self) -> Baseline | None:
        """Ends learning, and returns what was learned; None if the engine did not learn."""
    def set_baseline(self, baseline: Baseline | None, /) -> None:
        """Judges alerts by a baseline from now on, or by none: those that are usual as a whole fall to low."""
    def replace(
        self,
        policy: Policy | str | bytes | PathLike[str] | dict[str, Any] | None = None,
        *,
        catalog: Catalog | None = None,
    ) -> dict[str, int]:
        """Gives the engine another policy or catalog, or both, while it runs. State of the behaviors that are in both
        catalogs with the same content stays. Returns the others that had state, with the number of partial matches
        dropped."""
    def stream(self, number: int) -> Stream:
        """An open stream by its number, as after `restore`.

        Raises ValueError if no such stream is open."""
    def __reduce__(self) -> tuple[Any, ...]: ...
    def _finish(self, inputs: int) -> None:
        """Of an engine that reads for `Shards`: ends its turn. It has read so many inputs."""
    def advance(self, host: str | bytes, time: int) -> None:
        """Advances a host's time to `time` (nanoseconds since 1970, UTC), as an event of that time would."""
    def elapse(self, seconds: float) -> None:
        """Reports that so many seconds have passed since the last event of every host, as when a live feed is quiet:
        checks that waited for that long run now. Events with earlier times that follow do not count as late. Raises
        ValueError if `seconds` is negative or not a number."""
    def flush(self) -> FeedReport:
        """Judges all events that wait, as at the end of the input."""
    def sort_alerts(self) -> None:
        """Sorts the waiting alerts for a report over complete input: by time, and only the last revision of each."""
    def next_deadline(self) -> int | None:
        """The next event time (nanoseconds since 1970, UTC) at which `advance` has something to do, or
        `Stream.settle_quiet` for events that a decoder holds back; None if nothing waits."""
    def poll(self) -> Alert | None:
        """The next alert, or None if there is none."""
    def alerts(self) -> Alerts:
        """All waiting alerts, in the order in which they were raised."""
    def poll_suppressed(self) -> Alert | None:
        """The next alert that entries of the policy cover, or the next revision of one; None if there is none. It was
        counted once and is not raised; its `suppressed_by` names the entries."""
    def policy_use(self) -> list[dict[str, Any]]:
        """What each entry of the policy did: its path, owner and reason; how many alerts it was asked about, matched,
        and would have matched had it not expired; when it last matched, and whether it has expired."""
    def coverage(self) -> Coverages:
        """Of each host, the kinds of events it sent, and which behaviors these can show."""
    def near_misses(self, most: int = 50) -> list[dict[str, Any]]:
        """What almost raised an alert, the surest first: the clauses that are met, those of which one was missing, the
        records. It looks through all that the engine keeps."""
    def timeline(self, id: str, before: float = 600.0, after: float = 600.0) -> dict[str, Any] | None:
        """What the processes of an alert, or of all alerts of an incident, and their lineages did, from so many seconds
        before the first record to so many after the last; None if the engine keeps no such alert. Raises ValueError
        if the seconds are negative or not numbers."""
    def exposure(self) -> list[dict[str, Any]]:
        """What makes attacks easier, apart from alerts, each once for a host, an object and a program: features that
        are on, permissions that are wide, clients with more rights than they need, with advice and ids of ATT&CK
        mitigations."""
    def explain(self, pid: int, host: str = "") -> list[dict[str, Any]]:
        """What is known of the processes that had a pid on a host, in order of time. An empty host is any host."""
    def stats(self) -> dict[str, Any]:
        """All counters of the engine."""
    def __enter__(self) -> Engine: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Flushes the engine, unless an exception left the block. Alerts may still be drained afterwards."""
