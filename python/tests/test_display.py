"""The display of notebooks: complete, capped, and safe for hostile strings."""

import html.parser
import json
import pathlib
import re

import pytest
from conftest import ATTACK, MAC

import ipcsentry
from ipcsentry import _page

HOSTILE = "</style></script><script>alert(1)</script><img src=x onerror='alert(1)'>\"'><b>&\u202e\x1b[31m\u0000"


class Page(html.parser.HTMLParser):
    """Checks that tags are balanced, and collects what a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, "str | None"]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, "str | None"]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def alerts() -> ipcsentry.Alerts:
    return ipcsentry.hunt([ATTACK, *MAC])


def poisoned(value: object) -> object:
    """The same JSON with every text that comes from telemetry replaced."""
    kept = {"kind", "edge", "mechanism", "role", "severity", "analytic", "also", "ipc_preceded_execution"}
    if isinstance(value, dict):
        return {
            name: one if name in kept or name.endswith("time") or name in ("id", "incident") else poisoned(one)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [poisoned(one) for one in value]
    return HOSTILE if isinstance(value, str) else value


def test_a_page_shows_all_of_an_alert(alerts: ipcsentry.Alerts) -> None:
    page = Page(alerts.to_html() or "")
    for alert in alerts:
        shown = [alert.title, alert.explanation, alert.id, alert.severity, *(one.summary for one in alert.evidence)]
        shown += [step.process.name for step in alert.lineage]
        for text in shown:
            assert re.sub(r"\s+", " ", text) in re.sub(r"\s+", " ", page.text), text
    assert page.text.count("▶ initiator") >= len(alerts)
    assert "3 inputs" in page.text and "1 error" in page.text, "what was judged is always shown"
    assert "record 2, byte 1369: malformed record" in page.text, "errors are always shown"
    assert alerts.raw is not None
    raw = alerts.raw.get(0, alerts.filter(code="W02")[0].evidence[0].record)
    assert raw is not None and raw in page.text


def test_no_string_of_telemetry_is_markup(alerts: ipcsentry.Alerts) -> None:
    clean = Page(alerts.to_html() or "")
    lines = [json.dumps(poisoned(alert.to_dict())) for alert in alerts]
    hostile = ipcsentry.Alerts(
        [ipcsentry.Alert.from_json(line) for line in lines],
        errors=[ipcsentry.DecodeError(HOSTILE)],
        judged=ipcsentry.Judged((ipcsentry.InputJudged(HOSTILE, "unreadable", detail=HOSTILE),)),
        raw=alerts.raw,
    )
    for shown in (hostile.to_html(), hostile._repr_html_(), hostile[0]._repr_html_(), hostile.timeline()._repr_html_()):
        assert shown is not None
        page = Page(shown)
        assert set(page.tags) <= set(clean.tags) | {"b", "ul", "li"}
        assert "script" not in page.tags and "img" not in page.tags
        assert page.attributes <= clean.attributes
        assert not any(name.startswith("on") for name in page.attributes)
        assert "\u202e" not in shown and "\x1b" not in shown and "\x00" not in shown
        assert "<script>alert(1)</script>" in page.text, "it is shown as text"
    for shown in (repr(hostile), repr(hostile.incidents), repr(hostile.timeline()), repr(hostile[0])):
        assert "\x1b" not in shown and "\u202e" not in shown


def test_no_script_and_nothing_from_elsewhere(alerts: ipcsentry.Alerts) -> None:
    page = alerts.to_html() or ""
    assert "<script" not in page and "javascript:" not in page and "@import" not in page and "url(" not in page
    assert Page(page).attributes.isdisjoint({"src", "href", "xlink:href", "srcset", "action", "data", "style"})


def test_many_incidents_are_capped(alerts: ipcsentry.Alerts) -> None:
    (alert,) = alerts.filter(code="W02")
    many = [
        ipcsentry.Alert.from_json(alert.to_json().replace(alert.id, f"{number:016x}"))
        for number in range(_page.ROWS + 7)
    ]
    page = Page(ipcsentry.Alerts(many)._repr_html_())
    assert page.tags.count("summary") == 3 * _page.DETAILED - _page.DETAILED
    assert page.text.count("pine.example.test") >= _page.ROWS
    assert "and 7 more incidents, which are not shown" in page.text
    one = [
        ipcsentry.Alert.from_json(alert.to_json().replace(f'"id":"{alert.id}"', f'"id":"{number:016x}"'))
        for number in range(_page.DETAILED + 3)
    ]
    assert "and 3 more alerts of this incident" in Page(ipcsentry.Alerts(one)._repr_html_()).text


def test_an_empty_result_says_what_was_judged(tmp_path: pathlib.Path) -> None:
    logoff = {"Channel": "Security", "EventID": 4634, "Hostname": "a", "EventTime": "2024-03-01 10:00:00"}
    page = Page(ipcsentry.hunt([logoff])._repr_html_())
    assert "no alerts" in page.text and "1 input, 1 record" in page.text


def test_raw_records_come_from_every_kind_of_input(tmp_path: pathlib.Path) -> None:
    data = ATTACK.read_bytes()
    lines = data.splitlines()
    for source in (ATTACK, data, lines, [b"\n".join(lines[:3]), *lines[3:]], [line.decode(errors="replace") for line in lines]):
        alerts = ipcsentry.hunt(source)
        assert alerts.raw is not None
        for one in alerts[0].evidence:
            raw = alerts.raw.get(one.file, one.record)
            assert raw is not None and json.loads(raw)["Event"], source
        assert alerts.raw.get(0, 10**9) is None and alerts.raw.get(9, 0) is None
    gone = tmp_path / "gone.ndjson"
    gone.write_bytes(data)
    alerts = ipcsentry.hunt(gone)
    gone.unlink()
    assert "raw records" not in alerts._repr_html_(), "the file is gone: there is nothing to show"
