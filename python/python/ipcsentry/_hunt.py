"""Hunting through complete telemetry."""

from __future__ import annotations

import math
import os
import re
import sys
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Callable, Literal, Protocol, Union, cast

from ._alerts import Alerts
from ._errors import DecodeError, NotJudgedError, NotJudgedWarning
from ._judged import InputJudged, Judged, of_events, of_file, of_stream
from ._native import Baseline, Catalog, Engine, FeedReport, Policy, Shards, Stream, detect_format, places
from ._progress import Progress
from ._raw import Origin, Place, RawRecords
from ._rules import Rules, catalog_of

if TYPE_CHECKING:
    from ._times import Time

# All events are held, to be judged in order of time.
_MEMORY = 8 << 30 if sys.maxsize > 1 << 32 else 1 << 30
_MAX_ALERTS = 1 << 20
_MOST_THREADS = 256
# Seconds between looks for Ctrl-C while other threads read.
_LOOK = 0.05
# Matches a str that looks like a path: a glob, or a name with a folder or an extension.
_PATH_LIKE = re.compile(r"[^\s<>{}=\"]*([/\\][^\s<>{}=\"]+|\.\w{1,8}|[*?])[^\s<>{}=\"]*")


class ArrowStream(Protocol):
    """A table of pandas, polars, pyarrow, duckdb and others."""

    def __arrow_c_stream__(self, requested_schema: object = None, /) -> object:
        """An Arrow stream in a PyCapsule."""


class ArrowArray(Protocol):
    """A batch of rows of pyarrow and others."""

    def __arrow_c_array__(self, requested_schema: object = None, /) -> tuple[object, object]:
        """An Arrow schema and array in PyCapsules."""


class OpenFile(Protocol):
    """A file that is open for reading, or anything else with `read`."""

    def read(self, size: int, /) -> bytes | str:
        """At most so many bytes or characters; none at the end."""


Path = Union[str, "os.PathLike[str]"]
Record = Union[str, bytes, "dict[str, Any]"]
Frame = Union[ArrowStream, ArrowArray]
Source = Union[Path, bytes, bytearray, memoryview, Frame, OpenFile, Iterable[Path], Iterable[Record], Iterable[Frame]]
PolicyLike = Union[Policy, str, bytes, "os.PathLike[str]", "dict[str, Any]"]
Columns = Union[str, "Mapping[str, str]"]


def hunt(
    source: Source,
    *,
    policy: PolicyLike | None = None,
    rules: Rules | None = None,
    catalog: Catalog | None = None,
    format: str | None = None,
    host: str | bytes | None = None,
    include: str | Iterable[str] = (),
    mapping: Columns | None = None,
    since: Time | None = None,
    until: Time | None = None,
    min_severity: str | None = None,
    threads: int = 1,
    progress: bool = False,
    on_error: Literal["collect", "raise", "skip"] = "collect",
    baseline: Baseline | None = None,
) -> Alerts:
    """Hunts through telemetry and returns the alerts, in order of time.

    Args:
        source: one of

            - a path, or an iterable of paths. A path may name a folder, which is read with everything below it, or be
              a glob. Compressed files, zip and tar archives and Windows event logs are recognized by content;
            - bytes, or an open file, with the content of such a file;
            - an iterable of records: lines (str, bytes) or dicts. Values of a dict may be datetimes, bytes, or scalars
              of numpy and pandas; members that are None, NaN or NaT are left out;
            - a data frame of pandas, polars, pyarrow, duckdb or any other library with the Arrow PyCapsule interface,
              or an iterable of these; see `mapping`.

            All inputs are judged together. In an iterable of str, each is a path if the first one names a file, a
            folder or a glob, or looks like a path; otherwise each is a line. `pathlib.Path` leaves no doubt.
        policy: a `Policy`, a dict, JSON text, or an `os.PathLike` of a file.
        rules: rules to add to the built-in ones: documents (dicts, JSON text) or paths of files and folders.
        catalog: what to look for, if not the built-in catalog.
        format: the telemetry's format; recognized in each input if not given.
        host: the host of records that name none.
        include: globs of the files to read of folders and archives; all, if not given.
        mapping: of a data frame, the name of the column that holds raw records; or a dict that maps the members of a
            record to columns. Without it, the columns are the members of a record, and the kind of record is
            recognized by them: `SecurityEvent`, Defender's and Sentinel's tables, osquery, flat Windows events, and
            flattened ones of Elastic (`process.pid`) and evtx (`Event.System.EventID`), whose dots make objects. Columns
            `time`, `os` and `kind.…` or `tag` are those of typed events; see `Engine.feed_events`.
        since: leave out alerts before this time; earlier events are still judged, as context of later ones.
        until: leave out alerts at or after this time.
        min_severity: leave out alerts of a lower severity.
        threads: how many threads read inputs (files, and each of several frames) and judge hosts, in parallel. The
            alerts are the same for any number. More than one reads iterables and open files in a thread of its own, and
            each may take the memory of one.
        progress: show the progress by `tqdm.auto`, which must be installed.
        on_error: what to do about records that cannot be read: collect them in `Alerts.errors`, raise the first as a
            `DecodeError`, or skip them. They are counted in any case. "skip" also makes a warning of an input that
            was not judged at all.
        baseline: what is usual: alerts that are usual as a whole fall to low, and none is silenced. `Baseline.learn`
            makes one.

    Raises:
        PolicyError: the policy is wrong.
        CatalogError: a rule is wrong.
        DecodeError: a record cannot be read, and `on_error="raise"`.
        NotJudgedError: an input is of no known format, holds no record that could be read, or cannot be unpacked to
            its end. Its `alerts` are those of everything else.
        OSError: a file cannot be read; FileNotFoundError, if there is none.
        TypeError: the source or a value in it is of a type that holds no telemetry.
        ValueError: an argument is wrong; a dict is more than 64 levels deep or contains itself; a data frame fails.
        ImportError: `progress=True` without tqdm; a frame of pandas that cannot be read without pyarrow.
        KeyboardInterrupt: Ctrl-C was pressed; what was read so far is lost.
    """
    alerts, _ = _judged(
        source, policy, rules, catalog, format, host, include, mapping, since, until, min_severity, threads, progress,
        on_error, baseline, False,
    )  # fmt: skip
    return alerts


def _learn(
    source: Source,
    *,
    policy: PolicyLike | None = None,
    rules: Rules | None = None,
    catalog: Catalog | None = None,
    format: str | None = None,
    host: str | bytes | None = None,
    include: str | Iterable[str] = (),
    mapping: Columns | None = None,
    threads: int = 1,
    progress: bool = False,
    on_error: Literal["collect", "raise", "skip"] = "collect",
) -> Baseline:
    """What telemetry shows to be usual; see `Baseline.learn`."""
    _, learned = _judged(
        source, policy, rules, catalog, format, host, include, mapping, None, None, None, threads, progress, on_error,
        None, True,
    )  # fmt: skip
    return learned or Baseline()


def _judged(
    source: Source,
    policy: PolicyLike | None,
    rules: Rules | None,
    catalog: Catalog | None,
    format: str | None,
    host: str | bytes | None,
    include: str | Iterable[str],
    mapping: Columns | None,
    since: Time | None,
    until: Time | None,
    min_severity: str | None,
    threads: int,
    progress: bool,
    on_error: str,
    baseline: Baseline | None,
    learns: bool,
) -> tuple[Alerts, Baseline | None]:
    """The alerts in telemetry, and what was learned of it."""
    if on_error not in ("collect", "raise", "skip"):
        raise ValueError(f"on_error is 'collect', 'raise' or 'skip', not {on_error!r}")
    if isinstance(threads, bool) or not isinstance(threads, int) or not 1 <= threads <= _MOST_THREADS:
        raise ValueError(f"threads is a number from 1 to {_MOST_THREADS}, not {threads!r}")
    globs = [include] if isinstance(include, str) else list(include)
    # A wrong argument raises before hours of reading.
    Alerts().filter(since=since, until=until, min_severity=min_severity)
    catalog = catalog_of(catalog, rules)
    judge: Engine | Shards
    if threads == 1:
        judge = Engine(policy, catalog=catalog, lateness=math.inf, memory=_MEMORY, max_alerts=_MAX_ALERTS)
    else:
        judge = Shards(policy, catalog, _MEMORY, _MAX_ALERTS, threads)
    judge.set_baseline(baseline)
    if learns:
        judge.start_learning()
    run = _Run(judge, on_error, format, host)
    paths, inputs = _sorted_out(source)
    found = [place for path in paths for place in places(os.fspath(path), globs)]
    with Progress(found, progress) as bar:
        files = (partial(_Reader.file, path=path, globs=globs, bar=bar) for path in found)
        others = (partial(_Reader.take, source=one, mapping=mapping, bar=bar) for one in inputs)
        run.read(chain(files, others), threads)
        alerts = run.alerts()
    return alerts.filter(since=since, until=until, min_severity=min_severity), judge.take_learned()


class _Reader:
    """Reads inputs by an engine, and keeps the reports on them."""

    def __init__(self, engine: Engine, on_error: str, format: str | None, host: str | bytes | None) -> None:
        self._engine = engine
        self._on_error = on_error
        self._format = format
        self._host = host
        self.errors: list[DecodeError] = []
        self.inputs: list[InputJudged] = []
        self.origins: dict[int, Origin] = {}

    def file(self, path: os.PathLike[str], globs: list[str], bar: Progress) -> None:
        """Reads the file of a path."""
        self._read(path, os.fspath(path), globs, bar.file(path))

    def take(self, source: Any, mapping: Columns | None, bar: Progress) -> None:
        """Reads bytes, an open file, a data frame, or an iterable of records."""
        if isinstance(source, (bytes, bytearray, memoryview)):
            data = bytes(source)
            self._read(data, "bytes", [], bar.bytes(len(data)))
        elif _is_frame(source) and _is_typed(source, mapping):
            report = self._engine.feed_events(source, mapping=mapping, host=self._host, file=len(self.inputs))
            self._note(report.errors)
            self.inputs.append(of_events("data frame", report))
        elif _is_frame(source):
            with self._stream("data frame") as stream:
                self._note(stream.feed_frame(source, mapping).errors)
        elif _is_pandas(source):
            if mapping is not None or any("." in str(name) for name in source.columns):
                raise ImportError("a frame of pandas with mapping= or dots in its columns needs pyarrow")
            with self._stream("data frame") as stream:
                self._note(stream.feed(source.to_dict("records")).errors)
        elif callable(getattr(source, "read", None)):
            self._read(source, str(getattr(source, "name", "open file")), [], bar.bytes(None))
        else:
            if isinstance(source, Sequence):
                self.origins[len(self.inputs)] = source
            with self._stream("records") as stream:
                self._note(stream.feed(bar.records(source)).errors)

    def _read(self, source: Any, name: str, globs: list[str], note: Callable[[int], None] | None) -> None:
        reports = self._engine.read_file(
            source,
            name=name,
            format=self._format,
            host=self._host,
            file=len(self.inputs),
            include=globs,
            stop=self._on_error == "raise",
            progress=note,
        )
        for report in reports:
            error = report.unreadable
            # Errors of the operating system are raised; an input that cannot be unpacked was not judged.
            if error is not None and error.errno is not None and self._on_error != "skip":
                raise error
            faults = [DecodeError(fault) for fault in report.faults]
            self._note(report.errors + faults)
            if isinstance(source, (bytes, os.PathLike)):
                origin = source if isinstance(source, bytes) else os.fspath(source)
                self.origins[len(self.inputs)] = Place(origin, report.name)
            self.inputs.append(of_file(report))

    def _stream(self, name: str) -> _Open:
        return _Open(self, name, self._engine.open_stream(self._format, host=self._host, file=len(self.inputs)))

    def _closed(self, name: str, stream: Stream) -> None:
        self._note(stream.close().errors)
        self.inputs.append(of_stream(name, stream.report()))

    def _note(self, errors: list[DecodeError]) -> None:
        if self._on_error == "raise" and errors:
            raise errors[0]
        if self._on_error == "collect":
            self.errors.extend(errors)


class _Run:
    """One hunt: what judges, and the reports on all inputs."""

    def __init__(self, judge: Engine | Shards, on_error: str, format: str | None, host: str | bytes | None) -> None:
        self._judge = judge
        self._on_error = on_error
        self._reader = partial(_Reader, on_error=on_error, format=format, host=host)
        self._errors: list[DecodeError] = []
        self._inputs: list[InputJudged] = []
        self._origins: dict[int, Origin] = {}

    def read(self, tasks: Iterable[Callable[[_Reader], None]], threads: int) -> None:
        """Reads inputs: each task reads one by the reader that it is given."""
        if isinstance(self._judge, Engine):
            reader = self._reader(self._judge)
            for task in tasks:
                task(reader)
            self._take(reader)
        else:
            self._read_in_parallel(self._judge, tasks, threads)

    def _read_in_parallel(self, shards: Shards, tasks: Iterable[Callable[[_Reader], None]], threads: int) -> None:
        def read(number: int, task: Callable[[_Reader], None]) -> _Reader:
            engine = shards.reader(number)
            reader = self._reader(engine)
            task(reader)
            engine._finish(len(reader.inputs))
            return reader

        # The reports are taken in the order of the inputs, so that the first exception is that of the first input.
        reading: deque[Future[_Reader]] = deque()
        with ThreadPoolExecutor(threads, "ipcsentry") as pool:
            try:
                for number, task in enumerate(tasks):
                    if len(reading) == 2 * threads:
                        self._take(_result(reading.popleft()))
                    reading.append(pool.submit(read, number, task))
                while reading:
                    self._take(_result(reading.popleft()))
            except BaseException:
                shards.stop()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _take(self, reader: _Reader) -> None:
        for number, origin in reader.origins.items():
            self._origins[len(self._inputs) + number] = origin
        self._inputs += reader.inputs
        self._take_errors(reader.errors)

    def _take_errors(self, errors: list[DecodeError]) -> None:
        if self._on_error == "raise" and errors:
            raise errors[0]
        if self._on_error == "collect":
            self._errors.extend(errors)

    def alerts(self) -> Alerts:
        """Judges what waits, and returns all alerts."""
        report: FeedReport = self._judge.flush()
        self._take_errors(report.errors)
        self._judge.sort_alerts()
        judged = Judged(tuple(self._inputs))
        found = self._judge.alerts()
        raw = RawRecords(self._origins, found) if self._origins else None
        coverage = self._judge.coverage()
        stats = self._judge.stats()
        alerts = Alerts(found, errors=self._errors, stats=stats, judged=judged, coverage=coverage, raw=raw)
        if judged.not_judged:
            first, *rest = judged.not_judged
            more = f"; and {len(rest)} more (alerts.judged.not_judged lists them)" if rest else ""
            message = f"not judged: {first.describe()}{more}"
            if self._on_error != "skip":
                raise NotJudgedError(message, alerts)
            warnings.warn(message, NotJudgedWarning, stacklevel=3)
        return alerts


def _result(reading: Future[_Reader]) -> _Reader:
    """What a thread has read. Where other libraries have threads, the system may give a signal to one of them, and the main
    thread would wait on."""
    while not wait((reading,), _LOOK).done:
        pass
    return reading.result()


class _Open:
    """A stream of a run, closed and reported at the end of the block."""

    def __init__(self, reader: _Reader, name: str, stream: Stream) -> None:
        self._reader, self._name, self._stream = reader, name, stream

    def __enter__(self) -> Stream:
        return self._stream

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._reader._closed(self._name, self._stream)


def _is_frame(source: object) -> bool:
    if not (hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__")):
        return False
    if type(source).__module__.partition(".")[0] == "pandas":
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            return False
    return True


def _is_typed(source: Any, mapping: Columns | None) -> bool:
    """Whether the columns of a frame are members of typed events."""
    if isinstance(mapping, str):
        return False
    columns: Any = mapping if mapping is not None else getattr(source, "columns", None)
    if columns is None or not isinstance(next(iter(columns), None), str):
        columns = getattr(getattr(source, "schema", None), "names", ())
    return is_typed(columns)


def is_typed(columns: Iterable[object]) -> bool:
    """Whether columns are members of typed events, and not those of records."""
    names = {str(name) for name in columns}
    return {"time", "os"} <= names and any(name == "tag" or name.split(".")[0] == "kind" for name in names)


def _is_pandas(source: object) -> bool:
    """Whether it is a frame of pandas, which may lack pyarrow."""
    return hasattr(source, "to_dict") and hasattr(source, "columns")


def _sorted_out(source: Source) -> tuple[Iterable[Path], Iterable[Any]]:
    """The paths and the other inputs of a source."""
    if isinstance(source, (str, os.PathLike)):
        return [source], []
    if isinstance(source, Mapping):
        raise TypeError("one record is no telemetry: give a list of them")
    is_file = callable(getattr(source, "read", None))
    is_frame = _is_frame(source) or _is_pandas(source)
    if isinstance(source, (bytes, bytearray, memoryview)) or is_frame or is_file:
        return [], [source]
    items: Iterator[Any] = iter(cast("Iterable[Any]", source))
    first = next(items, None)
    if first is None:
        return [], []
    if isinstance(first, os.PathLike) or (isinstance(first, str) and _is_path(first)):
        return chain([first], items), []
    if _is_frame(first):
        return [], chain([first], items)
    return [], [source if isinstance(source, Sequence) else chain([first], items)]


def _is_path(text: str) -> bool:
    """Whether a str is a path rather than a line of telemetry."""
    try:
        if os.path.exists(text):
            return True
    except ValueError:  # a NUL, or too long
        return False
    return _PATH_LIKE.fullmatch(text) is not None and detect_format(text.encode(errors="replace")) is None
