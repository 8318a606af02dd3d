//! The layers of core: modules, and the files in each, import only from below; nothing uses the standard library or
//! unsafe code; no code names a behavior, because behaviors are data.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules from bottom to top: each may import only modules before it.
const LAYERS: &[&str] = &[
    "time", "limits", "stats", "util", "names", "event", "decode", "rules", "policy", "state", "derive", "matching",
    "report", "baseline", "snapshot", "engine", "scenario",
];

/// One source file of core, without its test module.
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
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
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

/// A module by its path from the root of the crate: `["event", "kind"]`.
type Module = Vec<String>;

/// All files of core and their re-exports.
struct Files {
    /// Each module's file and code, comments left out.
    modules: BTreeMap<Module, (PathBuf, String)>,
    /// Names that a module re-exports from another one.
    exports: BTreeMap<Module, BTreeMap<String, Module>>,
}

impl Files {
    fn read(sources: &[Source]) -> Self {
        let mut modules = BTreeMap::new();
        for source in sources {
            let mut module: Module =
                source.path.with_extension("").iter().map(|p| p.to_string_lossy().into()).collect();
            if module.last().is_some_and(|last| last == "mod" || last == "lib") {
                module.pop();
            }
            let code: Vec<&str> = source.lines().map(|(_, line)| line).collect();
            modules.insert(module, (source.path.clone(), code.join("\n")));
        }
        let mut files = Self { modules, exports: BTreeMap::new() };
        for (module, (_, code)) in &files.modules {
            let mut exports = BTreeMap::new();
            for (path, _) in uses(code).into_iter().filter(|(_, is_public)| *is_public) {
                if let (Some(name), Some(to)) = (path.last().cloned(), files.absolute(&path, module)) {
                    exports.insert(name, to);
                }
            }
            files.exports.insert(module.clone(), exports);
        }
        files
    }

    /// A path from the root of the crate; `None` for a path into another crate or the same file.
    fn absolute(&self, path: &[String], within: &[String]) -> Option<Module> {
        let join = |base: &[String], rest: &[String]| Some([base, rest].concat());
        match path.first()?.as_str() {
            "crate" => join(&[], &path[1..]),
            "self" => join(within, &path[1..]),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                join(within.get(..within.len().checked_sub(ups)?)?, &path[ups..])
            }
            first => {
                let child = [within, &[first.to_owned()]].concat();
                self.modules.contains_key(&child).then(|| [within, path].concat())
            }
        }
    }

    /// The module that defines the item of a path, after following re-exports.
    fn home(&self, path: &[String]) -> Module {
        let mut path = path.to_vec();
        for _ in 0..8 {
            let depth = (0..=path.len()).rev().find(|&n| self.modules.contains_key(&path[..n])).unwrap_or(0);
            let (module, rest) = path.split_at(depth);
            let next = rest.first().and_then(|name| self.exports.get(module)?.get(name));
            match next {
                Some(to) if to[..] != path[..=depth] => path = [to, &rest[1..]].concat(),
                _ => return module.to_vec(),
            }
        }
        path
    }

    /// The other files that each file imports.
    fn edges(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        let mut edges: BTreeMap<&Module, BTreeSet<Module>> = BTreeMap::new();
        for (module, (_, code)) in &self.modules {
            let imported = uses(code).into_iter().filter(|(_, is_public)| !is_public).map(|(path, _)| path);
            let named = paths(code).into_iter();
            let homes = imported.chain(named).filter_map(|path| Some(self.home(&self.absolute(&path, module)?)));
            edges.insert(module, homes.filter(|home| home != module && !home.is_empty()).collect());
        }
        edges
    }

    /// Groups of files that import each other, directly or through others.
    fn circles(&self) -> Vec<Vec<String>> {
        let edges = self.edges();
        let reach = |from: &Module| {
            let (mut seen, mut left) = (BTreeSet::new(), vec![from.clone()]);
            while let Some(module) = left.pop() {
                for next in edges.get(&module).into_iter().flatten() {
                    if seen.insert(next.clone()) {
                        left.push(next.clone());
                    }
                }
            }
            seen
        };
        let reached: BTreeMap<&Module, BTreeSet<Module>> =
            edges.keys().map(|module| (*module, reach(module))).collect();
        let mut groups = BTreeSet::new();
        for (module, far) in &reached {
            let back = far.iter().filter(|other| reached.get(other).is_some_and(|r| r.contains(*module)));
            let names: Vec<String> = back.map(|other| self.modules[other].0.display().to_string()).collect();
            if !names.is_empty() {
                groups.insert(names);
            }
        }
        groups.into_iter().collect()
    }
}

/// Every path in the `use` declarations of a file, and whether it is re-exported.
fn uses(code: &str) -> Vec<(Vec<String>, bool)> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find("use ") {
        let line = rest[..at].rsplit('\n').next().unwrap_or_default().trim();
        let (statement, tail) = rest[at + 4..].split_once(';').unwrap_or((&rest[at + 4..], ""));
        if line.is_empty() || line.starts_with("pub") {
            let mut paths = Vec::new();
            expand(&[], statement, &mut paths);
            found.extend(paths.into_iter().map(|path| (path, line.starts_with("pub"))));
        }
        rest = tail;
    }
    found
}

fn expand(before: &[String], tree: &str, into: &mut Vec<Vec<String>>) {
    let (mut depth, mut start) = (0, 0);
    let ends = tree.char_indices().filter(|(_, c)| {
        depth += i32::from(*c == '{') - i32::from(*c == '}');
        *c == ',' && depth == 0
    });
    let ends: Vec<usize> = ends.map(|(at, _)| at).chain([tree.len()]).collect();
    for end in ends {
        let part = tree[start..end].trim();
        start = end + 1;
        let (plain, group) = part.split_once('{').map_or((part, None), |(plain, group)| (plain, Some(group)));
        let plain = plain.split(" as ").next().unwrap_or_default();
        let own = plain.split("::").map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned);
        let mut path = [before, &own.collect::<Vec<_>>()].concat();
        match group {
            Some(group) => expand(&path, group.trim_end().trim_end_matches('}'), into),
            None if !path.is_empty() => {
                path.retain(|p| path_keeps(p));
                into.push(path);
            }
            None => {}
        }
    }
}

/// `self` at the end of a group names the module itself.
fn path_keeps(part: &str) -> bool {
    part != "self" && part != "*"
}

/// Every path in a file's code that begins with `crate`, `super` or the name of a module.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("use ") && !line.contains("pub use")) {
        for (at, _) in line.match_indices("::") {
            let begin = line[..at].rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |b| b + 1);
            if line[..begin].ends_with(':') || line[..begin].ends_with('$') || begin == at {
                continue;
            }
            let end =
                line[at..].find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').map_or(line.len(), |e| at + e);
            let path: Vec<String> = line[begin..end].split("::").filter(|p| !p.is_empty()).map(str::to_owned).collect();
            if path.first().is_some_and(|first| first.starts_with(|c: char| c.is_lowercase())) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn files_import_one_way() {
    let circles: Vec<String> = Files::read(&sources()).circles().iter().map(|group| group.join(" ")).collect();
    assert!(circles.is_empty(), "files that import one another:\n{}", circles.join("\n"));
}

#[test]
fn circles_are_found() {
    let source = |path: &str, code: &str| Source { path: path.into(), module: String::new(), code: code.to_owned() };
    let circles = |sources: &[Source]| Files::read(sources).circles();
    let parts = source("a/mod.rs", "mod b;\nmod c;\npub use b::{B, self as d};\npub(crate) use c::C;");
    let (b, c) = (source("a/b.rs", "use super::{C, c::D};\npub struct B;"), source("a/c.rs", "fn f(_: super::B) {}"));
    assert_eq!(circles(&[parts, b, c]), [["a/b.rs", "a/c.rs"]], "through names that the parent re-exports");
    let one_way = [source("a/mod.rs", "mod b;\nuse b::B;"), source("a/b.rs", "use crate::e::E;"), source("e.rs", "")];
    assert!(circles(&one_way).is_empty());
    let up = [source("a/mod.rs", "mod b;\nfn f() { b::run() }"), source("a/b.rs", "use super::Type;")];
    let mut found = circles(&up);
    found.iter_mut().for_each(|group| group.sort());
    assert_eq!(found, [["a/b.rs", "a/mod.rs"]], "a child module that imports from its parent");
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
    assert!(externs <= 1, "std is declared once, for tests only");
}

#[test]
fn no_code_names_a_behavior() {
    let catalog = ipcsentry::Catalog::builtin();
    let mut wrong = Vec::new();
    for source in sources() {
        for (number, line) in source.lines() {
            // Code can name a behavior only in a string.
            let quoted = line.split('"').skip(1).step_by(2);
            for text in quoted {
                let named = catalog.rules().iter().find(|b| b.id == text || b.code == text);
                if let Some(behavior) = named {
                    wrong.push(format!("{}:{number}: names {}", source.path.display(), behavior.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
