"""The exceptions of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._alerts import Alerts


class Error(Exception):
    """The base class of all exceptions of the package."""


class DecodeError(Error):
    """A record could not be decoded; the stream continues after it."""

    def __init__(
        self, message: str, record: int | None = None, offset: int | None = None, field: str | None = None
    ) -> None:
        super().__init__(message, record, offset, field)
        self.record = record
        """The number of the record."""
        self.offset = offset
        """The byte offset in the stream."""
        self.field = field
        """The field that is wrong, if it is a single one."""

    def __str__(self) -> str:
        return str(self.args[0])


class NotJudgedError(Error):
    """An input was not judged, or not to its end, so that the absence of alerts means nothing."""

    def __init__(self, message: str, alerts: Alerts) -> None:
        super().__init__(message, alerts)
        self.alerts = alerts
        """The alerts of everything that was judged; `alerts.judged` is the report on each input."""

    def __str__(self) -> str:
        return str(self.args[0])


class NotJudgedWarning(UserWarning):
    """The same as a warning, with `on_error="skip"`."""


class _DocumentError(Error):
    def __init__(self, message: str, path: str) -> None:
        super().__init__(message, path)
        self.path = path
        """The JSON path of the error."""

    def __str__(self) -> str:
        return str(self.args[0])


class BaselineError(_DocumentError):
    """A baseline is wrong."""


class PolicyError(_DocumentError):
    """A policy is wrong."""


class CatalogError(_DocumentError):
    """A catalog is wrong."""


class RestoreError(Error):
    """Bytes are no snapshot of an engine, are damaged, or hold more than the limits allow."""


class InternalError(Error):
    """A bug of the library was caught; the object in which it occurred cannot be used any more."""
