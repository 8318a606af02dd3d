"""The display in a browser: what it shows, and that nothing in it runs. UPDATE_PNG=1 also writes docs/notebook-*.png."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from test_display import Page, poisoned

import ipcsentry

BROWSER = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
DOCS = pathlib.Path(__file__).parents[1] / "docs"
pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")


def browse(folder: pathlib.Path, page: pathlib.Path, *options: str) -> str:
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += [f"--user-data-dir={folder / 'profile'}", "--hide-scrollbars", *options, page.as_uri()]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode()


@pytest.fixture(scope="module")
def alerts() -> ipcsentry.Alerts:
    scenarios = {(one.behavior, one.os): one for one in reversed(ipcsentry.scenarios()) if one.is_attack}
    telemetry = [
        scenarios["W02", "windows"].render("windows_flat_json"),
        scenarios["L05", "linux"].render("auditd"),
        scenarios["M05", "macos"].render("eslogger_json"),
    ]
    return ipcsentry.hunt([b"\n".join(telemetry)], host="workshop")


def opened(page: "str | None") -> str:
    """A page whose first incident is open."""
    assert page is not None
    return page.replace('<details class="ips-incident">', '<details open class="ips-incident">', 1)


def test_the_browser_shows_chains_and_labels(alerts: ipcsentry.Alerts, tmp_path: pathlib.Path) -> None:
    page = tmp_path / "alerts.html"
    page.write_text(opened(alerts.to_html()), encoding="utf-8")
    dom = browse(tmp_path, page, "--dump-dom")
    shown = Page(re.sub(r"<!doctype[^>]*>", "", dom, flags=re.IGNORECASE))
    assert shown.tags.count("svg") == len(alerts) and "script" not in shown.tags
    for alert in alerts:
        assert alert.title in shown.text and "▶ initiator" in shown.text
        if alert.initiator.process is not None:
            assert alert.initiator.process.name in shown.text
    for look, options in {"light": [], "dark": ["--blink-settings=preferredColorScheme=0", "--force-dark-mode"]}.items():
        picture = tmp_path / f"{look}.png"
        browse(tmp_path, page, *options, f"--screenshot={picture}", "--window-size=1150,770")
        assert picture.stat().st_size > 50_000, "something is drawn"
        if os.environ.get("UPDATE_PNG"):
            shutil.copy(picture, DOCS / f"notebook-{look}.png")
    light, dark = (tmp_path / f"{look}.png" for look in ("light", "dark"))
    assert light.read_bytes() != dark.read_bytes()


def test_hostile_strings_run_nothing(alerts: ipcsentry.Alerts, tmp_path: pathlib.Path) -> None:
    attempt = "</style><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    lines = [json.dumps(poisoned(alert.to_dict())).replace("alert(1)", "document.title='owned'") for alert in alerts]
    hostile = ipcsentry.Alerts(
        [ipcsentry.Alert.from_json(line) for line in lines],
        judged=ipcsentry.Judged((ipcsentry.InputJudged(attempt, "unreadable", detail=attempt),)),
    )
    page = tmp_path / "hostile.html"
    text = opened(hostile.to_html())
    page.write_text(text, encoding="utf-8")
    assert "<title>ipcsentry</title>" in browse(tmp_path, page, "--dump-dom")
    # The page's content policy would have stopped it, too.
    raw = text.replace("&lt;script&gt;", "<script>").replace("&lt;/script&gt;", "</script>").replace("&#x27;", "'")
    page.write_text(raw, encoding="utf-8")
    assert "<title>ipcsentry</title>" in browse(tmp_path, page, "--dump-dom")
    # The browser would have run it: a page that neither escapes it nor has a policy is owned.
    page.write_text(re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", raw), encoding="utf-8")
    assert "<title>owned</title>" in browse(tmp_path, page, "--dump-dom")
