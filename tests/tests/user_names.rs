//! A user's name, once a record has told it, names the same user where a later record has the number alone.

use ipcsentry::event::{Event, Os};
use ipcsentry::scenario::{self, Expectation};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy};
use ipcsentry_tests::recordings::finish;

fn alerts(events: &[Event<'_>]) -> Vec<Alert> {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    events.iter().for_each(|event| {
        engine.feed(event);
    });
    finish(&mut engine)
}

#[test]
fn a_user_is_named_where_another_record_told_the_name() {
    let mut compared = 0;
    for scenario in scenario::all().iter().filter(|scenario| scenario.os() == Os::Linux) {
        if *scenario.expect() == Expectation::Quiet {
            continue;
        }
        let mut events = scenario.events();
        let Some(uid) = events[0].actor.uid.filter(|uid| *uid >= 1000) else { continue };
        let mut named = events[0].clone();
        // A process of the same user that has nothing to do with it.
        (named.actor.pid, named.actor.user, named.parent.pid) = (Some(64_999), Some(&b"alice"[..]), Some(1));
        named.actor.image = Some(b"/usr/bin/true");
        named.actor.command_line = Some(b"true x");
        events.insert(0, named);
        for alert in alerts(&events) {
            let Some(process) = alert.initiator.process.filter(|process| process.uid == Some(uid)) else { continue };
            assert_eq!(process.user.as_deref(), Some("alice"), "{}: {}", scenario.id(), alert.code);
            compared += 1;
        }
    }
    assert!(compared > 20, "only {compared} alerts were compared");
}
