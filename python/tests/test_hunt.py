"""Sources, errors and policies of `hunt`."""

import gzip
import json
import pathlib

import pytest

import ipcsentry


def test_every_kind_of_source_gives_the_same(attack: pathlib.Path, tmp_path: pathlib.Path) -> None:
    text = attack.read_text(encoding="utf-8")
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(attack.read_bytes()))
    expected = ipcsentry.hunt(attack).to_ndjson()
    assert expected.count("\n") == 1
    sources = [str(attack), [attack], packed, text.encode(), bytearray(text.encode()), memoryview(text.encode())]
    sources += [text.splitlines(), iter(text.encode().splitlines(keepends=True))]
    for source in sources:
        assert ipcsentry.hunt(source).to_ndjson() == expected
    with attack.open("rb") as file:
        assert ipcsentry.hunt(file).to_ndjson() == expected


def test_dicts(attack: pathlib.Path) -> None:
    lines = [line for line in attack.read_text(encoding="utf-8").splitlines() if "this is not" not in line]
    (alert,) = ipcsentry.hunt([json.loads(line) for line in lines])
    assert alert.code == "W02"
    assert alert.evidence[0].record < 4


def test_errors_are_collected_raised_or_skipped(attack: pathlib.Path) -> None:
    alerts = ipcsentry.hunt(attack)
    (error,) = alerts.errors
    assert (error.record, alerts.stats["decode_errors"]) == (2, 1)
    assert error.offset is not None and error.offset >= attack.read_bytes().index(b'{"Event": this')
    skipped = ipcsentry.hunt(attack, on_error="skip")
    assert (skipped.errors, skipped.stats["decode_errors"]) == ([], 1)
    with pytest.raises(ipcsentry.DecodeError, match="record 2"):
        ipcsentry.hunt(attack, on_error="raise")
    with pytest.raises(ValueError, match="on_error"):
        ipcsentry.hunt(attack, on_error="ignore")  # type: ignore[arg-type]


def test_formats_by_name(attack: pathlib.Path) -> None:
    with pytest.raises(ValueError, match="there are evtx_json"):
        ipcsentry.hunt(attack, format="sysmon")
    assert len(ipcsentry.hunt(attack, format="evtx_json")) == 1


def test_policies(attack: pathlib.Path, tmp_path: pathlib.Path) -> None:
    policy = {"disabled": ["W02"], "allow_critical": ["W02"]}
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(policy))
    for given in (policy, json.dumps(policy), path):
        assert ipcsentry.hunt(attack, policy=given) == []
    (alert,) = ipcsentry.hunt(attack)
    assert ipcsentry.hunt(attack, policy={"min_severity": "critical"}) == [alert]
    with pytest.raises(ipcsentry.PolicyError) as caught:
        ipcsentry.hunt(attack, policy={"min_confidense": 1})
    assert caught.value.path == "min_confidense"
    assert isinstance(caught.value, ipcsentry.Error)


def test_what_is_no_telemetry_is_refused(tmp_path: pathlib.Path) -> None:
    for source in (17, [17], {"Event": {}}):
        with pytest.raises(TypeError):
            ipcsentry.hunt(source)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        ipcsentry.hunt(tmp_path / "missing")


def test_hosts(attack: pathlib.Path) -> None:
    recording = 'type=USER_CMD msg=audit(1.000:1): pid=1\n'
    assert ipcsentry.hunt([recording], host="birch").stats["records"] == 1
    assert [alert.host for alert in ipcsentry.hunt(attack, host="birch")] == ["pine.example.test"]
