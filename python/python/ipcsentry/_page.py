"""The display of notebooks: a table by incident, each expandable to its chain, timeline, evidence and raw records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ._alert import Alert, moment, nanoseconds, rank
from ._native import STYLE, chain_picture
from ._text import text

if TYPE_CHECKING:
    from ._alerts import Alerts, Incident, Incidents, Timeline
    from ._coverage import Coverages, Visibility
    from ._raw import RawRecords

ROWS = 1000
"""Most rows of a table."""
DETAILED = 50
"""Most incidents that are shown with all details, and most alerts of one incident."""


def of_alerts(alerts: Alerts) -> str:
    """Alerts by incident, the errors, and the report on the inputs."""
    return of_incidents(alerts.incidents, alerts)


def of_incidents(given: Incidents, alerts: Alerts) -> str:
    """Incidents, the errors of the hunt, and the report on its inputs."""
    incidents = sorted(given, key=lambda one: _order(one.lead))
    rows = "".join(_incident(one, at < DETAILED) for at, one in enumerate(incidents[:ROWS]))
    if len(incidents) > ROWS:
        rows += f'<p class="ips-more">and {len(incidents) - ROWS:,} more incidents, which are not shown</p>'
    elif len(incidents) > DETAILED:
        rows += f'<p class="ips-more">details are shown of the first {DETAILED} incidents</p>'
    heads = "".join(f"<span>{name}</span>" for name in ("", "severity", "when (UTC)", "host", "incident", "initiator", "through", "alerts"))
    table = f'<div class="ips-head">{heads}</div>{rows}' if incidents else '<p class="ips-none">no alerts</p>'
    return _whole(table + _errors(alerts) + _judged(alerts))


def of_alert(alert: Alert) -> str:
    """One alert with all details."""
    return _whole(_alert(alert, None))


def of_timeline(timeline: Timeline) -> str:
    """A timeline as a table."""
    rows = [
        (_time(row.evidence.timestamp), row.alert.host, row.alert.code, row.evidence.role, row.evidence.summary)
        for row in timeline[:ROWS]
    ]
    more = f'<p class="ips-more">and {len(timeline) - ROWS:,} more</p>' if len(timeline) > ROWS else ""
    return _whole(_table(("time (UTC)", "host", "alert", "role", "record"), rows) + more)


def of_coverage(coverages: Coverages) -> str:
    """A heat map: a row a host, a column a behavior."""
    codes = sorted({behavior.code for one in coverages for behavior in one.behaviors})
    titles = {behavior.code: behavior.behavior for one in coverages for behavior in one.behaviors}
    head = "".join(f'<th title="{text(titles[code])}">{text(code)}</th>' for code in codes)
    rows = ""
    for one in coverages[:ROWS]:
        by_code = {behavior.code: behavior for behavior in one.behaviors}
        cells = "".join(_cell(by_code.get(code)) for code in codes)
        rows += f"<tr><td>{text(one.host, 40) or '–'}</td>{cells}</tr>"
    more = f'<p class="ips-more">and {len(coverages) - ROWS:,} more hosts</p>' if len(coverages) > ROWS else ""
    legend = "".join(f'<span class="ips-cell ips-{word}">{word}</span> ' for word in ("full", "degraded", "blind"))
    return _whole(f'<div class="ips-heat"><table><tr><th>host</th>{head}</tr>{rows}</table></div>{more}<p>{legend}</p>')


def _cell(behavior: Visibility | None) -> str:
    if behavior is None:
        return "<td></td>"
    missing = f": {', '.join(behavior.missing)} missing" if behavior.missing else ""
    title = f"{behavior.code} {behavior.behavior}: {behavior.visibility}, {behavior.severity or 'none'}{missing}"
    return f'<td class="ips-{behavior.visibility}" title="{text(title)}">{(behavior.severity or "–")[0]}</td>'


def _whole(body: str) -> str:
    return f'<style>{STYLE}</style><div class="ipcsentry">{body}</div>'


def _order(alert: Alert) -> tuple[int, float, int]:
    return (-rank(alert.severity), -alert.confidence, alert.timestamp)


def _badge(severity: str) -> str:
    return f'<b class="ips-badge ips-{severity}">{severity}</b>'


def _time(nanos: int) -> str:
    return f"{moment(nanos):%Y-%m-%d %H:%M:%S}.{nanos // 10**6 % 1000:03}"


def _incident(incident: Incident, is_detailed: bool) -> str:
    lead, alerts = incident.lead, incident.alerts
    first = min(nanoseconds(alert._m["first_time"]) for alert in alerts)
    others = [code for code in incident.codes if code != lead.code]
    cells = (
        '<i class="ips-turn"></i>',
        _badge(incident.severity),
        f"<time>{_time(first)}</time>",
        " → ".join(text(host, 60) for host in incident.hosts) or "–",
        f"<b>{text(lead.code)}</b> {text(lead.title, 160)}"
        + (f' <small>+ {text(" ".join(others), 80)}</small>' if others else ""),
        text(str(lead.initiator), 60),
        text(str(lead.ipc), 60) if lead.ipc else "–",
        f"{len(alerts)}",
    )
    line = "".join(f"<span>{cell}</span>" for cell in cells)
    if not is_detailed:
        return f'<div class="ips-line">{line}</div>'
    blocks = "".join(_alert(alert, alerts.raw) for alert in alerts[:DETAILED])
    if len(alerts) > DETAILED:
        blocks += f'<p class="ips-more">and {len(alerts) - DETAILED:,} more alerts of this incident</p>'
    timeline = _timeline(alerts) if len(alerts) > 1 else ""
    steps = "".join(
        f"<p>{text(link.source)} → {text(link.target)} by {text(link.by)} {text(link.value)}</p>" for link in incident.links
    )
    return f'<details class="ips-incident"><summary class="ips-line">{line}</summary>{steps}{blocks}{timeline}</details>'


def _alert(alert: Alert, raw: RawRecords | None) -> str:
    facts = [
        ("host", alert.host),
        ("initiator", _who(alert)),
        ("through", str(alert.ipc) if alert.ipc else ""),
        ("techniques", " ".join(alert.techniques)),
        ("missing", "; ".join(alert.missing)),
        ("order", {"yes": "the IPC came before what was executed or injected"}.get(alert.ipc_preceded_execution, "")),
        ("truncated", "details were lost to the memory limit" if alert.truncated else ""),
    ]
    shown = "".join(f"<dt>{name}</dt><dd>{text(value)}</dd>" for name, value in facts if value)
    rows = [
        (
            _time(one.timestamp),
            " ".join((one.role, *one.also)),
            one.summary,
            f"{one.file}:{one.record}" + (f" id {one.source_id}" if one.source_id else ""),
        )
        for one in alert.evidence
    ]
    return (
        f'<section class="ips-alert"><h4>{_badge(alert.severity)} {text(alert.code)} {text(alert.title)} '
        f"<small>confidence {alert.confidence:.2f} · {text(alert.id)}</small></h4>"
        f"<p>{text(alert.explanation)}</p>{chain_picture(alert.to_json())}<dl>{shown}</dl>"
        f"{_table(('time (UTC)', 'role', 'evidence', 'input:record'), rows)}{_raw(alert, raw)}{_suppress(alert)}</section>"
    )


def _who(alert: Alert) -> str:
    who = alert.initiator
    line = who.process.command_line if who.process and who.process.command_line else ""
    user = f", {who.user}" if who.user and who.process else ""
    reason = f" ({who.reason})" if who.reason else ""
    return f"{who}{user}{reason}{'  ' if line else ''}{line} ({who.confidence:.2f})"


def _raw(alert: Alert, raw: RawRecords | None) -> str:
    if raw is None:
        return ""
    records = [(one, raw.get(one.file, one.record)) for one in alert.evidence]
    known = [f"<dt>{one.file}:{one.record}</dt><dd><pre>{text(found)}</pre></dd>" for one, found in records if found]
    if not known:
        return ""
    return f'<details class="ips-raw"><summary>raw records</summary><dl>{"".join(known)}</dl></details>'


def _suppress(alert: Alert) -> str:
    policy = alert.suppress
    if policy is None:
        return f'<p class="ips-more">{text(alert.not_suppressible)}</p>' if alert.not_suppressible else ""
    return (
        '<details class="ips-raw"><summary>policy that suppresses it</summary>'
        f"<pre>{text(json.dumps(policy, indent=2, ensure_ascii=False))}</pre></details>"
    )


def _timeline(alerts: Alerts) -> str:
    rows = [
        (_time(row.evidence.timestamp), row.alert.code, row.evidence.role, row.evidence.summary)
        for row in alerts.timeline()[:ROWS]
    ]
    return (
        '<section class="ips-alert"><h4>timeline of the incident</h4>'
        f"{_table(('time (UTC)', 'alert', 'role', 'record'), rows)}</section>"
    )


def _errors(alerts: Alerts) -> str:
    if not alerts.errors:
        return ""
    lines = "".join(f"<li>{text(str(error), 300)}</li>" for error in alerts.errors[:20])
    more = f"<li>and {len(alerts.errors) - 20:,} more</li>" if len(alerts.errors) > 20 else ""
    return f'<div class="ips-errors"><h4>records that could not be read</h4><ul>{lines}{more}</ul></div>'


def _judged(alerts: Alerts) -> str:
    if not alerts.judged.inputs:
        return ""
    return f'<div class="ips-judged{" ips-failed" if alerts.judged.not_judged else ""}">{alerts.judged._repr_html_()}</div>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its columns `evidence` and `record` hold text that may break anywhere."""
    classes = [' class="ips-text"' if name in ("evidence", "record") else "" for name in heads]
    head = "".join(f"<th>{text(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td{own}>{text(cell)}</td>" for own, cell in zip(classes, row)) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
