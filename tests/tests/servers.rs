//! Whoever accepts connections on an endpoint serves it, whether or not a record shows who made it.

use ipcsentry::event::{Event, Kind, Mechanism};
use ipcsentry::scenario;
use ipcsentry::{Catalog, Engine, Limits, Policy};
use ipcsentry_tests::recordings::finish;

/// A socket that no list has.
const SOCKET: &[u8] = b"/srv/app/own.sock";

#[test]
fn whoever_accepts_on_a_socket_serves_it() {
    // A daemon accepts a connection; another user's interpreter connects, and the daemon runs a shell.
    let scenario = scenario::all().iter().find(|s| s.id() == "linux.daemon.ran_before").expect("it is one of ours");
    for (is_named, codes) in [(true, vec!["L08"]), (false, vec![])] {
        let mut events: Vec<Event<'_>> = scenario.events();
        for event in &mut events {
            let Kind::EndpointConnect(act) = &mut event.kind else { continue };
            if !act.accepted || is_named {
                (act.endpoint.mechanism, act.endpoint.name) = (Mechanism::UnixPath, Some(SOCKET));
            }
        }
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
        for event in &events {
            engine.feed(event);
        }
        let raised: Vec<String> = finish(&mut engine).into_iter().map(|alert| alert.code).collect();
        assert_eq!(raised, codes, "the record of the accepted connection names the socket: {is_named}");
    }
}
