//! The decoders of tables, text and CSV do not panic on lines that are cut or damaged anywhere.

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
