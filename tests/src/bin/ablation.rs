//! Prints the table of `core/docs/ablation.md`: recall, false and stray alerts on the labeled recordings without
//! correlation and with fewer sources.

fn main() {
    if let Some(recordings) = ipcsentry_tests::recordings::all() {
        print!("{}", ipcsentry_tests::ablation::table(&recordings));
    }
}
