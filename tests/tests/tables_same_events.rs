//! A record gives the same event whichever tool exported it: scenarios' records in the layouts of other tools give the
//! events of evtx_dump's JSON.

use ipcsentry::decode::Format;
use ipcsentry::scenario;
use ipcsentry_tests::decode_lines;
use ipcsentry_tests::layouts::LAYOUTS;
use serde_json::Value;

#[test]
fn every_layout_gives_the_same_events() {
    let mut compared = 0;
    for scenario in scenario::all() {
        let file = scenario.render_partly(Format::EvtxJson);
        let lines: Vec<&[u8]> = file.bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty()).collect();
        if lines.is_empty() {
            continue;
        }
        let records: Vec<Value> = lines.iter().map(|line| serde_json::from_slice(line).expect("JSON")).collect();
        let plain = events(Format::EvtxJson, &lines);
        assert!(!plain.is_empty());
        for (name, format, layout) in LAYOUTS {
            let text = layout(&records);
            if text.is_empty() {
                continue;
            }
            let lines: Vec<&[u8]> = text.iter().map(String::as_bytes).collect();
            let laid_out = events(*format, &lines);
            assert_eq!(laid_out.len(), plain.len(), "{name}: {}", text.join("\n"));
            for (one, other) in laid_out.iter().zip(&plain) {
                assert_eq!(one, other, "{name}: {}", text.join("\n"));
            }
            let recognized = Format::detect(text.join("\n").as_bytes());
            assert_eq!(recognized, Some(*format), "{name}: {}", text.join("\n"));
            compared += plain.len();
        }
    }
    assert!(compared > 1000, "{compared} events compared");
}

/// Events without the numbers of their lines.
fn events(format: Format, lines: &[&[u8]]) -> Vec<Value> {
    let decoded = decode_lines(format, lines.iter().copied());
    assert_eq!(decoded.errors, []);
    let mut events = decoded.events;
    for event in &mut events {
        event["record"] = 0.into();
    }
    events
}
