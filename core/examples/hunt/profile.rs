//! `--coverage --profile`: what would be seen with a sensor, before anything is collected.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use ipcsentry::rules::Severity;
use ipcsentry::scenario::{Profile, Raised};
use ipcsentry::{Catalog, Policy};
use serde_json::json;

use crate::options::Output;
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

/// Prints what the sensor shows.
pub(crate) fn run(run: &mut Run, profile: &Profile, catalog: &Catalog, policy: &Policy) -> io::Result<()> {
    profile.send_all(&mut run.engine);
    run.print_coverage()?;
    if run.options.output == Output::Navigator {
        return Ok(());
    }
    let raised = profile.raised(catalog, policy);
    let severity = |of: &Raised| of.severity.map_or("blind", Severity::name);
    if run.options.is_ndjson() {
        let behaviors = raised.iter().map(|of| {
            let severity = of.severity.map(Severity::name);
            json!({"code": of.behavior, "attacks": of.attacks, "found": of.found, "severity": severity})
        });
        let line = json!({"profile": {"name": profile.name, "behaviors": behaviors.collect::<Vec<_>>()}});
        run.out.json(&line.to_string())?;
    } else {
        run.out.text("RAISED  of the attacks of each behavior, as this sensor sends them\n")?;
        for of in &raised {
            run.out.text(&format!("  {}  {:<8}  {} of {}\n", of.behavior, severity(of), of.found, of.attacks))?;
        }
        let (found, attacks) = raised.iter().fold((0, 0), |sum, of| (sum.0 + of.found, sum.1 + of.attacks));
        run.out.text(&format!("  all  {found} of {attacks}\n"))?;
    }
    run.out.flush()
}
