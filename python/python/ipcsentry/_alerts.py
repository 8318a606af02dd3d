"""The result of a hunt."""

from __future__ import annotations

from typing import Any

from ._errors import DecodeError
from ._judged import Judged
from ._native import Alert


class Alerts(list[Alert]):
    """A list of alerts in order of time, with the report on the hunt."""

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
        """Records that could not be decoded, at most 16 per MiB; `stats["decode_errors"]` counts all."""
        self.stats = stats or {}
        """All counters of the engine."""
        self.judged = judged or Judged()
        """The report on each input. For an input that was not judged, the absence of alerts means nothing."""

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
