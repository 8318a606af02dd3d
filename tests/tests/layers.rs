//! The modules of core import one way, bottom to top; nothing in it reaches for the standard library or for unsafe
//! code; and no code names a behavior: behaviors are data.

use std::fs;
use std::path::{Path, PathBuf};

/// Bottom to top: a module may import only what stands before it.
const LAYERS: &[&str] = &[
    "time", "limits", "stats", "util", "names", "event", "decode", "rules", "policy", "state", "derive", "matching",
    "report", "baseline", "snapshot", "engine", "scenario",
];

/// One source file of core, its test module cut off.
struct Source {
    path: PathBuf,
    /// The top module it belongs to.
    module: String,
    code: String,
}

impl Source {
    /// Lines of code with their numbers, comments left out.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.code.lines().enumerate().map(|(i, line)| (i + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn line_of(&self, offset: usize) -> usize {
        self.code[..offset].matches('\n').count() + 1
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src");
    let mut sources = Vec::new();
    collect(&root, &root, &mut sources);
    assert!(sources.len() > 50, "core has more files than {}", sources.len());
    sources
}

fn collect(root: &Path, folder: &Path, into: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("core is part of the repository") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            collect(root, &path, into);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).expect("a readable file");
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned();
            let inside = path.strip_prefix(root).expect("below the root");
            let top = inside.components().next().expect("a name").as_os_str().to_string_lossy();
            let module = top.trim_end_matches(".rs").to_owned();
            into.push(Source { path: inside.to_owned(), module, code });
        }
    }
}

/// Every first segment after `crate::`, with its offset; `crate::{a::b, c}` has two.
fn imports(code: &str) -> Vec<(usize, &str)> {
    let name = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let mut found = Vec::new();
    for (at, found_at) in code.match_indices("crate::") {
        let start = at + found_at.len();
        let rest = &code[start..];
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let Some(group) = rest.strip_prefix('{') else {
            found.push((at, &rest[..name(rest)]));
            continue;
        };
        let (mut depth, mut fresh) = (1, true);
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => fresh = true,
                c if fresh && c.is_alphanumeric() => {
                    found.push((at, &group[i..i + name(&group[i..])]));
                    fresh = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

/// The module a name re-exported at the root of the crate lives in.
fn home<'a>(root: &'a str, name: &'a str) -> &'a str {
    let exports = root.lines().filter_map(|line| line.strip_prefix("pub use "));
    for export in exports {
        let Some((module, names)) = export.split_once("::") else { continue };
        if names.split(|c: char| !c.is_alphanumeric() && c != '_').any(|n| n == name) {
            return module;
        }
    }
    name
}

#[test]
fn modules_import_one_way() {
    let sources = sources();
    let root = sources.iter().find(|s| s.module == "lib").expect("lib.rs").code.clone();
    let layer = |module: &str| LAYERS.iter().position(|l| *l == module);
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|s| s.module != "lib") {
        let Some(own) = layer(&source.module) else {
            wrong.push(format!("{}: module {} has no layer", source.path.display(), source.module));
            continue;
        };
        for (at, import) in imports(&source.code) {
            let module = home(&root, import);
            let place = format!("{}:{}", source.path.display(), source.line_of(at));
            let comment = source.code[..at].lines().next_back().is_some_and(|l| l.trim_start().starts_with("//"));
            match layer(module) {
                _ if comment => {}
                Some(other) if other <= own => {}
                Some(_) => wrong.push(format!("{place}: {} imports {module}, which is above it", source.module)),
                None => wrong.push(format!("{place}: {import} has no layer")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_are_found() {
    assert_eq!(imports("use crate::event::{self, Event};"), [(4, "event")]);
    assert_eq!(
        imports("use crate::{time::Timestamp, event::{Kind, Os}, hash};"),
        [(4, "time"), (4, "event"), (4, "hash")]
    );
    assert_eq!(imports("fn f(x: crate::table::Handle) {} $crate::time"), [(8, "table")]);
    assert_eq!(home("pub use time::Timestamp;\npub use engine::{Accepted, Engine};", "Engine"), "engine");
}

#[test]
fn core_is_without_std_and_unsafe() {
    let mut wrong = Vec::new();
    let mut externs = 0;
    for source in sources() {
        let mut previous = "";
        for (number, line) in source.lines() {
            let std = line.contains("std::") || line.contains("extern crate std");
            let foreign = std && !line.contains("no_std");
            if foreign && source.module == "lib" && previous.trim() == "#[cfg(test)]" {
                externs += 1;
            } else if foreign || line.contains("unsafe ") || line.contains("allow(unsafe_code)") {
                wrong.push(format!("{}:{number}: {}", source.path.display(), line.trim()));
            }
            previous = line;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(externs <= 1, "std is for tests only, said once");
}

#[test]
fn no_code_names_a_behavior() {
    let catalog = ipcsentry::Catalog::builtin();
    let mut wrong = Vec::new();
    for source in sources() {
        for (number, line) in source.lines() {
            // Only text can name a behavior to a program.
            let quoted = line.split('"').skip(1).step_by(2);
            for text in quoted {
                let named = catalog.behaviors().iter().find(|b| b.id == text || b.code == text);
                if let Some(behavior) = named {
                    wrong.push(format!("{}:{number}: names {}", source.path.display(), behavior.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
