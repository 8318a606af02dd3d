"""Detection of inter-process communication abuse (MITRE ATT&CK DET0493, T1559).

>>> import ipcsentry
>>> alerts = ipcsentry.hunt("audit.log")  # doctest: +SKIP
>>> print(alerts.to_ndjson())  # doctest: +SKIP
"""

from ._alerts import Alerts
from ._errors import (
    CatalogError,
    DecodeError,
    Error,
    InternalError,
    NotJudgedError,
    NotJudgedWarning,
    PolicyError,
)
from ._hunt import hunt
from ._judged import InputJudged, Judged
from ._native import (
    FORMATS,
    Alert,
    Catalog,
    Engine,
    FeedReport,
    InputReport,
    Stream,
    StreamReport,
    __version__,
    detect_format,
)

__all__ = [
    "FORMATS",
    "Alert",
    "Alerts",
    "Catalog",
    "CatalogError",
    "DecodeError",
    "Engine",
    "Error",
    "FeedReport",
    "InputJudged",
    "InputReport",
    "InternalError",
    "Judged",
    "NotJudgedError",
    "NotJudgedWarning",
    "PolicyError",
    "Stream",
    "StreamReport",
    "__version__",
    "detect_format",
    "hunt",
]
