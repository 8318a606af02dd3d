//! The table of the ablation is current, and its variants really leave out what they say.

use ipcsentry_tests::ablation::{Left, hunt, table};
use ipcsentry_tests::document::keep_part;
use ipcsentry_tests::recordings;

#[test]
fn the_table_is_measured() {
    let Some(recordings) = recordings::all() else { return };
    keep_part("core/docs/ablation.md", "ablation", &table(&recordings));
}

#[test]
fn a_single_event_proves_no_more_than_itself() {
    let Some(recordings) = recordings::all() else { return };
    let alerts = recordings.iter().flat_map(|recording| hunt(recording, Left::SingleEvents));
    let joined: Vec<String> =
        alerts.filter(|a| a.evidence.len() > 1).map(|a| format!("{}: {}", a.code, a.id)).collect();
    assert!(joined.is_empty(), "{}", joined.join("\n"));
}

#[test]
fn fed_event_by_event_everything_is_what_streams_give() {
    let Some(recordings) = recordings::all() else { return };
    for recording in &recordings {
        let Some(format) = recording.format else { continue };
        let ids = |alerts: Vec<ipcsentry::Alert>| alerts.into_iter().map(|a| a.id).collect::<Vec<_>>();
        let (streamed, _) = recordings::hunt(format, &[&recording.bytes]);
        assert_eq!(ids(hunt(recording, Left::Everything)), ids(streamed), "{}", recording.id);
    }
}
