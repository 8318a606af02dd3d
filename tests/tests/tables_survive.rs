//! The readers of tables, text and CSV bear lines cut and damaged anywhere.

use ipcsentry_tests::survive;

#[test]
fn cut_and_damaged_rows_are_borne() {
    survive::cut_and_damage(&[
        "sentinel",
        "defender",
        "velociraptor",
        "evtxecmd",
        "get_winevent",
        "windows_text",
        "chainsaw",
        "hayabusa",
        "ocsf",
        "csv",
        "windows_operational",
    ]);
}
