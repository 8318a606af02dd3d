"""The chain of an alert as a picture: SVG without script, styled by the page around it."""

from __future__ import annotations

from html import escape

from ._alert import Alert
from ._chain import Chain, Node, chain
from ._native import printable

_WIDTH, _HEIGHT = 196, 50
_ACROSS, _DOWN = 76, 42
_LABEL, _DETAIL = 24, 27
_MARGIN = 10
_LINKS = {"acts": "acts on"}


def text(value: str, limit: int | None = None) -> str:
    """Text of telemetry for HTML: control characters escaped, and shortened to so many characters if there is a limit."""
    shown = printable(value.replace("\n", " ") if limit else value)
    if limit is not None and len(shown) > limit:
        # Of a path or a command line, both ends are of interest.
        tail = limit // 2
        shown = f"{shown[: limit - 1 - tail]}…{shown[-tail:]}"
    return escape(shown)


def picture(alert: Alert) -> str:
    """The chain of an alert: above, initiator, IPC object and target; below, the lineage of the target."""
    one = chain(alert)
    parts: list[str] = []
    rows = [one.drive, one.lineage if len(one.lineage) > 1 else []]
    columns = max(len(row) for row in rows)
    for line, row in enumerate(rows):
        # The shorter row stands in the middle of the longer one.
        shift = (columns - len(row)) * (_WIDTH + _ACROSS) // 2
        for column, node in enumerate(row):
            x = _MARGIN + shift + column * (_WIDTH + _ACROSS)
            y = _MARGIN + 14 + line * (_HEIGHT + _DOWN)
            parts.append(_box(node, x, y, is_initiator=one.initiator is not None and node.key == one.initiator.key))
            if column > 0:
                parts.append(_arrow(_link(one, row[column - 1], node), x, y))
    width = 2 * _MARGIN + columns * _WIDTH + (columns - 1) * _ACROSS
    height = 2 * _MARGIN + 14 + _HEIGHT + (_HEIGHT + _DOWN if rows[1] else 0)
    if rows[1]:
        y = _MARGIN + 14 + _HEIGHT + _DOWN
        parts.append(f'<text class="ips-row" x="{_MARGIN}" y="{y - 18}">lineage of {text(rows[1][-1].label)}</text>')
    name = f"chain of alert {alert.code} {alert.id}"
    return (
        f'<svg class="ips-chain" role="img" aria-label="{text(name)}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _box(node: Node, x: int, y: int, *, is_initiator: bool) -> str:
    classes = f"ips-node ips-{node.kind}{' ips-initiator' if is_initiator else ''}"
    full = "\n".join(part for part in (node.label, node.process and node.process.image, node.detail) if part)
    radius = _HEIGHT // 2 if node.kind == "ipc" else 5
    inner = 18 if node.kind == "ipc" else 9
    mark = f'<text class="ips-mark" x="{x + 2}" y="{y - 5}">▶ initiator</text>' if is_initiator else ""
    return (
        f'<g class="{classes}"><title>{text(full)}</title>{mark}'
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="{radius}"/>'
        f'<text class="ips-label" x="{x + inner}" y="{y + 21}">{text(node.label, _LABEL)}</text>'
        f'<text class="ips-detail" x="{x + inner}" y="{y + 39}">{text(node.detail, _DETAIL - inner // 6)}</text></g>'
    )


def _link(one: Chain, left: Node, right: Node) -> str:
    return next((edge.kind for edge in one.edges if edge.source is left and edge.target is right), "")


def _arrow(kind: str, x: int, y: int) -> str:
    """An arrow to the box at this place."""
    y += _HEIGHT // 2
    return (
        f'<g class="ips-link"><path d="M{x - _ACROSS + 2} {y}H{x - 3}m-6 -4l6 4l-6 4"/>'
        f'<text x="{x - _ACROSS // 2}" y="{y - 6}">{text(_LINKS.get(kind, kind))}</text></g>'
    )
