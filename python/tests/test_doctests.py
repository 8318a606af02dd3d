"""The examples in the docstrings."""

import doctest
import importlib
import pkgutil

import ipcsentry


def test_examples_in_docstrings() -> None:
    tried = 0
    for module in pkgutil.iter_modules(ipcsentry.__path__, "ipcsentry."):
        if module.name.endswith(("__main__", "_native")):
            continue
        result = doctest.testmod(importlib.import_module(module.name))
        assert result.failed == 0, module.name
        tried += result.attempted
    assert tried >= 4
