"""Alerts in the forms that other tools read: they are those of the Rust program."""

import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess

import pytest
from conftest import ATTACK

import ipcsentry
from ipcsentry import _native


@pytest.fixture(scope="module")
def alerts() -> ipcsentry.Alerts:
    return ipcsentry.hunt(ATTACK)


@pytest.mark.parametrize("form", ["ecs", "ocsf", "stix"])
def test_what_is_written_is_what_hunt_prints(form: str, alerts: ipcsentry.Alerts, tmp_path: pathlib.Path) -> None:
    program = os.environ["IPCSENTRY_HUNT"]
    printed = subprocess.run([program, "--output", form, str(ATTACK)], capture_output=True).stdout.decode()
    write = getattr(alerts, f"to_{form}")
    assert write() == printed != ""
    assert write(tmp_path / form) is None
    assert (tmp_path / form).read_text(encoding="utf-8") == printed
    parsed = [json.loads(line) for line in printed.splitlines()]
    assert len(parsed) == (1 if form == "stix" else len(alerts))


def test_a_page_allows_its_style_and_nothing_else(alerts: ipcsentry.Alerts) -> None:
    page = alerts.to_html() or ""
    digest = base64.b64encode(hashlib.sha256(_native.STYLE.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
    assert set(re.findall("<style>(.*?)</style>", page, re.DOTALL)) == {_native.STYLE}


def test_what_is_no_form_or_no_alert_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no form xml"):
        _native.written_as([], "xml")
    with pytest.raises(ValueError, match="no JSON"):
        _native.written_as(["{"], "ecs")
    with pytest.raises(ValueError, match="no JSON"):
        _native.chain_picture("{")
