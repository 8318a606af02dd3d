//! Executable attack scenarios and their benign variants: what the library promises to see, and what it promises to leave
//! alone.
//!
//! A scenario is some processes and the steps they take, written as data beside its behavior
//! (`core/rules/PLATFORM/CODE_name.scenarios.jsonc`, `.benign.jsonc`), independent of any sensor. It
//! becomes typed [`Event`]s, or the bytes that sensors would have written ([`Scenario::render`]), so that decoders,
//! engine and an embedder's own pipeline can be put to the same test. [`Scenario::variant`] changes what an attacker
//! or chance decides (names, programs, accounts, pids, times, order) and nothing else.
//!
//! # Data
//! A file is a list of objects; its name says the behavior's code and whether they are attacks or benign variants. Those
//! of everyday work stand in `core/rules/everyday`.
//! - `id`, `why`, `description`; a benign variant says in `lacks` which part of the behavior it does not have.
//! - `participants`: processes by letter. A process has `image` and what else is known: `command_line` (a text, or on POSIX
//!   the argument vector), `parent` (a letter), `pid` (a number only where the system fixes it; a letter: the same
//!   process, before it became another program or got another parent), `folder`, `user`, `uid`, `auid`, `session`,
//!   `terminal`, `integrity`, `signing`, `signer`, `original_file_name`, `responsible`.
//! - `steps`: `at` (seconds; what happens at once may come in any order), `actor` (a letter), `do` (a kind of event) and
//!   the details of that kind under the names they have in [`event`](crate::event); processes stand as letters, endpoints
//!   as `mechanism` and `name`.
//! - `expect`: `{"codes": […], "initiator": "a file name | remote", "severity": "…"}` or `{"quiet": true}`.
//!
//! `{tool}`, `{pipe}`, `{user}` … in texts are names a variant chooses, `{shell}`, `{script}`, `{relay}` programs of the
//! kind that Linux has many of, `{shared}` a folder where everybody may write, `{uid}` and `{ses}` (`{uid2}`, `{ses2}`) a
//! user and his session; `{pid:A}` is the pid of A.
//!
//! What attackers may change, and which scenario shows the alert all the same: `core/docs/evasion.md`.
//!
//! ```
//! use ipcsentry::{Catalog, Engine, Limits, Policy, scenario};
//!
//! let scenario = scenario::all().iter().find(|s| s.behavior() == "M09" && s.is_positive()).expect("every behavior has one");
//! let scenario = scenario.variant(7);
//! let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
//! for event in scenario.events() {
//!     engine.feed(&event);
//! }
//! engine.flush();
//! assert_eq!(engine.poll_alert().expect("an alert").code, "M09");
//! ```

mod act;
mod linux;
mod linux_ecs;
mod linux_sensors;
mod macos;
mod participants;
mod prediction;
mod profile;
mod refusal;
mod render;
mod source;
mod text;
mod trial;
mod tuning;
mod values;
mod vary;
mod windows;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use once_cell::race::OnceBox;
use serde_json::Value;

use self::participants::Participant;
pub use self::prediction::Raised;
pub use self::profile::Profile;
pub use self::refusal::{CannotRender, WhyNot};
pub use self::render::{Rendered, Telemetry};
pub use self::trial::{Case, Trial, Verdict};
pub use self::tuning::{Loss, Suggestion, losses, lowered, suggest};
use crate::decode::Format;
use crate::event::{Event, NativeId, Os};
use crate::rules::Severity;
use crate::rules::embedded::{self, File, Texts};
use crate::time::{MILLISECOND, Timestamp};

/// Every scenario: the attacks, then the benign variants, each by platform and code.
///
/// ```
/// let codes: std::collections::BTreeSet<_> = ipcsentry::scenario::all().iter().map(|s| s.behavior()).collect();
/// assert!(codes.contains("W02") && codes.contains("L05") && codes.contains("M05"));
/// ```
///
/// # Panics
/// If a file of scenarios that was built in cannot be read. No input can bring that about: either every call of a build
/// panics, or none does, and a test of the library says which. A missing scenario would be a test that silently does not run.
#[must_use]
pub fn all() -> &'static [Scenario] {
    static ALL: OnceBox<Vec<Scenario>> = OnceBox::new();
    let read = |file: File<'_>| read(file.name, file.text).unwrap_or_else(|what| panic!("a builtin scenario: {what}"));
    ALL.get_or_init(|| Box::new(files(&texts()).flat_map(read).collect()))
}

fn texts() -> Texts {
    Texts::of_scenarios().unwrap_or_else(|fault| panic!("the builtin scenarios: {}", fault.what))
}

fn files(texts: &Texts) -> impl Iterator<Item = File<'_>> {
    texts.files(embedded::SCENARIOS).chain(texts.files(embedded::BENIGN_VARIANTS))
}

/// The scenarios of a text in the project's schema (see the module). The name is that of its file: it says the
/// behavior's code, and by its end, `.scenarios.jsonc` or `.benign.jsonc`, whether they are attacks.
///
/// # Errors
/// What cannot be read, with its place.
///
/// ```
/// use ipcsentry::scenario;
/// let text = r#"[{
///   "id": "linux.own.nothing", "why": "Nothing happens.", "description": "A shell starts.",
///   "participants": {"A": {"image": "/bin/sh"}},
///   "steps": [{"at": 0, "actor": "A", "do": "process_start"}],
///   "expect": {"quiet": true},
/// }]"#;
/// assert_eq!(scenario::read("L90_own.benign.jsonc", text)?.len(), 1);
/// # Ok::<(), String>(())
/// ```
pub fn read(name: &str, text: &str) -> Result<Vec<Scenario>, String> {
    source::read(name, text)?
        .into_iter()
        .map(|source| {
            let id = source["id"].as_str().unwrap_or("?").into();
            Scenario::from_source(source, 0, None)
                .map_err(|what| alloc::format!("{name}: {id}: {what}", id = String::clone(&id)))
        })
        .collect()
}

/// One scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// As written, with placeholders: what variants are made from.
    source: Value,
    id: String,
    behavior: String,
    os: Os,
    positive: bool,
    host: String,
    start: Timestamp,
    participants: Vec<Participant>,
    steps: Vec<Step>,
    expect: Expectation,
}

/// What a scenario should lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expectation {
    /// An alert of one of these codes, at least this severe, that names this initiator.
    Alert {
        /// Codes of behaviors; one of them is enough.
        codes: Vec<String>,
        /// The file name of the initiator's image, or `remote`.
        initiator: String,
        /// The least severity.
        severity: Severity,
    },
    /// Nothing at medium severity or above.
    Quiet,
}

/// One step with its details.
#[derive(Clone, Debug)]
struct Step {
    /// After the start.
    at: i64,
    actor: Option<usize>,
    act: Value,
}

impl Scenario {
    /// Its name, `win.getsystem.service_echo`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The code of the behavior it is about, `W02`.
    #[must_use]
    pub fn behavior(&self) -> &str {
        &self.behavior
    }

    /// The platform.
    #[must_use]
    pub const fn os(&self) -> Os {
        self.os
    }

    /// The host it happens on; some formats do not say it, so give it to the stream.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is an attack; otherwise a benign variant.
    #[must_use]
    pub const fn is_positive(&self) -> bool {
        self.positive
    }

    /// Why it is here, in one sentence.
    #[must_use]
    pub fn why(&self) -> &str {
        self.source["why"].as_str().unwrap_or_default()
    }

    /// What happens in it.
    #[must_use]
    pub fn description(&self) -> &str {
        self.source["description"].as_str().unwrap_or_default()
    }

    /// Which part of the behavior a benign variant does not have.
    #[must_use]
    pub fn lacks(&self) -> Option<&str> {
        self.source["lacks"].as_str()
    }

    /// What it should lead to.
    #[must_use]
    pub const fn expect(&self) -> &Expectation {
        &self.expect
    }

    /// The same scenario with other names, pids and times, the same for the same seed. Seed 0 is the scenario as it is.
    ///
    /// ```
    /// let scenario = &ipcsentry::scenario::all()[0];
    /// assert_eq!(scenario.variant(3).events(), scenario.variant(3).events());
    /// assert_ne!(scenario.variant(3).events(), scenario.variant(4).events());
    /// ```
    #[must_use]
    pub fn variant(&self, seed: u64) -> Self {
        Self::from_source(self.source.clone(), seed, None).unwrap_or_else(|_| self.clone())
    }

    /// A run of a variant: the same programs, accounts and host with other pids, times and random names (of pipes,
    /// sockets, files, services and folders for temporary files), the same for the same numbers.
    ///
    /// ```
    /// let scenario = &ipcsentry::scenario::all()[0];
    /// assert_eq!(scenario.run(3, 1).host(), scenario.run(3, 2).host());
    /// assert_ne!(scenario.run(3, 1).events(), scenario.run(3, 2).events());
    /// ```
    #[must_use]
    pub fn run(&self, seed: u64, run: u64) -> Self {
        Self::from_source(self.source.clone(), seed, Some(run)).unwrap_or_else(|_| self.clone())
    }

    /// The steps as typed events, in order of time.
    #[must_use]
    pub fn events(&self) -> Vec<Event<'_>> {
        (0..self.steps.len()).filter_map(|number| self.event(number)).collect()
    }

    /// The kinds of telemetry that can record the whole scenario.
    ///
    /// ```
    /// for scenario in ipcsentry::scenario::all() {
    ///     assert!(scenario.telemetry().count() >= 2, "{}", scenario.id());
    /// }
    /// ```
    pub fn telemetry(&self) -> impl Iterator<Item = Telemetry> + '_ {
        Telemetry::ALL.iter().copied().filter(|telemetry| self.render(*telemetry).is_ok())
    }

    /// The bytes that the sensors would have written: one file a format.
    ///
    /// # Errors
    /// When a step has no record in that telemetry.
    ///
    /// ```
    /// use ipcsentry::scenario::{self, Telemetry};
    /// let scenario = scenario::all().iter().find(|s| s.behavior() == "L05").expect("there is one");
    /// let files = scenario.render(Telemetry::Auditd)?;
    /// assert!(files[0].bytes.starts_with(b"type=SYSCALL"));
    /// # Ok::<(), ipcsentry::scenario::CannotRender>(())
    /// ```
    pub fn render(&self, telemetry: Telemetry) -> Result<Vec<Rendered>, CannotRender> {
        render::render(self.os, &self.events(), telemetry)
    }

    /// The bytes that one sensor alone would have written, without the steps it has no record for.
    ///
    /// ```
    /// use ipcsentry::decode::Format;
    /// use ipcsentry::scenario;
    /// let scenario = scenario::all().iter().find(|s| s.id() == "mac.prompt.checked").expect("it is one of ours");
    /// // Endpoint Security has no event for an Apple Event.
    /// assert_eq!(scenario.render_partly(Format::EsloggerJson).steps.len(), scenario.events().len() - 1);
    /// ```
    #[must_use]
    pub fn render_partly(&self, format: Format) -> Rendered {
        render::partly(self.os, &self.events(), format)
    }

    fn from_source(source: Value, seed: u64, run: Option<u64>) -> Result<Self, String> {
        let os = match source["os"].as_str() {
            Some("windows") => Os::Windows,
            Some("linux") => Os::Linux,
            Some("macos") => Os::Macos,
            _ => return Err("`os` is none of ours".into()),
        };
        let text = |key: &str| source[key].as_str().map(String::from).ok_or(alloc::format!("`{key}` is missing"));
        let (id, behavior, kind) = (text("id")?, text("behavior")?, text("kind")?);
        let mut dice = vary::Dice::new(&id, seed);
        let letters: Vec<&str> =
            source["participants"].as_object().ok_or("`participants` is missing")?.keys().map(String::as_str).collect();
        let mut names = vary::Names::choose(&mut dice, os);
        if let Some(run) = run {
            dice = vary::Dice::new(&alloc::format!("{id} {run}"), seed.wrapping_add(run).wrapping_add(1));
            names.draw_random(&mut dice);
        }
        let pids = participants::pids(&source["participants"], &letters, os, &mut dice)?;
        let mut filled = source.clone();
        vary::fill(&mut filled, &names, &letters, &pids);
        let participants = participants::read(&filled["participants"], &letters, &pids, os, &mut dice)?;
        let pace = dice.pace();
        let mut steps = Vec::new();
        for step in filled["steps"].as_array().ok_or("`steps` is missing")? {
            let at = step["at"].as_f64().ok_or("a step without `at`")?;
            let actor = match step["actor"].as_str() {
                None => None,
                Some(letter) => {
                    Some(letters.iter().position(|l| *l == letter).ok_or("an actor who is not in the participants")?)
                }
            };
            let millis = at * 1000.0 * pace;
            steps.push(Step { at: millis as i64 * MILLISECOND, actor, act: step.clone() });
        }
        let expect = expectation(&filled["expect"]).ok_or("`expect` cannot be read")?;
        let (start, host) = (dice.start(), names.get("host").into());
        // What is written as happening at once may come in any order, each process's own steps in theirs.
        let pid = |step: &Step| step.actor.and_then(|i| pids.get(i));
        dice.shuffle(&mut steps, |a, b| a.act["at"] == b.act["at"] && pid(a) != pid(b));
        let scenario =
            Self { id, behavior, os, positive: kind == "attack", host, start, participants, steps, expect, source };
        match (0..scenario.steps.len()).find(|&n| scenario.event(n).is_none()) {
            Some(number) => Err(alloc::format!("step {number} cannot be read")),
            None => Ok(scenario),
        }
    }

    /// One step as an event; `None` when its details are not of its kind.
    fn event(&self, number: usize) -> Option<Event<'_>> {
        let step = self.steps.get(number)?;
        let participant =
            |letter: &Value| letter.as_str().and_then(|l| self.participants.iter().find(|p| p.letter == l));
        let mut event = Event::new(self.os, self.start + step.at, act::kind(&step.act, self.os, &participant)?);
        event.host = self.host.as_bytes();
        event.record = number as u64;
        event.source.channel = act::channel(&step.act, self.os);
        event.source.id = NativeId::Number(number as u64 + 1000);
        if let Some(actor) = step.actor.and_then(|i| self.participants.get(i)) {
            event.actor = actor.reference();
            if let Some(parent) = self.participants.iter().find(|p| Some(&p.letter) == actor.parent.as_ref()) {
                event.parent = parent.reference();
            }
            if let Some(responsible) = self.participants.iter().find(|p| Some(&p.letter) == actor.responsible.as_ref())
            {
                event.responsible = responsible.reference().key();
            }
        } else {
            event.actor.user = act::text(&step.act, "actor_user");
            event.actor.session = step.act["actor_session"].as_u64();
        }
        Some(event)
    }
}

fn expectation(source: &Value) -> Option<Expectation> {
    if source["quiet"].as_bool() == Some(true) {
        return Some(Expectation::Quiet);
    }
    let codes = source["codes"].as_array()?.iter().filter_map(|c| c.as_str().map(String::from)).collect();
    let severity = source["severity"].as_str()?;
    let severity = Severity::ALL.iter().find(|(name, _)| *name == severity)?.1;
    Some(Expectation::Alert { codes, initiator: source["initiator"].as_str()?.into(), severity })
}

#[cfg(test)]
mod tests {
    use super::{files, read, texts};

    #[test]
    fn every_data_file_is_read() {
        for file in files(&texts()) {
            match read(file.name, file.text) {
                Ok(list) => assert!(!list.is_empty(), "{}", file.name),
                Err(what) => panic!("{what}"),
            }
        }
    }
}
