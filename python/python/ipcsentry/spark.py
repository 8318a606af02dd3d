"""Hunting in Apache Spark: each host is judged by one engine in a worker, so that alerts are those of one machine.

>>> import ipcsentry.spark
>>> alerts = ipcsentry.spark.hunt(spark.table("sysmon"), host="host")  # doctest: +SKIP
>>> alerts.where("severity = 'critical'").show()  # doctest: +SKIP

The workers need this package and pyarrow. `pip install ipcsentry[spark]` installs what the driver needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable, Union

from . import _spark_pack
from ._alert import Alert
from ._alerts import Alerts
from ._coverage import Coverage
from ._hunt import Columns, PolicyLike
from ._hunt import hunt as _hunt
from ._native import Baseline, Catalog, Policy
from ._rules import Rule, Rules, catalog_of, documents

if TYPE_CHECKING:
    import pyarrow
    from pyspark.sql import DataFrame

__all__ = ["alerts", "coverage", "hunt", "hunt_stream", "learn"]

_ALERTS = (
    "host string, time timestamp, severity string, confidence double, code string, title string, explanation string, "
    "incident string, id string, revision long, count long, behavior string, techniques array<string>, "
    "initiator_kind string, initiator_image string, initiator_user string, initiator_address string, "
    "ipc_mechanism string, ipc_name string, json string"
)
_COVERAGE = (
    "host string, first timestamp, last timestamp, records long, events long, errors long, judged string, "
    "behaviors array<struct<code: string, behavior: string, visibility: string, severity: string, "
    "missing: array<string>>>"
)
_BASELINE = "part long, json string"
_SHAPES = {"alerts": _ALERTS, "coverage": _COVERAGE, "baseline": _BASELINE}
# Baselines that one task of a merge takes.
_FAN_IN = 32
# Of an `_ALERTS` column, what pyarrow names its type.
_MICROSECONDS = "us"


def hunt(
    df: DataFrame,
    host: str,
    *,
    mapping: Columns | None = None,
    policy: PolicyLike | None = None,
    rules: Rules | None = None,
    min_severity: str | None = None,
    on_error: str = "collect",
    baseline: Baseline | None = None,
) -> DataFrame:
    """Hunts through a data frame of Spark and returns the alerts as another, in no order.

    All rows of one value of the column `host` go to one worker, where they must fit into memory, and are judged in order
    of time. Incidents are those of a host; `alerts(…).incidents.join()` joins them across hosts.

    Args:
        df: records by rows.
        host: the column with the host. It is the host of records that name none.
        mapping: as in `ipcsentry.hunt`.
        policy: as in `ipcsentry.hunt`.
        rules: as in `ipcsentry.hunt`; read on the driver.
        min_severity: leave out alerts of a lower severity.
        on_error: as in `ipcsentry.hunt`: an exception in a worker fails the job. "skip" leaves out what cannot be read
            and hosts that were not judged: `coverage(df)` lists them.
        baseline: as in `ipcsentry.hunt`; each task is sent a copy.

    Raises:
        PolicyError: the policy is wrong.
        CatalogError: a rule is wrong.
        ValueError: there is no column `host`.
    """
    checked = Policy(policy, catalog=catalog_of(None, rules)).to_json()
    options = _Options(host, mapping, checked, _texts(rules), min_severity, on_error)
    options.baseline = baseline
    return _by_host(df, "alerts", options)


def learn(
    df: DataFrame,
    host: str,
    *,
    mapping: Columns | None = None,
    policy: PolicyLike | None = None,
    rules: Rules | None = None,
) -> Baseline:
    """Learns what is usual from a data frame, one host a task, and merges what the hosts show by a tree of tasks: the driver
    gets at most 32 baselines. What is learned is what one machine would learn.

    Args:
        df: records by rows.
        host: as in `hunt`.
        mapping: as in `hunt`.
        policy: as in `hunt`; its groups of hosts are learned apart.
        rules: as in `hunt`.

    Raises:
        PolicyError: the policy is wrong.
        CatalogError: a rule is wrong.
        ValueError: there is no column `host`.
    """
    checked = Policy(policy, catalog=catalog_of(None, rules)).to_json()
    parts = _by_host(df, "baseline", _Options(host, mapping, checked, _texts(rules), None, "skip")).persist()
    try:
        left = parts.count()
        while left > _FAN_IN:
            left = -(-left // _FAN_IN)
            parts = parts.selectExpr(f"part % {left} as part", "json").groupBy("part").applyInArrow(_merged, _BASELINE)
        found = [Baseline(row["json"]) for row in parts.select("json").collect()]
    finally:
        parts.unpersist()
    return Baseline().merge(*found)


def _merged(key: tuple[Any, ...], rows: pyarrow.Table) -> pyarrow.Table:
    found = Baseline().merge(*(Baseline(text) for text in rows["json"].to_pylist()))
    return _baseline_row(key[0].as_py(), found)


def _baseline_row(part: int, found: Baseline) -> pyarrow.Table:
    import pyarrow

    schema = pyarrow.schema([("part", pyarrow.int64()), ("json", pyarrow.string())])
    return pyarrow.table({"part": [part], "json": [found.to_json()]}, schema=schema)


def hunt_stream(
    df: DataFrame,
    host: str,
    *,
    time: str,
    lateness: float = 600.0,
    mapping: Columns | None = None,
    policy: PolicyLike | None = None,
    rules: Rules | None = None,
    min_severity: str | None = None,
    memory: int = 64 << 20,
    on_error: str = "collect",
) -> DataFrame:
    """Hunts through a streaming data frame and returns the alerts as another, in no order.

    Each host has an engine, which Spark keeps as a snapshot in its state store from one micro-batch to the next. A
    query that starts again from its checkpoint goes on in the middle of an attack. Alerts come when their evidence is
    complete; a later row with the same `host` and `id` and a higher `revision` replaces an earlier one.

    Args:
        df: records by rows, of a stream.
        host: as in `hunt`.
        time: the column with the time of a record, of type timestamp. It is the event time of Spark's watermark.
        lateness: seconds that a record may come late. It is the delay of the watermark, and the lateness of the engines:
            the records of a host are judged in order of time, each when the watermark has passed it. Spark drops records
            that come later (`numRowsDroppedByWatermark` in a query's progress).
        mapping: as in `hunt`.
        policy: as in `hunt`.
        rules: as in `hunt`.
        min_severity: as in `hunt`.
        memory: the most bytes that the engine of a host may own in a worker.
        on_error: "raise" fails the query at the first record that cannot be read; otherwise these are left out.

    Raises:
        PolicyError: the policy is wrong.
        CatalogError: a rule is wrong.
        ValueError: a column is missing, `time` is no timestamp, or `lateness` is negative.
    """
    from . import _spark_stream

    options = _Options(host, mapping, Policy(policy).to_json(), _texts(rules), min_severity, on_error)
    return _spark_stream.alerts(df, time, lateness, memory, options, _ALERTS)


def coverage(df: DataFrame, host: str, *, mapping: Columns | None = None, rules: Rules | None = None) -> DataFrame:
    """Of each host, what its telemetry contains, whether it was judged, and which behaviors it can show.

    `judged` is "judged", "nothing_of_interest", "empty", "nothing_decoded" or "unknown_format", as in
    `InputJudged.state`: of a host with one of the last two, the absence of alerts means nothing.
    """
    return _by_host(df, "coverage", _Options(host, mapping, Policy().to_json(), _texts(rules), None, "skip"))


def alerts(df: DataFrame) -> Alerts:
    """The alerts of `hunt` as `Alerts` on the driver, in order of time."""
    found = [Alert.from_json(row["json"]) for row in df.select("json").collect()]
    return Alerts(sorted(found, key=lambda alert: (alert.timestamp, alert.host, alert.code, alert.id)))


class _Options:
    """What a worker needs to know. It is pickled and sent to the workers."""

    def __init__(
        self,
        host: str,
        mapping: Union[str, Mapping[str, str], None],
        policy: str,
        rules: list[bytes],
        min_severity: str | None,
        on_error: str,
    ) -> None:
        self.host = host
        self.mapping = mapping if mapping is None or isinstance(mapping, str) else dict(mapping)
        self.policy = policy
        self.rules = rules
        self.min_severity = min_severity
        self.on_error = on_error
        self.baseline: Baseline | None = None
        # A wrong argument raises on the driver.
        Alerts().filter(min_severity=min_severity)


def _texts(rules: Rules | None) -> list[bytes]:
    """The documents of rules, read here: a worker has not the driver's files."""
    texts = documents(rules)
    catalog_of(None, list[Rule](texts))
    return texts


def _by_host(df: DataFrame, shape: str, options: _Options) -> DataFrame:
    if options.host not in df.columns:
        raise ValueError(f"no column {options.host!r}; there are {', '.join(df.columns)}")
    # Rows of one host must meet in one worker. Packed by host they cost Spark much less than one by one.
    packed = _spark_pack.pack(df, options.host)
    return packed.groupBy(_spark_pack.HOST).applyInArrow(_worker(shape, options), schema=_SHAPES[shape])


def _worker(shape: str, options: _Options) -> Callable[..., Any]:
    def work(key: tuple[Any, ...], packed: pyarrow.Table) -> pyarrow.Table:
        host = "" if key[0].as_py() is None else str(key[0].as_py())
        return _judge(shape, options, host, _spark_pack.unpack(packed))

    return work


_CATALOGS: dict[tuple[bytes, ...], Catalog | None] = {}


def _catalog(texts: list[bytes]) -> Catalog | None:
    """The catalog with these rules, compiled once in a worker; None for the built-in one."""
    rules = tuple(texts)
    if rules not in _CATALOGS:
        _CATALOGS[rules] = catalog_of(None, list[Rule](rules) or None)
    return _CATALOGS[rules]


def _judge(shape: str, options: _Options, host: str, rows: pyarrow.RecordBatchReader) -> pyarrow.Table:
    """The alerts, the coverage or the baseline of one host's rows."""
    import warnings
    import zlib

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if shape == "baseline":
            learned = Baseline.learn(
                rows,
                host=host,
                mapping=options.mapping,
                policy=options.policy,
                catalog=_catalog(options.rules),
                on_error="skip",
            )
            return _baseline_row(zlib.crc32(host.encode()), learned)
        found = _hunt(
            rows,
            host=host,
            mapping=options.mapping,
            policy=options.policy,
            catalog=_catalog(options.rules),
            min_severity=options.min_severity,
            on_error=options.on_error,  # type: ignore[arg-type]
            baseline=options.baseline,
        )
    return _alert_rows(found) if shape == "alerts" else _coverage_rows(host, found)


def _alert_rows(found: Alerts) -> pyarrow.Table:
    import pyarrow

    table = found.to_arrow()
    names = [part.strip().split(" ")[0] for part in _ALERTS.split(", ")]
    columns = {name: table[name] for name in names if name != "json"}
    columns["time"] = columns["time"].cast(pyarrow.timestamp(_MICROSECONDS, "UTC"), safe=False)
    for name in ("revision", "count"):
        columns[name] = columns[name].cast(pyarrow.int64())
    columns["json"] = pyarrow.array([alert.to_json() for alert in found], pyarrow.string())
    return pyarrow.table(columns)


def _coverage_rows(host: str, found: Alerts) -> pyarrow.Table:
    import pyarrow

    (judged,) = found.judged.inputs
    by_name: dict[str, Coverage | None] = {one.host: one for one in found.coverage}
    behavior = pyarrow.struct(
        [
            ("code", pyarrow.string()),
            ("behavior", pyarrow.string()),
            ("visibility", pyarrow.string()),
            ("severity", pyarrow.string()),
            ("missing", pyarrow.list_(pyarrow.string())),
        ]
    )
    time = pyarrow.timestamp(_MICROSECONDS, "UTC")
    rows = [
        {
            "host": name,
            "first": one and one.first,
            "last": one and one.last,
            "records": judged.records,
            "events": judged.events,
            "errors": judged.errors,
            "judged": judged.state,
            "behaviors": [
                {**{part: getattr(each, part) for part in behavior.names}, "missing": list(each.missing)}
                for each in (one.behaviors if one else ())
            ],
        }
        for name, one in (by_name or {host: None}).items()
    ]
    schema = [("host", pyarrow.string()), ("first", time), ("last", time)]
    schema += [(name, pyarrow.int64()) for name in ("records", "events", "errors")]
    schema += [("judged", pyarrow.string()), ("behaviors", pyarrow.list_(behavior))]
    return pyarrow.Table.from_pylist(rows, schema=pyarrow.schema(schema))
