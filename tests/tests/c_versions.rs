//! Programs that were built with an older or a newer header run with this library: structures only grow at their end.
//! `tests/data/first_header.h` is the first header with events of an agent's own, as it was.

use std::path::Path;

use ipcsentry_tests::c::{self, run};

/// What `embedder.c` prints, compiled with the header of a folder and further arguments.
fn printed(include: &Path, arguments: &[&str]) -> String {
    let library = c::build();
    let (root, program) = (c::root(), c::scratch("embedder", b""));
    run("gcc", |gcc| {
        gcc.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"]).arg(include).args(arguments);
        gcc.arg(root.join("tests/data/embedder.c")).arg(&library.staticlib).arg("-o").arg(&program);
        gcc.args(["-lpthread", "-ldl", "-lm"])
    });
    let output = run(&program, |command| command.arg(root.join("tests/data/getsystem.ndjson")));
    std::fs::remove_file(program).expect("just made");
    String::from_utf8(output.stdout).expect("text")
}

/// A folder with a header of that text.
fn header(text: &str) -> std::path::PathBuf {
    let folder = c::scratch("include", b"");
    std::fs::remove_file(&folder).and_then(|()| std::fs::create_dir(&folder)).expect("a writable folder");
    std::fs::write(folder.join("ipcsentry.h"), text).expect("a writable folder");
    folder
}

/// The header with one more member at the end of each structure that says its size.
fn grown(text: &str) -> String {
    let mut grown = String::new();
    let mut is_sized = false;
    for line in text.lines() {
        is_sized |= line.trim() == "uint64_t type_size;";
        if is_sized && line.starts_with("} ipcsentry_") {
            grown += "  uint64_t later;\n";
            is_sized = false;
        }
        grown += line;
        grown.push('\n');
    }
    grown
}

#[test]
fn programs_of_older_and_newer_headers_print_what_one_of_this_header_prints() {
    let root = c::root();
    let text = std::fs::read_to_string(root.join("include/ipcsentry.h")).expect("a header");
    let first = std::fs::read_to_string(root.join("tests/data/first_header.h")).expect("a header");
    let due = printed(&root.join("include"), &[]);
    assert!(due.contains("alert W02\n") && due.contains("of evidence"), "{due}");
    let newer = grown(&text);
    assert!(newer.matches("uint64_t later;").count() > 30, "few structures grew");
    for (what, text, arguments) in [("first", first, &[][..]), ("newer", newer, &["-DLATER"][..])] {
        let folder = header(&text);
        assert_eq!(printed(&folder, arguments), due, "{what}");
        std::fs::remove_dir_all(folder).expect("just made");
    }
}
