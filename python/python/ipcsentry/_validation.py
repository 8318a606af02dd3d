"""Control validation: what rules and sensors show, before anything happens."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

from ._alerts import Change
from ._coverage import Coverages
from ._hunt import PolicyLike, Source, hunt
from ._native import Catalog, sensor
from ._rules import Rules

ProfileLike = Union[str, "os.PathLike[str]", "dict[str, Any]"]


@dataclass(frozen=True)
class Preview:
    """What a sensor would show."""

    profile: str
    """The name of the sensor's profile."""
    coverage: Coverages
    """The coverage of a host that sends everything that the sensor sends."""
    behaviors: list[dict[str, Any]]
    """For each behavior its `code`, the number of its `attacks` among the scenarios, how many are `found`, and the most
    severe `severity`, None where the sensor is blind."""


def preview(profile: ProfileLike, *, policy: PolicyLike | None = None, catalog: Catalog | None = None) -> Preview:
    """What a sensor would show, before anything is collected.

    Args:
        profile: the name of a built-in profile (`ipcsentry.profiles()`), or one of your own (a dict, JSON text, or an
            `os.PathLike` of a file) that says which events and members the sensor sends.
        policy: as of `hunt`.
        catalog: what to look for, if not the built-in catalog.

    Raises:
        PolicyError: the policy is wrong.
        ValueError: there is no such profile, or it is wrong.
        OSError: the file cannot be read.
    """
    if isinstance(profile, os.PathLike):
        profile = Path(profile).read_text("utf-8")
    elif isinstance(profile, dict):
        profile = json.dumps(profile)
    return Preview(*sensor(profile, policy=policy, catalog=catalog))


def replay(source: Source, old: Rules | Catalog | None, new: Rules | Catalog | None, **options: Any) -> list[Change]:
    """What a change of rules would change on recordings of your own: hunts through them with both.

    Args:
        source: as of `hunt`; it is read twice, so it is no iterator and no open file.
        old: a catalog, or rules that are added to the built-in ones; None for the built-in ones alone.
        new: the same.
        options: other arguments of `hunt`.

    Raises:
        TypeError: the source can be read only once, or an option names rules, too.
        Exception: what `hunt` raises.
    """
    if isinstance(source, Iterator) or hasattr(source, "read"):
        raise TypeError("replay reads its source twice: give a path, bytes, a list or a frame")
    if clash := {"rules", "catalog"} & options.keys():
        raise TypeError(f"replay takes rules as `old` and `new`, not as {clash.pop()}")

    def of(rules: Rules | Catalog | None) -> dict[str, Any]:
        return {"catalog": rules} if isinstance(rules, Catalog) else {"rules": rules}

    return hunt(source, **of(old), **options).changes(hunt(source, **of(new), **options))
