"""Times as users give them."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Union

Time = Union[datetime, date, str, int]
"""A datetime (without a zone, it is UTC), a date, text as `2020-05-02T18:01:54Z` or `2020-05-02`, or nanoseconds since
1970."""

_TEXT = re.compile(r"(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?)(?:\.(\d+))?([Zz]|[+-]\d\d:?\d\d)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def nanos_of(when: Any) -> int:
    """A time in nanoseconds since 1970.

    Raises:
        ValueError: it is no time.
        TypeError: it is of a type that holds no time.

    >>> nanos_of("1970-01-02")
    86400000000000
    >>> nanos_of(datetime(1970, 1, 1, 0, 0, 1))
    1000000000
    """
    if isinstance(when, bool) or when is None:
        raise TypeError(f"not a time: {when!r}")
    if isinstance(when, int):
        return when
    if isinstance(when, str):
        return _parsed(when)
    if isinstance(when, date) and not isinstance(when, datetime):
        when = datetime.combine(when, time())
    if isinstance(when, datetime):
        # A timestamp of pandas has nanoseconds beyond those of datetime.
        beyond = getattr(when, "nanosecond", 0)
        whole = when.replace(tzinfo=timezone.utc) if when.tzinfo is None else when
        return (whole - _EPOCH) // timedelta(microseconds=1) * 1000 + int(beyond)
    kind = getattr(when, "dtype", None)
    if getattr(kind, "kind", "") == "M":  # numpy.datetime64
        return int(when.astype("datetime64[ns]").astype("int64"))
    raise TypeError(f"not a time: {when!r}")


def _parsed(text: str) -> int:
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a time: {text!r}")
    whole, fraction, zone = found.groups()
    try:
        when = datetime.fromisoformat(whole.replace(" ", "T"))
        if zone and zone not in "Zz":
            sign = -1 if zone[0] == "-" else 1
            when -= sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    except ValueError as error:
        raise ValueError(f"not a time: {text!r}") from error
    return nanos_of(when) + int((fraction or "0")[:9].ljust(9, "0"))
