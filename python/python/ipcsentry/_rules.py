"""Rules of the user's own."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Union

from ._native import Catalog

Rule = Union[str, bytes, "os.PathLike[str]", "dict[str, Any]"]
Rules = Union[Rule, Iterable[Rule]]

_ENDINGS = (".json", ".jsonc")
_NO_RULES = (".scenarios", ".benign")


def catalog_of(catalog: Catalog | None, rules: Rules | None) -> Catalog | None:
    """A catalog with rules added to it; None for the built-in one."""
    if rules is None:
        return catalog
    extended = catalog or Catalog.builtin()
    for rule in [rules] if isinstance(rules, (str, bytes, os.PathLike, dict)) else rules:
        for document in _documents(rule):
            extended = extended.extend(document)
    return extended


def _documents(rule: Rule) -> list[Rule]:
    """The document itself, or the files of rules that a path names, in the order of their names."""
    if isinstance(rule, str) and "{" not in rule:
        rule = Path(rule)
    if not isinstance(rule, os.PathLike) or not os.path.isdir(rule):
        return [rule]
    found: list[Rule] = []
    for path in sorted(Path(rule).iterdir()):
        if path.is_dir():
            found += _documents(path)
        elif path.suffix in _ENDINGS and not path.stem.endswith(_NO_RULES):
            found.append(path)
    return found
