//! The same events in the form that each peer takes.

use std::borrow::Cow;

use gene::{Compiler, Event, FieldGetter, FieldNameIterator, FieldValue};
use ipcsentry_benches::generate::{What, Workload};
use ipcsentry_benches::render::event_id;
use rsigma_eval::{CorrelationConfig, CorrelationEngine, EventValue};

const fn target(what: &What) -> Option<usize> {
    match what {
        What::Access { target, .. } | What::RemoteThread { target } => Some(*target),
        _ => None,
    }
}

const fn pipe(what: &What) -> Option<&String> {
    match what {
        What::PipeCreate { name } | What::PipeConnect { name } => Some(name),
        _ => None,
    }
}

/// An event for gene.
#[derive(Default, gene_derive::Event, gene_derive::FieldGetter)]
#[getter(use_serde_rename)]
#[event(id = self.event_id, source = Cow::from("sysmon"))]
pub(crate) struct Flat {
    #[getter(rename = "EventID")]
    event_id: i64,
    #[getter(rename = "Image")]
    image: Option<String>,
    #[getter(rename = "SourceImage")]
    source_image: Option<String>,
    #[getter(rename = "CommandLine")]
    command_line: Option<String>,
    #[getter(rename = "ParentImage")]
    parent_image: Option<String>,
    #[getter(rename = "PipeName")]
    pipe: Option<String>,
    #[getter(rename = "TargetImage")]
    target_image: Option<String>,
    #[getter(rename = "GrantedAccess")]
    access: Option<String>,
}

impl Flat {
    pub(crate) fn of(workload: &Workload, number: usize) -> Self {
        let step = &workload.steps[number];
        let actor = &workload.processes[step.actor];
        let is_start = matches!(step.what, What::Start);
        Self {
            event_id: i64::from(event_id(&step.what)),
            image: Some(actor.image.to_owned()),
            source_image: Some(actor.image.to_owned()),
            command_line: is_start.then(|| actor.command_line.clone()),
            parent_image: is_start.then(|| workload.processes[actor.parent].image.to_owned()),
            pipe: pipe(&step.what).cloned(),
            target_image: target(&step.what).map(|target| workload.processes[target].image.to_owned()),
            access: match step.what {
                What::Access { mask, .. } => Some(format!("0x{mask:x}")),
                _ => None,
            },
        }
    }
}

pub(crate) fn gene(rules: &str) -> gene::Engine {
    let mut compiler = Compiler::new();
    compiler.load_rules_from_str(rules).expect("gene reads the rules");
    gene::Engine::try_from(compiler).expect("gene compiles the rules")
}

/// How many events gene's rules find.
pub(crate) fn scan(mut engine: gene::Engine, events: &[Flat]) -> u64 {
    events.iter().map(|event| u64::from(engine.scan(event).is_ok_and(|found| !found.is_default_exclude()))).sum()
}

/// An event for rsigma.
pub(crate) struct Sigma<'a> {
    workload: &'a Workload,
    number: usize,
    seconds: i64,
    guid: String,
    parent: String,
    target: String,
}

impl<'a> Sigma<'a> {
    pub(crate) fn of(workload: &'a Workload, number: usize) -> Self {
        let step = &workload.steps[number];
        let guid = |process: usize| {
            let bytes = u128::from_be_bytes(workload.processes[process].guid);
            let part = |shift: u32, digits: u32| bytes >> shift & ((1 << digits) - 1);
            let (a, b, c, d, e) = (part(96, 32), part(80, 16), part(64, 16), part(48, 16), part(0, 48));
            format!("{{{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}}}")
        };
        Self {
            workload,
            number,
            seconds: step.time / 1_000_000_000,
            guid: guid(step.actor),
            parent: guid(workload.processes[step.actor].parent),
            target: target(&step.what).map(guid).unwrap_or_default(),
        }
    }
}

impl rsigma_eval::Event for Sigma<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        let step = &self.workload.steps[self.number];
        let actor = &self.workload.processes[step.actor];
        let parent = matches!(step.what, What::Start).then(|| &self.workload.processes[actor.parent]);
        let found: &str = match path {
            "EventID" => return Some(EventValue::Int(i64::from(event_id(&step.what)))),
            "timestamp" => return Some(EventValue::Int(self.seconds)),
            "GrantedAccess" => match step.what {
                What::Access { mask, .. } => return Some(EventValue::Str(Cow::Owned(format!("0x{mask:x}")))),
                _ => return None,
            },
            "Computer" => Workload::host(actor.host),
            "Image" | "SourceImage" => actor.image,
            "User" => &actor.user,
            "IntegrityLevel" => actor.integrity,
            "ProcessGuid" => &self.guid,
            "CommandLine" => parent.map(|_| actor.command_line.as_str())?,
            "ParentImage" => parent?.image,
            "ParentCommandLine" => &parent?.command_line,
            "ParentProcessGuid" => parent.map(|_| self.parent.as_str())?,
            "TargetProcessGuid" => Some(self.target.as_str()).filter(|target| !target.is_empty())?,
            "TargetImage" => self.workload.processes[target(&step.what)?].image,
            "PipeName" => pipe(&step.what)?,
            "ImageLoaded" => match step.what {
                What::ImageLoad { image } => image,
                _ => return None,
            },
            "TargetObject" => match step.what {
                What::Registry { path, .. } => path,
                _ => return None,
            },
            _ => return None,
        };
        Some(EventValue::Str(Cow::Borrowed(found)))
    }

    fn any_string_value(&self, _is_wanted: &dyn Fn(&str) -> bool) -> bool {
        false
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        Vec::new()
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

pub(crate) fn rsigma(rules: &str, correlations: &str) -> CorrelationEngine {
    let collection =
        rsigma_parser::parse_sigma_yaml(&format!("{rules}\n---\n{correlations}")).expect("rsigma reads the rules");
    assert!(collection.errors.is_empty(), "{:?}", collection.errors);
    let config = CorrelationConfig { emit_detections: true, ..CorrelationConfig::default() };
    let mut engine = CorrelationEngine::new(config);
    engine.add_collection(&collection).expect("rsigma compiles the rules");
    engine
}

/// How many correlations rsigma finds.
pub(crate) fn correlate(engine: &mut CorrelationEngine, events: &[Sigma<'_>]) -> u64 {
    let found = |event: &Sigma<'_>| {
        engine.process_event_at(event, event.seconds).iter().filter(|result| result.is_correlation()).count() as u64
    };
    events.iter().map(found).sum()
}
