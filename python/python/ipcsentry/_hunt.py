"""Hunting through telemetry that is all there."""

from __future__ import annotations

import gzip
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Literal, Union, cast

from ._alerts import Alerts
from ._errors import DecodeError
from ._native import Catalog, Engine, FeedReport

_CHUNK = 1 << 20
# For files, whose events are all held until they can be judged in order of time.
_MEMORY = 8 << 30 if sys.maxsize > 1 << 32 else 1 << 30
_MAX_ALERTS = 1 << 20

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
    on_error: Literal["collect", "raise", "skip"] = "collect",
) -> Alerts:
    """Hunts through telemetry and gives the alerts, in order of time.

    Args:
        source: a path or an iterable of paths (gzip is unpacked), bytes, or an iterable of records: lines (str, bytes)
            or dicts. Several files are judged together. In an iterable of str each is a path if the first one names a
            file, and a line otherwise; say `pathlib.Path` to leave no doubt.
        policy: a dict, JSON text, or an `os.PathLike` of a file.
        catalog: what to look for, if not the builtin catalog.
        format: the telemetry's format; recognized in each input if not given.
        host: the host of records that name none.
        on_error: what to do about records that cannot be read: collect them in `Alerts.errors`, raise the first as a
            `DecodeError`, or skip them. They are counted in any case.

    Raises:
        PolicyError: the policy is wrong.
        DecodeError: a record cannot be read, and `on_error="raise"`.
        OSError: a file cannot be read.
    """
    if on_error not in ("collect", "raise", "skip"):
        raise ValueError(f"on_error is 'collect', 'raise' or 'skip', not {on_error!r}")
    engine = Engine(policy, catalog=catalog, lateness=math.inf, memory=_MEMORY, max_alerts=_MAX_ALERTS)
    errors: list[DecodeError] = []

    def note(report: FeedReport) -> None:
        if on_error == "raise" and report.errors:
            raise report.errors[0]
        if on_error == "collect":
            errors.extend(report.errors)

    for file, chunks in enumerate(_inputs(source)):
        stream = engine.open_stream(format, host=host, file=file)
        for chunk in chunks:
            note(stream.feed(chunk))
        note(stream.close())
    note(engine.flush())
    engine.sort_alerts()
    return Alerts(engine.alerts(), errors=errors, stats=engine.stats())


def _inputs(source: Source) -> Iterator[Iterable[Any]]:
    """One iterable of what a stream takes for each input."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        yield [source]
    elif isinstance(source, (str, os.PathLike)):
        yield _chunks(source)
    elif isinstance(source, Mapping):
        raise TypeError("one record is no telemetry: give a list of them")
    else:
        items = iter(cast("Iterable[Any]", source))
        first = next(items, None)
        if isinstance(first, os.PathLike) or (isinstance(first, str) and os.path.isfile(first)):
            yield _chunks(first)
            for path in items:
                yield _chunks(path)
        elif first is not None:
            yield [[first], items]


def _chunks(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as plain:
        is_gzip = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        file = cast(BinaryIO, gzip.GzipFile(fileobj=plain)) if is_gzip else plain
        while chunk := file.read(_CHUNK):
            yield chunk
