"""What a hunt found."""

from __future__ import annotations

from typing import Any

from ._errors import DecodeError
from ._judged import Judged
from ._native import Alert


class Alerts(list[Alert]):
    """Alerts in order of time, with what else there is to say about the hunt."""

    def __init__(
        self,
        alerts: list[Alert] | None = None,
        *,
        errors: list[DecodeError] | None = None,
        stats: dict[str, Any] | None = None,
        judged: Judged | None = None,
    ) -> None:
        super().__init__(alerts or [])
        self.errors = errors or []
        """Records that could not be read; at most 16 of each MiB, `stats["decode_errors"]` counts all."""
        self.stats = stats or {}
        """All counters of the engine."""
        self.judged = judged or Judged()
        """What became of each input: of what was not judged, no alert is no good news."""

    def to_dicts(self) -> list[dict[str, Any]]:
        """The alerts as dicts."""
        return [alert.to_dict() for alert in self]

    def to_ndjson(self) -> str:
        """The alerts as lines of JSON."""
        return "".join(alert.to_json() + "\n" for alert in self)

    def __repr__(self) -> str:
        lines = "".join(f"\n  {alert!r}" for alert in self[:20])
        more = f"\n  and {len(self) - 20} more" if len(self) > 20 else ""
        judged = "".join(f"\n  {line}" for line in self.judged.lines()) if self.judged.inputs else ""
        return f"<ipcsentry.Alerts: {len(self)}{lines}{more}{judged}>"

    def _repr_html_(self) -> str:
        alerts = "".join(alert._repr_html_() for alert in self) or "<p>no alerts</p>"
        return alerts + (self.judged._repr_html_() if self.judged.inputs else "")
