//! What an agent should send: the data of the C interface is the library's, every member that it names is in the header,
//! what it says is lost is lost by the scenarios, and `core/docs/wants.md` shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::ptr::null_mut;

use ipcsentry::event::KindTag;
use ipcsentry::rules::{Loss, Want};
use ipcsentry::{Catalog, Engine, Limits, Policy, scenario};
use ipcsentry_ffi::event::words::ipcsentry_os;
use ipcsentry_ffi::status::{IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_OK};
use ipcsentry_ffi::wants::{
    ipcsentry_catalog_wants, ipcsentry_loss, ipcsentry_want, ipcsentry_wants_free, ipcsentry_wants_get,
    ipcsentry_wants_loss,
};
use ipcsentry_tests::c_api::{CCatalog, taken};
use ipcsentry_tests::document::keep_part;
use ipcsentry_tests::tables::PLATFORMS;

type Losses = Vec<(String, i32, i32, bool)>;

/// Kind, field, members and losses, read as an agent in C does.
fn wants(os: u32) -> Vec<(u32, Option<String>, Option<String>, Losses)> {
    let (catalog, mut handle, mut all) = (CCatalog::builtin(), null_mut(), Vec::new());
    // SAFETY: plain data, good handles and outputs; texts are taken while the handle is alive.
    unsafe {
        let (mut want, mut loss): (ipcsentry_want, ipcsentry_loss) = (std::mem::zeroed(), std::mem::zeroed());
        want.type_size = size_of_val(&want) as u64;
        loss.type_size = size_of_val(&loss) as u64;
        assert_eq!(ipcsentry_catalog_wants(catalog.0, ipcsentry_os(os), &raw mut handle), IPCSENTRY_OK);
        while ipcsentry_wants_get(handle, all.len(), &raw mut want) == IPCSENTRY_OK {
            let mut losses: Losses = Vec::new();
            while ipcsentry_wants_loss(handle, all.len(), losses.len(), &raw mut loss) == IPCSENTRY_OK {
                let code = taken(loss.code).expect("text");
                losses.push((code, loss.severity.0, loss.without.0, loss.degraded.0 == 1));
            }
            assert_eq!(want.behaviors, losses.len() as u64);
            all.push((want.kind.0, taken(want.field), taken(want.member), losses));
        }
        ipcsentry_wants_free(handle);
        ipcsentry_wants_free(null_mut());
    }
    all
}

#[test]
fn the_data_is_that_of_the_library_and_names_members_of_the_header() {
    let header = std::fs::read_to_string(ipcsentry_tests::c::root().join("include/ipcsentry.h")).expect("a header");
    let members = members(&header);
    for (os, ..) in PLATFORMS {
        let library = Catalog::builtin().wants(os);
        let c = wants(os as u32 + 1);
        assert_eq!(c.len(), library.len());
        for (have, want) in c.iter().zip(&library) {
            let severity = |severity: ipcsentry::rules::Severity| (severity as i32 + 1) * 10;
            let one = |loss: &Loss| {
                (loss.code.clone(), severity(loss.severity), loss.without.map_or(0, severity), loss.degraded)
            };
            assert_eq!(have.0, want.kind.map_or(0, |kind| kind as u32 + 1));
            assert_eq!(have.1, want.field);
            assert_eq!(have.3, want.behaviors.iter().map(one).collect::<Vec<_>>());
            assert_eq!(have.2.is_some(), want.field.is_some(), "{:?} has no member", want.field);
            for member in have.2.iter().flat_map(|all| all.split(", ")) {
                assert!(members.contains(member), "{member} is not in the header");
            }
        }
    }
    let (catalog, mut handle) = (CCatalog::builtin(), null_mut());
    for os in [0, 4, u32::MAX] {
        // SAFETY: a good handle and output.
        let status = unsafe { ipcsentry_catalog_wants(catalog.0, ipcsentry_os(os), &raw mut handle) };
        assert_eq!(status, IPCSENTRY_ERR_ARGUMENT);
    }
}

/// `structure.member` of every structure of a header.
fn members(header: &str) -> BTreeSet<String> {
    let (mut all, mut structure) = (BTreeSet::new(), "");
    for line in header.lines() {
        if let Some(name) = line.strip_prefix("typedef struct ").and_then(|rest| rest.strip_suffix(" {")) {
            structure = name;
        } else if let Some(member) = line.strip_prefix("  ").and_then(|line| line.strip_suffix(';')) {
            all.insert(format!("{structure}.{}", member.rsplit([' ', '*']).next().unwrap_or_default()));
        }
    }
    all
}

/// A behavior that is said to be blind without a kind of events raises nothing if every scenario is without it.
#[test]
fn what_is_said_to_be_blind_raises_nothing() {
    let catalog = Catalog::builtin();
    let mut checked = 0;
    for (os, ..) in PLATFORMS {
        let wants = catalog.wants(os);
        for want in wants.iter().filter(|want| want.field.is_none()) {
            let blind: BTreeSet<&str> =
                want.behaviors.iter().filter(|loss| loss.without.is_none()).map(|loss| loss.code.as_str()).collect();
            for scenario in scenario::all().iter().filter(|s| s.os() == os && blind.contains(s.behavior())) {
                let mut engine = Engine::new(catalog.clone(), Policy::default(), Limits::default());
                for event in scenario.events().iter().filter(|event| Some(event.kind.tag()) != want.kind) {
                    engine.feed(event);
                }
                engine.flush();
                while let Some(alert) = engine.poll_alert() {
                    assert!(!blind.contains(alert.code.as_str()), "{} without {:?}", scenario.id(), want.kind);
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "{checked} scenarios");
}

#[test]
fn the_document_shows_it() {
    for (os, name, _) in PLATFORMS {
        let wants = Catalog::builtin().wants(os);
        let members: BTreeMap<(u32, Option<String>), Option<String>> =
            self::wants(os as u32 + 1).into_iter().map(|(kind, field, member, _)| ((kind, field), member)).collect();
        let mut table = String::from(
            "| kind | field | structure and member | no alert without | weaker without | read by, too |\n|---|---|---|---|---|---|\n",
        );
        for want in &wants {
            let key = (want.kind.map_or(0, |kind| kind as u32 + 1), want.field.clone());
            table += &row(want, members.get(&key).cloned().flatten());
        }
        keep_part("core/docs/wants.md", &name.to_lowercase(), &table);
    }
}

fn row(want: &Want, member: Option<String>) -> String {
    let of = |keep: &dyn Fn(&&Loss) -> bool, weaker: bool| {
        let text = |loss: &Loss| match loss.without {
            Some(severity) if weaker => format!("{} ({})", loss.code, severity.name()),
            _ => loss.code.clone(),
        };
        let codes: Vec<String> = want.behaviors.iter().filter(keep).map(text).collect();
        if codes.is_empty() { "–".to_owned() } else { codes.join(", ") }
    };
    let is_weaker = |loss: &Loss| loss.without.is_some_and(|without| without < loss.severity || loss.degraded);
    let quoted = |text: &str| format!("`{text}`");
    let cells = [
        want.kind.map_or("any, once a process".to_owned(), |kind: KindTag| quoted(kind.name())),
        want.field.as_deref().map_or("–".to_owned(), quoted),
        member.map_or("–".to_owned(), |member| quoted(&member.replace("ipcsentry_", ""))),
        of(&|loss| loss.without.is_none(), false),
        of(&|loss| is_weaker(loss), true),
        of(&|loss| loss.without.is_some() && !is_weaker(loss), false),
    ];
    format!("| {} |\n", cells.join(" | "))
}
