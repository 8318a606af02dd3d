"""Rows as data frames, Arrow, CSV and dicts."""

from __future__ import annotations

import csv
import io
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Callable, Generic, NamedTuple, TypeVar, Union, overload

from ._alert import moment
from ._native import arrow_stream

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow
    from typing_extensions import Self

Kind = Union[str, tuple[str, Any]]
"""The type of a column: "str", "int", "float", "bool", "time" (nanoseconds since 1970), ("list", Kind) or
("struct", [(name, Kind), …])."""

Row = TypeVar("Row")


class Column(NamedTuple):
    """A column of a table of rows."""

    name: str
    kind: Kind
    value: Callable[[Any], Any]


class Table(ABC, Generic[Row]):
    """An immutable sequence of rows with columns. A slice is a table of the same class.

    It is no `collections.abc.Sequence`, because polars would take it for a list of objects and not for a table.
    """

    _rows: tuple[Row, ...]

    @staticmethod
    @abstractmethod
    def _columns() -> Sequence[Column]:
        """The columns of the table."""

    def _flat(self) -> Sequence[Any]:
        """The rows of the table as other libraries see it."""
        return self._rows

    @abstractmethod
    def _with(self, rows: Sequence[Row]) -> Self:
        """The same table with other rows."""

    @overload
    def __getitem__(self, at: int, /) -> Row: ...
    @overload
    def __getitem__(self, at: slice, /) -> Self: ...
    def __getitem__(self, at: int | slice, /) -> Row | Self:
        return self._with(self._rows[at]) if isinstance(at, slice) else self._rows[at]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __reversed__(self) -> Iterator[Row]:
        return reversed(self._rows)

    def __contains__(self, row: object) -> bool:
        return row in self._rows

    def index(self, row: Row, /) -> int:
        """The index of a row.

        Raises:
            ValueError: there is none.
        """
        return self._rows.index(row)

    def count(self, row: Row, /) -> int:
        """How often a row is in the table."""
        return self._rows.count(row)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Table):
            return type(self) is type(other) and self._rows == other._rows
        return self._rows == tuple(other) if isinstance(other, (list, tuple)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._rows)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table as an Arrow PyCapsule stream: `polars.DataFrame(table)`, `pyarrow.table(table)`, duckdb."""
        names = [(column.name, column.kind) for column in self._columns()]
        return arrow_stream(names, [[column.value(row) for row in self._flat()] for column in self._columns()])

    def to_arrow(self) -> pyarrow.Table:
        """The table as a `pyarrow.Table`."""
        import pyarrow

        return pyarrow.table(self)

    def to_polars(self) -> polars.DataFrame:
        """The table as a `polars.DataFrame`."""
        import polars

        return polars.DataFrame(self)

    def to_pandas(self) -> pandas.DataFrame:
        """The table as a `pandas.DataFrame`; times are `datetime64[ns, UTC]`. It needs no pyarrow."""
        import pandas

        rows = self._flat()
        frame = pandas.DataFrame(index=range(len(rows)))
        for column in self._columns():
            values: Any = [column.value(row) for row in rows]
            if column.kind == "time":
                frame[column.name] = pandas.to_datetime(pandas.Series(values, dtype="int64"), unit="ns", utc=True)
            elif column.kind == "int":
                frame[column.name] = pandas.array(values, dtype="Int64")
            else:
                frame[column.name] = pandas.Series(values, dtype=_DTYPES.get(str(column.kind), "object"))
        return frame

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as dicts by column; times are datetimes in UTC."""
        return [{column.name: _plain(column, row) for column in self._columns()} for row in self._flat()]

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The table as CSV, written to a file, or returned if `path` is None.

        Lists and structures are written as JSON. A cell that a spreadsheet would run as a formula (one that begins
        with `=`, `+`, `-`, `@`, a tab or a carriage return) gets an apostrophe in front.

        Raises:
            OSError: the file cannot be written.
        """
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.name for column in self._columns()])
        writer.writerows([_cell(column, row) for column in self._columns()] for row in self._flat())
        return written(out.getvalue(), path)


_DTYPES = {"str": None, "float": "float64", "bool": "bool"}


def _plain(column: Column, row: object) -> object:
    value = column.value(row)
    return moment(value) if column.kind == "time" else value


def _cell(column: Column, row: object) -> str:
    value = column.value(row)
    if value is None:
        return ""
    if column.kind == "time":
        return moment(value).isoformat()
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if isinstance(value, str) and text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def written(text: str, path: str | os.PathLike[str] | None) -> str | None:
    """Writes a text to a file; without one, returns it."""
    if path is None:
        return text
    with open(path, "w", encoding="utf-8", newline="", errors="backslashreplace") as file:
        file.write(text)
    return None
