//! The C header is the one that cbindgen generates from the sources, compiles without warnings in every standard of C
//! and C++, and describes the golden layouts and symbols of `ffi/abi`.

use ipcsentry_tests::c::{self, run};

#[test]
fn the_header_is_generated_from_the_sources() {
    let root = c::root();
    let config = cbindgen::Config::from_file(root.join("ffi/cbindgen.toml")).expect("a good configuration");
    let bindings = cbindgen::Builder::new().with_crate(root.join("ffi")).with_config(config).generate();
    let mut made = Vec::new();
    bindings.expect("readable sources").write(&mut made);
    let made = String::from_utf8(made).expect("text");
    let shipped = root.join("include/ipcsentry.h");
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(&shipped, made).expect("a writable header");
        return;
    }
    let is = std::fs::read_to_string(&shipped).expect("a header");
    assert!(is == made, "include/ipcsentry.h is out of date: run this test with UPDATE_HEADER=1");
}

/// Standards of C and C++ with the compilers of each; one that is not installed is passed over with a message.
const STANDARDS: [(&str, [&str; 2], &[&str]); 2] =
    [("c", ["gcc", "clang"], &["c99", "c11", "c17"]), ("c++", ["g++", "clang++"], &["c++11", "c++17"])];

#[test]
fn the_headers_compile_without_a_warning_in_every_standard() {
    let include = c::root().join("include");
    let strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"];
    let mut compiled = 0;
    let mut compile = |compiler: &str, language: &str, standard: &str, text: &str| {
        let source = c::scratch("header", text.as_bytes());
        run(compiler, |command| {
            command.args(strict).args([&format!("-std={standard}"), "-x", language, "-I"]).arg(&include).arg(&source)
        });
        std::fs::remove_file(source).expect("just written");
        compiled += 1;
    };
    for (language, compilers, standards) in STANDARDS {
        for compiler in compilers {
            if !c::installed(compiler) {
                println!("skipped: {compiler} is not installed");
                continue;
            }
            for standard in standards {
                // Twice: the guard works.
                compile(compiler, language, standard, "#include \"ipcsentry.h\"\n#include \"ipcsentry.h\"\n");
                compile(compiler, language, standard, "#define IPCSENTRY_VALIDATION\n#include \"ipcsentry.h\"\n");
            }
            if language == "c++" {
                compile(compiler, language, "c++17", "#include \"ipcsentry.hpp\"\n#include \"ipcsentry.hpp\"\n");
            }
        }
    }
    assert!(compiled >= 6, "no compiler");
}

/// Structures that the caller fills in or reads have no padding, so that all their bytes mean something.
#[test]
fn no_structure_has_padding() {
    let header = c::root().join("include/ipcsentry.h");
    run("gcc", |command| command.args(["-std=c11", "-Wpadded", "-Werror", "-fsyntax-only", "-x", "c"]).arg(&header));
}

/// Size of each structure, and offset and size of each member, on a platform of 64 bits. A member may be added behind
/// the others, in place of reserved words; nothing may move.
#[test]
fn the_layout_of_every_structure_is_the_golden_one() {
    let text = std::fs::read_to_string(c::root().join("include/ipcsentry.h")).expect("a header");
    let mut program = "#include <stdio.h>\n#include \"ipcsentry.h\"\nint main(void) {\n".to_owned();
    let mut structures = 0;
    for (kind, name, members) in structures_of(&text) {
        structures += 1;
        program += &format!("  printf(\"{name} %zu\\n\", sizeof({kind} {name}));\n");
        for member in members {
            program += &format!(
                "  printf(\"  {member} %zu %zu\\n\", offsetof({kind} {name}, {member}), sizeof((({kind} {name} *)0)->{member}));\n"
            );
        }
    }
    program += "  return 0;\n}\n";
    assert!(structures > 30, "only {structures} structures found");
    let source = c::scratch("layouts", program.as_bytes());
    let binary = source.with_extension("bin");
    run("gcc", |gcc| {
        gcc.args(["-std=c11", "-x", "c", "-I"]).arg(c::root().join("include")).arg(&source).arg("-o").arg(&binary)
    });
    let printed = run(&binary, |program| program).stdout;
    std::fs::remove_file(source).and_then(|()| std::fs::remove_file(binary)).expect("just made");
    compare("layouts.txt", String::from_utf8(printed).expect("text"));
}

/// Keyword, name and members of every structure and union of a header.
fn structures_of(header: &str) -> Vec<(&'static str, &str, Vec<&str>)> {
    let mut all: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    let mut inside = false;
    for line in header.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for kind in ["struct", "union"] {
            let begin = format!("typedef {kind} ");
            if let Some(name) = line.strip_prefix(&begin).and_then(|rest| rest.strip_suffix(" {")) {
                all.push((kind, name, Vec::new()));
                inside = true;
            }
        }
        inside &= !line.starts_with('}');
        if let (true, Some(member)) = (inside, line.strip_suffix(';')) {
            let member = member.rsplit([' ', '*']).next().unwrap_or_default();
            let (_, _, members) = all.last_mut().expect("inside of one");
            members.push(member.split('[').next().unwrap_or_default());
        }
    }
    all
}

/// The numbers of the event model's enumerations are its own plus one, under their own names.
#[test]
fn the_numbers_of_the_event_model_are_in_the_header() {
    use ipcsentry::event::{
        AccessMethod, Channel, Direction, FileOperation, Integrity, KindTag, Mechanism, Os, SensorChange, ServiceAct,
        Signing, StartMethod,
    };
    let text = std::fs::read_to_string(c::root().join("include/ipcsentry.h")).expect("a header");
    let enumerations: [(&str, &[&str]); 12] = [
        ("KIND", KindTag::NAMES),
        ("OS", Os::NAMES),
        ("MECHANISM", Mechanism::NAMES),
        ("CHANNEL", Channel::NAMES),
        ("INTEGRITY", Integrity::NAMES),
        ("SIGNING", Signing::NAMES),
        ("START_METHOD", StartMethod::NAMES),
        ("ACCESS_METHOD", AccessMethod::NAMES),
        ("DIRECTION", Direction::NAMES),
        ("FILE_OPERATION", FileOperation::NAMES),
        ("SENSOR_CHANGE", SensorChange::NAMES),
        ("SERVICE_ACT", ServiceAct::NAMES),
    ];
    for (prefix, names) in enumerations {
        for (number, name) in (1..).zip(names) {
            let line = format!("\n#define IPCSENTRY_{prefix}_{} {number}\n", name.to_uppercase());
            assert!(text.contains(&line), "the header lacks{line}");
        }
    }
}

#[test]
fn the_header_has_a_lifetime_sentence_for_every_type() {
    let text = std::fs::read_to_string(c::root().join("include/ipcsentry.h")).expect("a header");
    let lines: Vec<&str> = text.lines().collect();
    let mut types = 0;
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("typedef ")) {
        let comment = lines[..at].iter().rev().take_while(|l| l.starts_with("//"));
        let comment: String = comment.copied().collect();
        assert!(comment.contains("Lifetime and threads: "), "{line} lacks its lifetime and thread sentence");
        types += 1;
    }
    assert!(types >= 10, "only {types} types found");
}

#[test]
fn only_ipcsentry_symbols_are_exported() {
    let library = c::build().cdylib;
    let listing = run("nm", |command| command.args(["-D", "--defined-only", "--format=posix"]).arg(&library));
    let listing = String::from_utf8(listing.stdout).expect("names");
    let mut names: Vec<&str> = listing.lines().filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    // The tests build the library with the scenarios.
    let (of_scenarios, of_all): (Vec<&str>, Vec<&str>) =
        names.iter().partition(|name| name.starts_with("ipcsentry_scenario"));
    compare("symbols_validation.txt", of_scenarios.join("\n") + "\n");
    compare("symbols.txt", of_all.join("\n") + "\n");
    assert!(names.iter().all(|name| name.starts_with("ipcsentry_")), "foreign symbols: {names:?}");
}

/// Compares with a golden list of `ffi/abi`.
fn compare(name: &str, made: String) {
    let golden = c::root().join("ffi/abi").join(name);
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(golden, made).expect("a writable list");
        return;
    }
    let is = std::fs::read_to_string(golden).expect("a golden list");
    assert_eq!(made, is, "the library differs from ffi/abi/{name}: UPDATE_HEADER=1 writes it anew");
}
