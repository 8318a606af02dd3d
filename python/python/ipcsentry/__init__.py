"""Detection of inter-process communication abuse (MITRE ATT&CK DET0493, T1559).

>>> import ipcsentry
>>> alerts = ipcsentry.hunt("audit.log")  # doctest: +SKIP
>>> print(alerts.to_ndjson())  # doctest: +SKIP
"""

from ._alerts import Alerts
from ._errors import CatalogError, DecodeError, Error, InternalError, PolicyError
from ._hunt import hunt
from ._native import Alert, Catalog, Engine, FeedReport, Stream, __version__, detect_format

__all__ = [
    "Alert",
    "Alerts",
    "Catalog",
    "CatalogError",
    "DecodeError",
    "Engine",
    "Error",
    "FeedReport",
    "InternalError",
    "PolicyError",
    "Stream",
    "__version__",
    "detect_format",
    "hunt",
]
