"""The exceptions of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._alerts import Alerts


class Error(Exception):
    """What every exception of the package is."""


class DecodeError(Error):
    """A record could not be read; the stream goes on after it."""

    def __init__(
        self, message: str, record: int | None = None, offset: int | None = None, field: str | None = None
    ) -> None:
        super().__init__(message, record, offset, field)
        self.record = record
        """The record's number, if it is one record's fault."""
        self.offset = offset
        """Where in the stream, in bytes."""
        self.field = field
        """The field at fault, if one is."""

    def __str__(self) -> str:
        return str(self.args[0])


class NotJudgedError(Error):
    """An input was not judged, or not to its end: that there is no alert says nothing about it."""

    def __init__(self, message: str, alerts: Alerts) -> None:
        super().__init__(message, alerts)
        self.alerts = alerts
        """What was found in all that was judged; `alerts.judged` says what became of each input."""

    def __str__(self) -> str:
        return str(self.args[0])


class NotJudgedWarning(UserWarning):
    """The same as a warning, where errors are skipped."""


class _DocumentError(Error):
    def __init__(self, message: str, path: str) -> None:
        super().__init__(message, path)
        self.path = path
        """The JSON path at fault."""

    def __str__(self) -> str:
        return str(self.args[0])


class PolicyError(_DocumentError):
    """A policy is wrong."""


class CatalogError(_DocumentError):
    """A catalog is wrong."""


class InternalError(Error):
    """A bug of the library was caught; the object it happened in cannot be used any more."""
