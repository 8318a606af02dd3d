"""The raw records that alerts cite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from ._native import raw_records

if TYPE_CHECKING:
    from ._alert import Alert



class Place(NamedTuple):
    """Where an input is: a file, by its path or its bytes, and the name of the input in it."""

    file: str | bytes
    name: str


Origin = Union[Place, Sequence[Any]]
"""Where the records of an input are: a place, or a list of the records themselves."""

_KEPT = 16 << 10


class RawRecords:
    """The raw records of inputs, read again from files when they are first asked for."""

    def __init__(self, origins: dict[int, Origin], wanted: Iterable[Alert] = ()) -> None:
        self._origins = origins
        self._wanted: dict[int, set[int]] = {}
        for alert in wanted:
            for one in alert.evidence:
                self._wanted.setdefault(one.file, set()).add(one.record)
        self._found: dict[int, dict[int, str]] = {}

    def get(self, file: int, record: int) -> str | None:
        """A record, at most 16 KiB of it; None if it cannot be read (any more).

        Args:
            file: the index of the input, as `Evidence.file`.
            record: its number, as `Evidence.record`.
        """
        if record not in self._found.setdefault(file, {}) and file in self._origins:
            wanted = self._wanted.pop(file, set()) | {record}
            self._found[file].update(_read(self._origins[file], sorted(wanted)))
        return self._found[file].get(record)

    def kept(self, alerts: Iterable[Alert]) -> RawRecords:
        """The records that these alerts cite, independent of where they came from."""
        copy = RawRecords({})
        for alert in alerts:
            for one in alert.evidence:
                found = self.get(one.file, one.record)
                if found is not None:
                    copy._found.setdefault(one.file, {})[one.record] = found
        return copy


def _read(origin: Origin, numbers: list[int]) -> dict[int, str]:
    if isinstance(origin, Place):
        return raw_records(*origin, numbers)
    found, line, wanted = {}, 0, set(numbers)
    for record in origin:
        if line > numbers[-1]:
            break
        # A text may hold several lines, and each of them has a number.
        for text in _lines(record):
            if line in wanted:
                found[line] = text[:_KEPT]
            line += 1
    return found


def _lines(record: Any) -> list[str]:
    if isinstance(record, (bytes, bytearray, memoryview)):
        record = bytes(record).decode(errors="replace")
    text = record if isinstance(record, str) else str(record)
    return text.removesuffix("\n").split("\n")
