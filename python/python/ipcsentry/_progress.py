"""Progress bars."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Callable


class Progress:
    """A progress bar over all inputs of a hunt, or none."""

    def __init__(self, paths: Sequence[os.PathLike[str]], is_shown: bool) -> None:
        self._bar: Any = None
        if is_shown:
            try:
                from tqdm.auto import tqdm
            except ImportError as error:
                raise ImportError("progress=True needs tqdm: pip install tqdm") from error
            total = sum(_size(path) for path in paths) or None
            self._bar = tqdm(total=total, unit="B" if paths else "records", unit_scale=True, desc="hunt")

    def file(self, path: os.PathLike[str]) -> Callable[[int], None] | None:
        """Of a file, what to call with the number of bytes read."""
        if self._bar is None:
            return None
        self._bar.set_postfix_str(os.path.basename(path), refresh=False)
        return self._advance

    def bytes(self, size: int | None) -> Callable[[int], None] | None:
        """Of a file of so many bytes, what to call with the number of bytes read."""
        if self._bar is not None:
            self._bar.unit, self._bar.total = "B", size
        return None if self._bar is None else self._advance

    def records(self, records: Iterable[Any]) -> Iterable[Any]:
        """The records, each of them counted."""
        if self._bar is None:
            return records
        if isinstance(records, Sequence):
            self._bar.total = len(records)
        return self._counted(records)

    def _counted(self, records: Iterable[Any]) -> Iterator[Any]:
        for record in records:
            yield record
            self._bar.update(1)

    def _advance(self, count: int) -> None:
        self._bar.update(count)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()


def _size(path: os.PathLike[str]) -> int:
    try:
        return os.path.getsize(path)
    except OSError:  # reading it gives the error
        return 0
