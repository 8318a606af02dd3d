"""What a hunt found."""

from __future__ import annotations

from typing import Any

from ._errors import DecodeError
from ._native import Alert


class Alerts(list[Alert]):
    """Alerts in order of time, with what else there is to say about the hunt."""

    def __init__(
        self,
        alerts: list[Alert] | None = None,
        *,
        errors: list[DecodeError] | None = None,
        stats: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(alerts or [])
        self.errors = errors or []
        """Records that could not be read; at most 16 of each MiB, `stats["decode_errors"]` counts all."""
        self.stats = stats or {}
        """All counters of the engine."""

    def to_dicts(self) -> list[dict[str, Any]]:
        """The alerts as dicts."""
        return [alert.to_dict() for alert in self]

    def to_ndjson(self) -> str:
        """The alerts as lines of JSON."""
        return "".join(alert.to_json() + "\n" for alert in self)

    def __repr__(self) -> str:
        lines = "".join(f"\n  {alert!r}" for alert in self[:20])
        more = f"\n  and {len(self) - 20} more" if len(self) > 20 else ""
        return f"<ipcsentry.Alerts: {len(self)}{lines}{more}>"

    def _repr_html_(self) -> str:
        return "".join(alert._repr_html_() for alert in self) or "<p>no alerts</p>"
