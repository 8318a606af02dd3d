"""What became of each input is said, and "clean" is never said of what was not judged."""

import bz2
import gzip
import io
import lzma
import pathlib
import tarfile
import zipfile

import pytest

import ipcsentry


def test_alerts_say_what_was_judged(attack: pathlib.Path) -> None:
    alerts = ipcsentry.hunt([attack, attack])
    judged = alerts.judged
    assert [one.name for one in judged.inputs] == [str(attack)] * 2
    assert (judged.records, judged.events, judged.errors, judged.not_judged) == (10, 8, 2, [])
    (first, _) = judged.inputs
    assert (first.state, list(first.formats), first.error_kinds) == ("judged", ["evtx_json"], {"malformed": 1})
    assert "2 inputs, 10 records, 8 events, 2 errors" in repr(alerts)
    assert "2 inputs, 10 records" in alerts._repr_html_()
    from_memory = ipcsentry.hunt(attack.read_bytes()).judged
    assert [(one.name, one.state, one.events) for one in from_memory.inputs] == [("bytes", "judged", 4)]
    assert ipcsentry.hunt([]).judged.inputs == ()


def test_what_was_not_judged_raises_with_the_rest(attack: pathlib.Path, tmp_path: pathlib.Path) -> None:
    noise = tmp_path / "noise.txt"
    noise.write_text("neither this\nnor that\n")
    with pytest.raises(ipcsentry.NotJudgedError, match="unknown format") as caught:
        ipcsentry.hunt([noise, attack])
    assert [alert.code for alert in caught.value.alerts] == ["W02"]
    assert [one.state for one in caught.value.alerts.judged.inputs] == ["unknown_format", "judged"]
    assert "1 NOT JUDGED" in repr(caught.value.alerts)
    with pytest.warns(ipcsentry.NotJudgedWarning, match="noise.txt"):
        assert len(ipcsentry.hunt([noise, attack], on_error="skip")) == 1
    with pytest.raises(ipcsentry.DecodeError):
        ipcsentry.hunt(noise, on_error="raise")
    for source in (b"what is this\n", "no file and no telemetry".split(), [{"hello": "world"}]):
        with pytest.raises(ipcsentry.NotJudgedError):
            ipcsentry.hunt(source)


@pytest.mark.parametrize(
    "inner", [{}, {"winlog": {}}, {"_source": {"ecs": {"version": "8"}}}, {"winlog": {"event_id": 1}}]
)
def test_a_record_that_names_no_source_is_not_judged(inner: "dict[str, object]") -> None:
    record = {"@timestamp": "2026-02-12T08:15:30.123Z", "agent": {"type": "winlogbeat"}, **inner}
    with pytest.raises(ipcsentry.NotJudgedError):
        ipcsentry.hunt([record, record])


def test_nothing_of_interest_is_judged_and_said() -> None:
    system = {"Provider": {"#attributes": {"Name": "Microsoft-Windows-Security-Auditing"}}, "EventID": 4634}
    logoff = {"Event": {"#attributes": {"xmlns": "x"}, "System": {**system, "Channel": "Security"}, "EventData": {}}}
    alerts = ipcsentry.hunt([logoff])
    (one,) = alerts.judged.inputs
    assert (one.state, one.is_judged, one.events) == ("nothing_of_interest", True, 0)
    assert "no record is of a kind that any behavior reads" in repr(alerts)
    assert ipcsentry.hunt(b"").judged.inputs[0].state == "empty"


def test_another_format_than_was_given(attack: pathlib.Path) -> None:
    with pytest.raises(ipcsentry.NotJudgedError, match="it looks like evtx_json"):
        ipcsentry.hunt(attack, format="auditd")


def test_a_str_that_names_no_file(attack: pathlib.Path, tmp_path: pathlib.Path) -> None:
    missing = str(tmp_path / "missing")
    for source in (missing, [missing], [str(attack), missing], ["missing.log"], ["*.nothing"], [pathlib.Path(missing)]):
        with pytest.raises(FileNotFoundError):
            ipcsentry.hunt(source)
    with pytest.raises(FileNotFoundError) as caught:
        ipcsentry.hunt([str(attack), "missing.log"])
    assert caught.value.filename == "missing.log"


def test_containers_are_told_by_content(attack: pathlib.Path, tmp_path: pathlib.Path) -> None:
    data = attack.read_bytes()
    expected = ipcsentry.hunt(attack).to_ndjson()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a/sysmon", data)
    tape = io.BytesIO()
    with tarfile.open(fileobj=tape, mode="w:gz") as packed_tape:
        packed_tape.add(attack, "a/sysmon")
    containers = [gzip.compress(data), bz2.compress(data), lzma.compress(data), archive.getvalue(), tape.getvalue()]
    for number, container in enumerate(containers):
        path = tmp_path / str(number)
        path.write_bytes(container)
        alerts = ipcsentry.hunt(path)
        assert alerts.to_ndjson() == expected
        assert alerts.judged.inputs[0].name.startswith(str(path))
    assert alerts.judged.inputs[0].name.endswith("/a/sysmon")
    cut = tmp_path / "cut"
    cut.write_bytes(gzip.compress(data)[:-6])
    with pytest.raises(ipcsentry.NotJudgedError, match="cannot be read") as caught:
        ipcsentry.hunt(cut)
    assert caught.value.alerts.judged.inputs[0].state == "unreadable"


def test_folders_and_globs(attack: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.ndjson").write_bytes(attack.read_bytes())
    (tmp_path / "notes.txt").write_text("of no use\n")
    expected = ipcsentry.hunt(attack).to_ndjson()
    assert ipcsentry.hunt(tmp_path, include="*.ndjson").to_ndjson() == expected
    assert ipcsentry.hunt(str(tmp_path / "*" / "*.ndjson")).to_ndjson() == expected
    with pytest.raises(ipcsentry.NotJudgedError, match=r"notes\.txt"):
        ipcsentry.hunt(tmp_path)
    with pytest.raises(FileNotFoundError):
        ipcsentry.hunt(tmp_path, include=["*.evtx"])
    with pytest.raises(ValueError, match="glob"):
        ipcsentry.hunt(tmp_path, include="[")


def test_what_is_shown_drives_no_terminal(attack: pathlib.Path, tmp_path: pathlib.Path) -> None:
    text = attack.read_text(encoding="utf-8").replace("pine", "pine\u202e\u009b2J")
    path = tmp_path / "a\u202eb"
    path.write_text(text, encoding="utf-8")
    alerts = ipcsentry.hunt(path)
    for shown in (repr(alerts), repr(alerts[0]), alerts[0]._repr_html_(), alerts._repr_html_()):
        assert "\u202e" not in shown and "\u009b" not in shown
    assert "\\u{202e}" in repr(alerts[0])
    assert alerts[0].host.startswith("pine\u202e")
