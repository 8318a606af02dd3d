"""Baselines: learned by one engine or several, merged, used, and asked."""

import json
import pathlib
import pickle
from typing import Any

import pytest
from conftest import ROOT

import ipcsentry

ATTACK = ROOT / "core" / "tests" / "hunt" / "fifo_shell.log"


def log(day: int) -> bytes:
    """The attack on another day."""
    lines = []
    for line in ATTACK.read_text().splitlines():
        before, found, rest = line.partition("msg=audit(")
        if not found:
            continue
        seconds, after = rest.split(".", 1)
        lines.append(f"{before}msg=audit({int(seconds) + day * 86400}.{after}")
    return "\n".join(lines).encode() + b"\n"


POLICY: dict[str, Any] = {"baseline": {"hosts": 2, "days": 2}}


@pytest.fixture(scope="module")
def learned() -> ipcsentry.Baseline:
    parts = [ipcsentry.Baseline.learn(log(day), host=f"ci-{host}") for day in range(4) for host in range(4)]
    forward, backward = ipcsentry.Baseline().merge(*parts), ipcsentry.Baseline().merge(*reversed(parts), parts[0])
    assert forward == backward and forward.to_json() == backward.to_json()
    return forward


def test_what_is_usual_says_so_and_is_raised_all_the_same(learned: ipcsentry.Baseline) -> None:
    assert learned.extent == (4, 4) and len(learned) > 3 and "4 hosts" in repr(learned)
    before = ipcsentry.hunt(log(9), host="ci-9", policy=POLICY)
    after = ipcsentry.hunt(log(9), host="ci-9", policy=POLICY, baseline=learned)
    assert [alert.id for alert in before] == [alert.id for alert in after]
    parts = {part.what: part.adds for alert in after if alert.code == "L05" for part in alert.confidence_parts}
    assert parts["baseline"] == -0.2
    by_default = ipcsentry.hunt(log(9), host="ci-9", baseline=learned)
    assert all(part.what != "baseline" for alert in by_default for part in alert.confidence_parts)


def test_several_threads_learn_what_one_does(tmp_path: pathlib.Path) -> None:
    for day in range(3):
        (tmp_path / f"{day}.log").write_bytes(log(day))
    one, two = (ipcsentry.Baseline.learn(tmp_path, host="ci-1", threads=threads) for threads in (1, 2))
    assert one == two and len(one) > 0


def test_an_engine_learns_and_uses(learned: ipcsentry.Baseline) -> None:
    engine = ipcsentry.Engine(POLICY)
    assert engine.take_learned() is None
    engine.start_learning()
    engine.set_baseline(learned)
    engine.feed(log(9))
    engine.flush()
    assert any(part.what == "baseline" for alert in engine.alerts() for part in alert.confidence_parts)
    found = engine.take_learned()
    assert found is not None and found.extent == (1, 1) and engine.take_learned() is None
    engine.set_baseline(None)


def test_what_it_knows_can_be_asked_for(learned: ipcsentry.Baseline, tmp_path: pathlib.Path) -> None:
    usual = [one for one in learned.relations(POLICY) if one["standing"] == "usual"]
    assert {"alert", "evidence"} <= {one["kind"] for one in usual}
    assert learned.review(POLICY) == [] and any(one["names"][0] == "L05" for one in learned.review())
    assert learned.diff(learned, POLICY) == {"changes": [], "drift": 0}
    assert ipcsentry.Baseline().diff(learned, POLICY)["drift"] == 1000
    taken = learned.to_policy(POLICY)
    assert taken["suppressions"][0]["behavior"] == "L05" and ipcsentry.Policy(taken)
    assert ipcsentry.Baseline().lowered() == []
    file = tmp_path / "usual.json"
    file.write_text(learned.to_json())
    assert ipcsentry.Baseline(file) == ipcsentry.Baseline(learned.to_json()) == pickle.loads(pickle.dumps(learned)) == learned


def test_a_frozen_one_takes_nothing_more_and_a_wrong_one_is_refused(learned: ipcsentry.Baseline) -> None:
    frozen = learned.freeze()
    assert frozen.is_frozen and not learned.is_frozen and json.loads(frozen.to_json())["frozen"]
    with pytest.raises(ValueError, match="frozen"):
        frozen.merge(learned)
    with pytest.raises(ipcsentry.BaselineError) as error:
        ipcsentry.Baseline('{"version": 1, "relations": [{"kind": "pipes"}]}')
    assert error.value.path == "relations[0].kind"
