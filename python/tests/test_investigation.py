"""What an analyst asks an engine: near misses, timelines, processes, exposure, confidence and triage."""

import pathlib

import pytest

import ipcsentry
from ipcsentry._native import Shards

FIFO = (
    "type=SYSCALL msg=audit(1700000000.000:5): arch=c000003e syscall=259 success=yes exit=0 a0=ffffff9c a1=55d0 a2=11b6 a3=0"
    ' items=2 ppid=1 pid=700 auid=4294967295 uid=0 gid=0 euid=0 tty=(none) ses=4294967295 comm="agentd"'
    ' exe="/usr/sbin/agentd" key="ipc"\n'
    'type=CWD msg=audit(1700000000.000:5): cwd="/"\n'
    'type=PATH msg=audit(1700000000.000:5): item=0 name="/run/agent/" inode=1 dev=00:18 mode=040755 ouid=0 ogid=0'
    " rdev=00:00 nametype=PARENT\n"
    'type=PATH msg=audit(1700000000.000:5): item=1 name="/run/agent/control" inode=9 dev=00:18 mode=010666 ouid=0 ogid=0'
    " rdev=00:00 nametype=CREATE\n"
)


def test_the_confidence_of_an_alert_adds_up_and_its_questions_have_answers(attack: pathlib.Path) -> None:
    (alert,) = ipcsentry.hunt(attack)
    assert sum(part.adds for part in alert.confidence_parts) == pytest.approx(alert.confidence)
    assert len(alert.triage) == 6 and alert.triage[0].question == "who_initiated"
    assert all(one.answer is not None or one.lacks for one in alert.triage)
    assert all(0 < step.confidence <= 1 for step in alert.lineage)


def test_an_engine_answers_questions(attack: pathlib.Path) -> None:
    with ipcsentry.Engine() as engine:
        engine.open_stream().feed(attack.read_bytes())
    (alert,) = engine.alerts()
    timeline = engine.timeline(alert.id)
    assert timeline is not None and any(alert.code in one.get("cited_by", ()) for one in timeline["entries"])
    assert engine.timeline("0123456789abcdef") is None
    with pytest.raises(ValueError, match="seconds"):
        engine.timeline(alert.id, before=-1)
    process = alert.initiator.process
    assert process is not None and process.pid is not None
    (story,) = engine.explain(process.pid)
    assert story["process"]["pid"] == process.pid and alert.id in story["alerts"]
    assert engine.explain(process.pid, "elsewhere") == []
    assert isinstance(engine.near_misses(), list) and engine.near_misses(0) == []


def test_exposure_is_apart_from_alerts() -> None:
    with ipcsentry.Engine() as engine:
        engine.open_stream("auditd").feed(FIFO.encode())
    assert not engine.alerts()
    (one,) = engine.exposure()
    assert one["id"] == "linux.socket.world_writable" and one["mitigations"] == ["M1022"]


@pytest.mark.parametrize("engines", [1, 2, 5])
def test_shards_answer_as_one_engine_does(attack: pathlib.Path, engines: int) -> None:
    hosts = [f"host-{number}" for number in range(6)]
    inputs = [(None, None, attack.read_bytes())] + [("auditd", host, FIFO.encode()) for host in hosts]
    with ipcsentry.Engine() as one:
        for number, (form, host, text) in enumerate(inputs):
            one.open_stream(form, host=host, file=number).feed(text)
    (alert,) = one.alerts()
    shards = Shards(None, None, 64 << 20, 4096, engines)
    for number, (form, host, text) in enumerate(inputs):
        reader = shards.reader(number)
        with reader.open_stream(form, host=host) as stream:
            stream.feed(text)
        reader._finish(1)
    shards.flush()
    (same,) = shards.alerts()
    assert same.id == alert.id

    by_place = lambda found: sorted(found, key=lambda each: (each["host"], each["id"]))  # noqa: E731
    assert len(one.exposure()) == 6 and shards.exposure() == by_place(one.exposure())
    timeline = shards.timeline(alert.id)
    assert timeline is not None and timeline == one.timeline(alert.id)
    assert shards.timeline("0123456789abcdef") is None
    with pytest.raises(ValueError, match="seconds"):
        shards.timeline(alert.id, after=float("nan"))
    process = alert.initiator.process
    assert process is not None and process.pid is not None
    assert [story["alerts"] for story in shards.explain(process.pid)] == [[alert.id]]
    assert shards.explain(process.pid, "elsewhere") == []
    stories = shards.explain(700)
    assert [story["host"] for story in stories] == hosts and stories == shards.explain(700, "")
    assert shards.near_misses(0) == []
    key = lambda near: (-near["confidence"], near["time"], near["code"], near["host"])  # noqa: E731
    assert shards.near_misses() == sorted(one.near_misses(), key=key)
