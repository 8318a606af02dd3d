//! `--coverage --profile`: what would be seen with a sensor, before anything is collected. The attacks of the catalog are
//! stripped to what the sensor sends; coverage says what can be seen of each behavior, the attacks what is.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::Path;

use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Profile, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy};
use serde_json::json;

use crate::ANY_LATENESS;
use crate::read;
use crate::run::Run;

/// The profile of a file, or one that ships with the program.
pub(crate) fn profile(name: &OsStr) -> Result<Profile, String> {
    if let Some((_, profile)) = Profile::builtin().find(|(known, _)| *known == name) {
        return Ok(profile);
    }
    if !Path::new(name).exists() {
        let known: Vec<&str> = Profile::builtin().map(|(known, _)| known).collect();
        return Err(format!("{} is no file and no profile; there are {}", name.display(), known.join(", ")));
    }
    let text = String::from_utf8(read(name)?).map_err(|_| format!("{}: is not UTF-8", name.display()))?;
    Profile::read(&text).map_err(|what| format!("{}: {what}", name.display()))
}

/// What is raised of the attacks of one behavior.
#[derive(Default)]
struct Raised {
    attacks: usize,
    found: usize,
    most: Option<Severity>,
}

/// Prints what the sensor shows.
pub(crate) fn run(run: &mut Run, profile: &Profile, catalog: &Catalog, policy: &Policy) -> io::Result<()> {
    let platform = profile.os().ok();
    let scenarios = || scenario::all().iter().filter(|scenario| Some(scenario.os()) == platform);
    // One host that has sent everything that the sensor sends.
    for scenario in scenarios() {
        for event in scenario.events() {
            if let Some(mut event) = profile.strip(&event) {
                event.host = profile.name.as_bytes();
                run.engine.feed(&event);
            }
        }
    }
    run.engine.flush();
    run.print_coverage()?;
    let mut raised: BTreeMap<&str, Raised> = BTreeMap::new();
    for attack in scenarios().filter(|scenario| scenario.is_positive()) {
        let of = raised.entry(attack.behavior()).or_default();
        of.attacks += 1;
        if let Some(most) = loudest(attack, profile, catalog, policy) {
            of.found += 1;
            of.most = of.most.max(Some(most));
        }
    }
    let severity = |of: &Raised| of.most.map_or("blind", Severity::name);
    if run.options.is_ndjson() {
        let behaviors = raised.iter().map(|(code, of)| {
            json!({"code": code, "attacks": of.attacks, "found": of.found, "severity": of.most.map(Severity::name)})
        });
        let line = json!({"profile": {"name": profile.name, "behaviors": behaviors.collect::<Vec<_>>()}});
        run.out.json(&line.to_string())?;
    } else {
        run.out.text("RAISED  of the attacks of each behavior, as this sensor sends them\n")?;
        for (code, of) in &raised {
            run.out.text(&format!("  {code}  {:<8}  {} of {}\n", severity(of), of.found, of.attacks))?;
        }
        let (found, attacks) = raised.values().fold((0, 0), |sum, of| (sum.0 + of.found, sum.1 + of.attacks));
        run.out.text(&format!("  all  {found} of {attacks}\n"))?;
    }
    run.out.flush()
}

/// The severity of the loudest alert of its behavior that an attack raises, as the sensor sends it.
fn loudest(attack: &Scenario, profile: &Profile, catalog: &Catalog, policy: &Policy) -> Option<Severity> {
    let mut limits = Limits::default();
    limits.lateness = ANY_LATENESS;
    let mut engine = Engine::new(catalog.clone(), policy.clone(), limits);
    for event in attack.events() {
        if let Some(event) = profile.strip(&event) {
            engine.feed(&event);
        }
    }
    engine.flush();
    let alerts = std::iter::from_fn(|| engine.poll_alert());
    alerts.filter(|alert| alert.code == attack.behavior()).map(|alert| alert.level).max()
}
