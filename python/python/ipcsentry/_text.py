"""Text of telemetry for HTML."""

from __future__ import annotations

from html import escape

from ._native import printable


def text(value: str, limit: int | None = None) -> str:
    """Text of telemetry for HTML: control characters escaped, and shortened to so many characters if there is a limit."""
    shown = printable(value.replace("\n", " ") if limit else value)
    if limit is not None and len(shown) > limit:
        # Of a path or a command line, both ends are of interest.
        tail = limit // 2
        shown = f"{shown[: limit - 1 - tail]}…{shown[-tail:]}"
    return escape(shown)
