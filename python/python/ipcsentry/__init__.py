"""Detection of inter-process communication abuse (MITRE ATT&CK DET0493, T1559).

>>> import ipcsentry
>>> alerts = ipcsentry.hunt("audit.log")  # doctest: +SKIP
>>> print(alerts.to_ndjson())  # doctest: +SKIP
"""

from ._alert import SEVERITIES, Alert, Answer, Candidate, ConfidencePart, Evidence, Initiator, Ipc, LineageStep, Process
from ._alerts import Alerts, Change, Incident, Incidents, Moment, Timeline
from ._coverage import Channel, Coverage, Coverages, DataComponent, Visibility
from ._errors import (
    BaselineError,
    CatalogError,
    DecodeError,
    Error,
    InternalError,
    NotJudgedError,
    NotJudgedWarning,
    PolicyError,
    RestoreError,
)
from ._hunt import hunt
from ._join import Link
from ._judged import InputJudged, Judged
from ._native import (
    FORMATS,
    Baseline,
    Catalog,
    Engine,
    FeedReport,
    InputReport,
    Policy,
    Restored,
    Scenario,
    Stream,
    StreamReport,
    __version__,
    detect_format,
    losses,
    profiles,
    scenarios,
    try_scenarios,
)
from ._raw import RawRecords
from ._validation import Preview, preview, replay

__all__ = [
    "FORMATS",
    "SEVERITIES",
    "Alert",
    "Alerts",
    "Answer",
    "Baseline",
    "BaselineError",
    "Candidate",
    "Catalog",
    "CatalogError",
    "Change",
    "Channel",
    "ConfidencePart",
    "Coverage",
    "Coverages",
    "DataComponent",
    "DecodeError",
    "Engine",
    "Error",
    "Evidence",
    "FeedReport",
    "Incident",
    "Incidents",
    "Initiator",
    "InputJudged",
    "InputReport",
    "InternalError",
    "Ipc",
    "Judged",
    "LineageStep",
    "Link",
    "Moment",
    "NotJudgedError",
    "NotJudgedWarning",
    "Policy",
    "PolicyError",
    "Preview",
    "Process",
    "RawRecords",
    "RestoreError",
    "Restored",
    "Scenario",
    "Stream",
    "StreamReport",
    "Timeline",
    "Visibility",
    "__version__",
    "detect_format",
    "hunt",
    "losses",
    "preview",
    "profiles",
    "replay",
    "scenarios",
    "try_scenarios",
]
