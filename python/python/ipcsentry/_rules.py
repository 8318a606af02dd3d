"""Rules of the user's own."""

from __future__ import annotations

import json
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
    """A catalog with rules added to it; None for the built-in one.

    Raises:
        CatalogError: a rule is wrong.
        OSError: a file cannot be read.
    """
    extended = catalog
    for rule in _each(rules):
        for document in _documents(rule):
            extended = (extended or Catalog.builtin()).extend(document)
    return extended


def documents(rules: Rules | None) -> list[bytes]:
    """The texts of rules.

    Raises:
        OSError: a file cannot be read.
    """
    return [_text(document) for rule in _each(rules) for document in _documents(rule)]


def _each(rules: Rules | None) -> Iterable[Rule]:
    if rules is None:
        return []
    return [rules] if isinstance(rules, (str, bytes, os.PathLike, dict)) else rules


def _text(document: Rule) -> bytes:
    if isinstance(document, os.PathLike):
        return Path(document).read_bytes()
    if isinstance(document, dict):
        return json.dumps(document).encode()
    return document.encode() if isinstance(document, str) else document


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
