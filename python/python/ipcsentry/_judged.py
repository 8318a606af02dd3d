"""The report on each input, and whether it was judged."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ._native import FeedReport, InputReport, StreamReport, printable

_FAILED = ("nothing_decoded", "unknown_format", "unreadable")
_WORDS = {
    "judged": "judged",
    "nothing_of_interest": "no record is of a kind that any behavior reads",
    "empty": "empty",
    "nothing_decoded": "no record could be read",
    "unknown_format": "unknown format",
    "unreadable": "cannot be read",
}
_SHOWN = 10


@dataclass(frozen=True)
class InputJudged:
    """The report on one input: a file, a file in an archive, or records from memory."""

    name: str
    """Its path; in an archive, the archive's path with the path inside it."""
    state: str
    """"judged", "nothing_of_interest" or "empty"; if it was not judged: "nothing_decoded", "unknown_format" or
    "unreadable" (which may be so after a part of it was judged)."""
    records: int = 0
    """Records taken."""
    events: int = 0
    """Events read from them."""
    errors: int = 0
    """Records that could not be read."""
    formats: dict[str, int] = field(default_factory=dict)
    """Records by format."""
    skipped: dict[str, int] = field(default_factory=dict)
    """Well-formed records without an event, by reason."""
    error_kinds: dict[str, int] = field(default_factory=dict)
    """Records that could not be read, by reason."""
    ignored: dict[str, int] = field(default_factory=dict)
    """The kinds of records that no behavior reads (at most 16), with the number of records of each."""
    detail: str = ""
    """Why it could not be read, or which format was recognized if `format` named another one."""

    @property
    def is_judged(self) -> bool:
        """Whether it was judged, so that the absence of alerts means something."""
        return self.state not in _FAILED

    def describe(self) -> str:
        """The report as one line, with control characters escaped."""
        text = f"{self.name}: {_WORDS[self.state]}"
        if self.records:
            formats = " + ".join(self.formats)
            text += f"; {formats}{', ' if formats else ''}{_count(self.records, 'record')}: {_count(self.events, 'event')}"
        if self.errors:
            text += f", {_count(self.errors, 'error')}"
        if self.state == "nothing_of_interest" and self.ignored:
            kinds = sorted(self.ignored.items(), key=lambda kind: (-kind[1], kind[0]))
            text += "; " + ", ".join(f"{what} ({count:,})" for what, count in kinds)
        return printable(text + (f" ({self.detail})" if self.detail else ""))


@dataclass(frozen=True)
class Judged:
    """The report on all inputs: alerts say nothing about inputs that were not judged."""

    inputs: Sequence[InputJudged] = ()
    """The inputs in order; evidence has the index of its input as `file`."""

    @property
    def records(self) -> int:
        """Records taken, of all inputs."""
        return sum(one.records for one in self.inputs)

    @property
    def events(self) -> int:
        """Events read from them."""
        return sum(one.events for one in self.inputs)

    @property
    def errors(self) -> int:
        """Number of records that could not be decoded and of inputs that could not be read."""
        return sum(one.errors for one in self.inputs)

    @property
    def not_judged(self) -> list[InputJudged]:
        """Inputs that were not judged, or not to their end."""
        return [one for one in self.inputs if not one.is_judged]

    def __str__(self) -> str:
        counts = [("input", len(self.inputs)), ("record", self.records), ("event", self.events), ("error", self.errors)]
        text = ", ".join(_count(count, noun) for noun, count in counts)
        return text + (f", {len(self.not_judged):,} NOT JUDGED" if self.not_judged else "")

    def lines(self) -> list[str]:
        """A line of totals, and one for each input with errors or without events, up to ten."""
        of_note = [one for one in self.inputs if one.state != "judged" or one.errors]
        of_note.sort(key=lambda one: one.is_judged)
        more = [f"and {len(of_note) - _SHOWN:,} more"] if len(of_note) > _SHOWN else []
        return [str(self), *(one.describe() for one in of_note[:_SHOWN]), *more]

    def _repr_html_(self) -> str:
        first, *rest = (html.escape(line) for line in self.lines())
        return f"<p>{first}</p>" + ("<ul>" + "".join(f"<li>{line}</li>" for line in rest) + "</ul>" if rest else "")


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def of_stream(name: str, report: StreamReport) -> InputJudged:
    """The report on records from memory."""
    return _of(name, report, "yes" if report.judged == "yes" else report.judged, 0, "")


def of_events(name: str, report: FeedReport) -> InputJudged:
    """The report on typed events."""
    state = "judged" if report.judged == "yes" else report.judged
    return InputJudged(name, state, report.records, report.events, report.error_count)


def of_file(report: InputReport) -> InputJudged:
    """The report on an input of a file."""
    state, detail = (report.stream.judged if report.stream else "empty"), "; ".join(report.faults[:4])
    if report.unreadable is not None:
        state, detail = "unreadable", str(report.unreadable.strerror or report.unreadable)
    elif report.looks_like is not None:
        state, detail = "nothing_decoded", f"it looks like {report.looks_like}"
    elif state == "empty" and report.fault_count:
        state = "nothing_decoded"
    lost = report.fault_count + (report.unreadable is not None)
    return _of(report.name, report.stream, state, lost, detail)


def _of(name: str, report: StreamReport | None, state: str, lost: int, detail: str) -> InputJudged:
    state = "judged" if state == "yes" else state
    if report is None:
        return InputJudged(name, state, errors=lost, detail=detail)
    counts: dict[str, Any] = {
        "formats": report.formats,
        "skipped": report.skipped,
        "error_kinds": report.errors,
        "ignored": report.ignored,
    }
    errors = sum(report.errors.values()) + lost
    return InputJudged(name, state, report.records, report.events, errors, detail=detail, **counts)

