"""Dicts give the alerts of the lines they stand for, in every format of JSON."""

import json
import os
import pathlib
from typing import Any

import pytest

import ipcsentry

FORMATS = [name for name in ipcsentry.FORMATS if name.endswith("_json")]


@pytest.fixture(scope="module")
def samples() -> dict[str, list[dict[str, Any]]]:
    path = os.environ.get("IPCSENTRY_SAMPLES")
    if path is None:
        pytest.skip("IPCSENTRY_SAMPLES names no file of samples; tests/python.sh writes it")
    found: dict[str, list[dict[str, Any]]] = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    return found


def reversed_members(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: reversed_members(member) for name, member in reversed(value.items())}
    return [reversed_members(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("format", FORMATS)
def test_dicts_are_read_as_their_lines(format: str, samples: dict[str, list[dict[str, Any]]]) -> None:
    events = 0
    for sample in samples[format]:
        lines, host = sample["lines"], sample["host"]
        plain = ipcsentry.hunt(("\n".join(lines) + "\n").encode(), host=host)
        assert list(plain.judged.inputs[0].formats) == [format]
        dicts = [json.loads(line) for line in lines]
        with_nan = [{**record, "x": float("nan"), "y": float("inf")} for record in dicts]
        for form in (dicts, iter(dicts), [reversed_members(record) for record in dicts], with_nan):
            found = ipcsentry.hunt(form, host=host)
            assert found.to_ndjson() == plain.to_ndjson(), sample["name"]
            assert (found.judged.events, found.judged.errors) == (plain.judged.events, 0), sample["name"]
        events += plain.judged.events
    assert events > 0


def test_every_format_has_a_name() -> None:
    assert len(ipcsentry.FORMATS) == len(set(ipcsentry.FORMATS)) > 20
    for name in ipcsentry.FORMATS:
        assert ipcsentry.hunt(b"", format=name) == []
