"""Hunting through complete telemetry."""

from __future__ import annotations

import math
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Literal, Union, cast

from ._alerts import Alerts
from ._errors import DecodeError, NotJudgedError, NotJudgedWarning
from ._judged import InputJudged, Judged, of_file, of_stream
from ._native import Catalog, Engine, FeedReport, detect_format, places

# All events are held, to be judged in order of time.
_MEMORY = 8 << 30 if sys.maxsize > 1 << 32 else 1 << 30
_MAX_ALERTS = 1 << 20
# Matches a str that looks like a path: a glob, or a name with a folder or an extension.
_PATH_LIKE = re.compile(r"[^\s<>{}=\"]*([/\\][^\s<>{}=\"]+|\.\w{1,8}|[*?])[^\s<>{}=\"]*")

Path = Union[str, "os.PathLike[str]"]
Record = Union[str, bytes, "dict[str, Any]"]
Source = Union[Path, bytes, bytearray, memoryview, Iterable[Path], Iterable[Record]]
Policy = Union[str, bytes, "os.PathLike[str]", "dict[str, Any]"]


def hunt(
    source: Source,
    *,
    policy: Policy | None = None,
    catalog: Catalog | None = None,
    format: str | None = None,
    host: str | bytes | None = None,
    include: str | Iterable[str] = (),
    on_error: Literal["collect", "raise", "skip"] = "collect",
) -> Alerts:
    """Hunts through telemetry and gives the alerts, in order of time.

    Args:
        source: a path or an iterable of paths, bytes, or an iterable of records: lines (str, bytes) or dicts. A path
            may name a folder, which is read with everything below it, or be a glob. Compressed files, zip and tar
            archives and Windows event logs are recognized by content. All inputs are judged together. In an iterable
            of str each is a path if the first one names a file, a folder or a glob, or looks like a path; otherwise
            each is a line. Say `pathlib.Path` to leave no doubt.
        policy: a dict, JSON text, or an `os.PathLike` of a file.
        catalog: what to look for, if not the builtin catalog.
        format: the telemetry's format; recognized in each input if not given.
        host: the host of records that name none.
        include: globs of the files to read of folders and archives; all, if not given.
        on_error: what to do about records that cannot be read: collect them in `Alerts.errors`, raise the first as a
            `DecodeError`, or skip them. They are counted in any case. "skip" also makes a warning of an input that
            was not judged at all.

    Raises:
        PolicyError: the policy is wrong.
        DecodeError: a record cannot be read, and `on_error="raise"`.
        NotJudgedError: an input is of no known format, holds no record that could be read, or cannot be unpacked to
            its end. Its `alerts` are those of everything else.
        OSError: a file cannot be read; FileNotFoundError, if there is none.
    """
    if on_error not in ("collect", "raise", "skip"):
        raise ValueError(f"on_error is 'collect', 'raise' or 'skip', not {on_error!r}")
    globs = [include] if isinstance(include, str) else list(include)
    run = _Run(Engine(policy, catalog=catalog, lateness=math.inf, memory=_MEMORY, max_alerts=_MAX_ALERTS), on_error)
    paths, records = _told_apart(source)
    # Look all paths up first, so that a wrong one raises before hours of reading.
    for path in [place for path in paths for place in places(os.fspath(path), globs)]:
        run.file(path, format, host, globs)
    if records is not None:
        run.records(records, format, host)
    return run.alerts()


class _Run:
    """One hunt: the engine and the reports on its inputs."""

    def __init__(self, engine: Engine, on_error: str) -> None:
        self._engine = engine
        self._on_error = on_error
        self._errors: list[DecodeError] = []
        self._inputs: list[InputJudged] = []

    def file(self, path: os.PathLike[str], format: str | None, host: str | bytes | None, globs: list[str]) -> None:
        is_strict = self._on_error == "raise"
        reports = self._engine.read_file(
            path, format=format, host=host, file=len(self._inputs), include=globs, stop=is_strict
        )
        for report in reports:
            error = report.unreadable
            # Errors of the operating system are raised; an input that cannot be unpacked was not judged.
            if error is not None and error.errno is not None and self._on_error != "skip":
                raise error
            faults = [DecodeError(fault) for fault in report.faults]
            self._note(report.errors + faults)
            self._inputs.append(of_file(report))

    def records(self, records: Iterable[Any], format: str | None, host: str | bytes | None) -> None:
        stream = self._engine.open_stream(format, host=host, file=len(self._inputs))
        for chunk in records:
            self._note(stream.feed(chunk).errors)
        self._note(stream.close().errors)
        self._inputs.append(of_stream("records", stream.report()))

    def _note(self, errors: list[DecodeError]) -> None:
        if self._on_error == "raise" and errors:
            raise errors[0]
        if self._on_error == "collect":
            self._errors.extend(errors)

    def alerts(self) -> Alerts:
        report: FeedReport = self._engine.flush()
        self._note(report.errors)
        self._engine.sort_alerts()
        judged = Judged(tuple(self._inputs))
        alerts = Alerts(self._engine.alerts(), errors=self._errors, stats=self._engine.stats(), judged=judged)
        if judged.not_judged:
            first, *rest = judged.not_judged
            more = f"; and {len(rest)} more (alerts.judged.not_judged lists them)" if rest else ""
            message = f"not judged: {first.describe()}{more}"
            if self._on_error != "skip":
                raise NotJudgedError(message, alerts)
            warnings.warn(message, NotJudgedWarning, stacklevel=3)
        return alerts


def _told_apart(source: Source) -> tuple[Iterable[Path], Iterable[Any] | None]:
    """The source as a list of paths or as an iterable of records."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return [], [source]
    if isinstance(source, (str, os.PathLike)):
        return [source], None
    if isinstance(source, Mapping):
        raise TypeError("one record is no telemetry: give a list of them")
    items: Iterator[Any] = iter(cast("Iterable[Any]", source))
    first = next(items, None)
    if first is None:
        return [], None
    if isinstance(first, os.PathLike) or (isinstance(first, str) and _is_path(first)):
        return chain([first], items), None
    return [], [[first], items]


def _is_path(text: str) -> bool:
    """Whether a str is a path rather than a line of telemetry."""
    try:
        if os.path.exists(text):
            return True
    except ValueError:  # a NUL, or too long
        return False
    return _PATH_LIKE.fullmatch(text) is not None and detect_format(text.encode()) is None
