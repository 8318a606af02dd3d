"""Structured Streaming: an engine a host, kept in Spark's state store between micro-batches."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable

from ._hunt import is_typed
from ._native import Engine

if TYPE_CHECKING:
    import pandas
    from pyspark.sql import Column, DataFrame

    from .spark import _Options

_STATE = "snapshot binary, newest long"
"""What is kept of a host: the engine, and the time of its newest record in microseconds."""
_NEVER = -(1 << 63)
_LOG = logging.getLogger("ipcsentry.spark")


def alerts(
    df: DataFrame, time: str, lateness: float, memory: int, options: _Options, schema: str
) -> DataFrame:
    """The alerts of a streaming data frame."""
    from pyspark.sql import functions
    from pyspark.sql.streaming.state import GroupStateTimeout
    from pyspark.sql.types import TimestampType

    for name in (options.host, time):
        if name not in df.columns:
            raise ValueError(f"no column {name!r}; there are {', '.join(df.columns)}")
    if not isinstance(df.schema[time].dataType, TimestampType):
        raise ValueError(f"column {time!r} is {df.schema[time].dataType.simpleString()}, not a timestamp")
    if not (0 <= lateness < math.inf):
        raise ValueError(f"lateness is seconds, 0 or more, not {lateness!r}")
    moment = functions.col(f"`{time}`")
    records = df.select(
        functions.col(f"`{options.host}`").cast("string").alias("host"),
        moment.alias("time"),
        functions.unix_micros(moment).alias("micros"),
        _record(df, options.mapping).alias("record"),
    )
    work = _worker(lateness, memory, options, _is_typed(df, options.mapping))
    watched = records.withWatermark("time", f"{math.ceil(lateness * 1000)} milliseconds")
    by_host = watched.groupBy("host")
    return by_host.applyInPandasWithState(work, schema, _STATE, "append", GroupStateTimeout.EventTimeTimeout)


def _is_typed(df: DataFrame, mapping: str | Mapping[str, str] | None) -> bool:
    return not isinstance(mapping, str) and is_typed(df.columns if mapping is None else mapping)


def _record(df: DataFrame, mapping: str | Mapping[str, str] | None) -> Column:
    """The record of a row: a column, or JSON of the columns that are its members. Dots in their names make objects."""
    from pyspark.sql import functions

    if isinstance(mapping, str):
        return functions.col(f"`{mapping}`").cast("string")
    tree: dict[str, Any] = {}
    for name, column in (mapping or {name: name for name in df.columns}).items():
        *outer, last = name.split(".")
        place = tree
        for part in outer:
            place = place.setdefault(part, {})
        place[last] = functions.col(f"`{column}`")

    def struct(members: dict[str, Any]) -> Column:
        parts = [(struct(one) if isinstance(one, dict) else one).alias(name) for name, one in members.items()]
        return functions.struct(*parts)

    # The session's time zone must not change what a record says.
    times = {"timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", "timeZone": "UTC"}
    return functions.to_json(struct(tree), times)


def _worker(lateness: float, memory: int, options: _Options, is_typed: bool) -> Callable[..., Iterator[pandas.DataFrame]]:
    def work(key: tuple[Any, ...], frames: Iterable[pandas.DataFrame], state: Any) -> Iterator[pandas.DataFrame]:
        host = "" if key[0] is None else str(key[0])
        snapshot, newest = state.get if state.exists else (None, _NEVER)
        engine = _engine(snapshot, host, lateness, memory, options)
        rows = [] if state.hasTimedOut else list(frames)
        if rows:
            import pandas

            # A micro-batch comes in any order, and spans more than the lateness.
            sent = pandas.concat(rows).sort_values("micros", kind="stable")
            newest = int(max(newest, *sent["micros"].dropna().tail(1)))
            _feed(engine, sent["record"], is_typed, options.on_error)
        watermark = state.getCurrentWatermarkMs()
        # The watermark passes what this host sent so long ago that nothing earlier can follow, on any host.
        passed = watermark / 1000 + lateness - newest / 1e6
        if passed > 0:
            engine.stream(0).settle()
            engine.elapse(passed)
        found = engine.alerts().filter(min_severity=options.min_severity)
        state.update((engine.snapshot(), newest))
        deadline = engine.next_deadline()
        if deadline is not None:
            due = deadline // 1_000_000 - math.floor(lateness * 1000)
            state.setTimeoutTimestamp(max(due, watermark + 1))
        if len(found):
            yield _rows(found)

    return work


def _engine(snapshot: bytes | None, host: str, lateness: float, memory: int, options: _Options) -> Engine:
    from .spark import _catalog

    catalog = _catalog(options.rules)
    if snapshot is None:
        return Engine(options.policy, catalog=catalog, lateness=lateness, memory=memory, host=host)
    engine, report = Engine.restore(
        snapshot, options.policy, catalog=catalog, lateness=lateness, memory=memory, host=host
    )
    if not report.is_whole:
        _LOG.warning("host %r goes on without a part of its state: %r", host, report)
    return engine


def _feed(engine: Engine, records: pandas.Series[Any], is_typed: bool, on_error: str) -> None:
    lines = [line for line in records if isinstance(line, str)]
    if is_typed:
        report = engine.feed_events(json.loads(line) for line in lines)
    else:
        report = engine.feed(lines) if lines else engine.feed(b"")
    if on_error == "raise" and report.errors:
        raise report.errors[0]


def _rows(found: Any) -> pandas.DataFrame:
    from .spark import _alert_rows

    rows: pandas.DataFrame = _alert_rows(found).to_pandas()
    return rows
