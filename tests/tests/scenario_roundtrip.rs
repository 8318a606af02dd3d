//! The decoder reads back what a renderer writes: the same kinds, and every value that both support.

use ipcsentry::decode::Format;
use ipcsentry::scenario::{self, Rendered, Scenario};
use ipcsentry_tests::{Decoded, decode_lines};
use serde_json::Value;

const SEEDS: u64 = 5;

#[test]
fn rendered_steps_decode_to_the_steps() {
    let mut failures = Vec::new();
    let mut compared = 0;
    for scenario in scenario::all() {
        for seed in 0..SEEDS {
            let scenario = scenario.variant(seed);
            for telemetry in scenario.telemetry() {
                for file in scenario.render(telemetry).expect("this telemetry can be rendered") {
                    compared += file.steps.len();
                    if let Err(why) = compare(&scenario, &file) {
                        failures.push(format!("{} seed {seed} {:?}: {why}", scenario.id(), file.format));
                    }
                }
            }
        }
    }
    failures.truncate(20);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(compared > 1000, "{compared} steps compared");
}

#[test]
fn every_scenario_renders_twice_and_its_formats_are_detected() {
    for scenario in scenario::all() {
        let mut ways = 0;
        for telemetry in scenario.telemetry() {
            ways += 1;
            for file in scenario.render(telemetry).expect("this telemetry can be rendered") {
                assert_eq!(Format::detect(&file.bytes), Some(file.format), "{}", scenario.id());
            }
        }
        assert!(ways >= 2, "{} can be rendered in {ways} ways", scenario.id());
    }
}

fn compare(scenario: &Scenario, file: &Rendered) -> Result<(), String> {
    let lines = file.bytes.split(|&b| b == b'\n').filter(|l| !l.is_empty());
    let Decoded { events, errors, .. } = decode_lines(file.format, lines);
    if !errors.is_empty() {
        return Err(format!("errors {errors:?}"));
    }
    if events.len() != file.steps.len() {
        return Err(format!("{} steps became {} events", file.steps.len(), events.len()));
    }
    let original: Vec<Value> = scenario.events().iter().map(|e| e.to_json()).collect();
    for (step, decoded) in file.steps.iter().zip(&events) {
        agree(&original[*step], decoded, "").map_err(|why| format!("step {step}: {why}"))?;
    }
    Ok(())
}

/// Members that belong to the record or that the sensor generates.
const OWN: [&str; 6] = ["record", "file", "source", "start", "envelope_time", "time_is_envelope"];

/// Whether two events agree in all members that both have.
fn agree(original: &Value, decoded: &Value, path: &str) -> Result<(), String> {
    match (original, decoded) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a.iter().filter(|(k, _)| !OWN.contains(&k.as_str())) {
                if let Some(other) = b.get(key) {
                    agree(value, other, &format!("{path}.{key}"))?;
                }
            }
            Ok(())
        }
        _ if original == decoded => Ok(()),
        // The format has no host; the stream's options do.
        (_, Value::String(b)) if path == ".host" && b.is_empty() => Ok(()),
        // The format's times are in seconds or milliseconds.
        (Value::String(a), Value::String(b)) if path == ".time" && a[..19] == b[..19] => Ok(()),
        // The sensor writes the program's path as the first argument.
        (Value::String(a), Value::String(b)) if path.ends_with(".command_line") && b.starts_with('/') => {
            let rest = a.find(' ').map_or("", |at| &a[at..]);
            if b.ends_with(rest) { Ok(()) } else { Err(format!("{path}: {original} was read as {decoded}")) }
        }
        // The log has only file names.
        (Value::String(a), Value::String(b)) if path.ends_with(".image") && a.rsplit('/').next() == Some(b) => Ok(()),
        _ => Err(format!("{path}: {original} was read as {decoded}")),
    }
}
