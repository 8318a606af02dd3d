//! Lists from JSON.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::list_bits::MAX_LISTS;
use super::super::lists::{ListSource, Lists, MAX_NEEDLES};
use super::super::pattern::Pattern;
use crate::names::{Fold, Glob};
use crate::util::document::{Fault, Node};
use crate::util::spelling::unknown;

/// Lists as they are read: in their order, by name, includes not resolved.
#[derive(Default)]
pub(super) struct ListTable<'a> {
    order: Vec<String>,
    lists: BTreeMap<String, ListDraft<'a>>,
}

struct ListDraft<'a> {
    /// Where it stands first.
    node: Node<'a>,
    /// Whether it is about command lines and the like.
    text: bool,
    patterns: Vec<Pattern>,
    include: Vec<String>,
}

impl<'a> ListTable<'a> {
    /// Reads an object of lists by name. A list that is known already gets more patterns.
    pub(super) fn read(&mut self, lists: Node<'a>) -> Result<(), Fault> {
        for (name, node) in lists.members()? {
            let entry = read_list(name, node)?;
            self.add(name, entry)?;
        }
        Ok(())
    }

    fn add(&mut self, name: &str, entry: ListDraft<'a>) -> Result<(), Fault> {
        match self.lists.get_mut(name) {
            None => {
                self.order.push(name.to_owned());
                self.lists.insert(name.to_owned(), entry);
            }
            Some(known) if known.text != entry.text => {
                return Err(entry.node.fault("the list is there already with another `scope`"));
            }
            Some(known) => {
                known.patterns.extend(entry.patterns);
                known.include.extend(entry.include);
            }
        }
        Ok(())
    }

    /// Resolves includes and compiles.
    pub(super) fn compile(mut self) -> Result<Lists, Fault> {
        let count = self.order.len();
        let too_many = || Fault::of("lists", format_args!("{count} lists; at most {MAX_LISTS} are possible"));
        if count > MAX_LISTS {
            return Err(too_many());
        }
        let included: BTreeSet<String> = self.lists.values().flat_map(|entry| entry.include.iter().cloned()).collect();
        let mut sources = Vec::new();
        for name in core::mem::take(&mut self.order) {
            let mut patterns = Vec::new();
            match self.lists.get_mut(&name) {
                // Most lists stand alone.
                Some(entry) if entry.include.is_empty() && !included.contains(&name) => {
                    patterns = core::mem::take(&mut entry.patterns);
                }
                _ => self.collect(&name, &mut Vec::new(), &mut patterns)?,
            }
            let Some(entry) = self.lists.get(&name) else { continue };
            let needles: usize =
                patterns.iter().map(|p| if let Pattern::Contains(all) = p { all.len() } else { 0 }).sum();
            if needles > MAX_NEEDLES {
                return Err(entry.node.fault(format_args!("the list has more than {MAX_NEEDLES} `contains` texts")));
            }
            sources.push(ListSource { name, text: entry.text, patterns });
        }
        Lists::compile(sources).ok_or_else(too_many)
    }

    /// A list's own patterns and those of all it includes, each once.
    /// Adds the patterns of a list and of those it includes. `seen`: those on the way, each once.
    fn collect<'n>(&'n self, name: &'n str, seen: &mut Vec<&'n str>, patterns: &mut Vec<Pattern>) -> Result<(), Fault> {
        let Some(entry) = self.lists.get(name).filter(|_| !seen.contains(&name)) else { return Ok(()) };
        seen.push(name);
        patterns.extend(entry.patterns.iter().cloned());
        let complain = |what: String| entry.node.get("include").unwrap_or(entry.node).fault(what);
        for other in &entry.include {
            match self.lists.get(other) {
                None => return Err(complain(unknown("list", other, self.lists.keys().map(String::as_str)))),
                Some(included) if included.text && !entry.text => {
                    return Err(complain(format!("`{other}` is a list about command lines, this one is about names")));
                }
                Some(_) => self.collect(other, seen, patterns)?,
            }
        }
        Ok(())
    }
}

/// Members that are patterns.
const PATTERNS: &[&str] = &["basename", "path", "exact", "prefix", "contains", "token"];

fn read_list<'a>(name: &str, node: Node<'a>) -> Result<ListDraft<'a>, Fault> {
    const MEMBERS: &[&str] = &["about", "scope", "include", "entries", "source", "note"];
    let node = node.only(&[PATTERNS, MEMBERS].concat())?;
    let fold = fold_of(name);
    let text = match node.get("scope") {
        None => false,
        Some(scope) => scope.named("scope", &[("name", false), ("text", true)])?,
    };
    let mut patterns = Vec::new();
    read_patterns(node, fold, text, &mut patterns)?;
    let include = node.get("include").map_or(Ok(Vec::new()), Node::texts)?;
    let entries = node.get("entries");
    if !patterns.is_empty() || !include.is_empty() || entries.is_none() {
        node.need("source")?.need_texts()?;
    }
    let of_entry = [PATTERNS, &["name", "source", "verified", "note"]].concat();
    // Patterns that each have a name and a source of their own.
    for entry in entries.map_or(Ok(Vec::new()), Node::items)? {
        let entry = entry.only(&of_entry)?;
        entry.need("source")?.need_texts()?;
        let before = patterns.len();
        read_patterns(entry, fold, text, &mut patterns)?;
        if patterns.len() == before {
            return Err(entry.fault(format_args!("the entry has no pattern: {}", PATTERNS.join(", "))));
        }
    }
    if patterns.is_empty() && include.is_empty() {
        return Err(node.fault(format_args!("the list has no pattern: {}, entries or include", PATTERNS.join(", "))));
    }
    Ok(ListDraft { node, text, patterns, include })
}

fn read_patterns(node: Node<'_>, fold: Fold, text: bool, patterns: &mut Vec<Pattern>) -> Result<(), Fault> {
    let mut globs = |member: &str, make: &dyn Fn(&str) -> Pattern| -> Result<(), Fault> {
        let Some(list) = node.get(member) else { return Ok(()) };
        for pattern in list.one_or_more() {
            patterns.push(make(pattern.words()?));
        }
        Ok(())
    };
    let anycase = if fold == Fold::Exact { Fold::Case } else { fold };
    globs("basename", &|p| Pattern::Basename(Glob::new(p, fold)))?;
    globs("path", &|p| Pattern::Whole(Glob::new(p, fold)))?;
    globs("exact", &|p| Pattern::Whole(Glob::new(p, anycase)))?;
    globs("prefix", &|p| Pattern::Whole(Glob::new(&format!("{p}*"), anycase)))?;
    globs("token", &|p| Pattern::Token(Glob::new(p, anycase)))?;
    if let (Some(token), false) = (node.get("token"), text) {
        return Err(token.fault("names have no arguments: a list with `token` needs the scope `text`"));
    }
    if let Some(list) = node.get("contains") {
        for group in list.one_or_more() {
            patterns.push(Pattern::Contains(group.texts()?));
        }
    }
    Ok(())
}

/// How names of a list's platform are compared. What no platform owns (`unix.*`, reference values) is compared without case.
fn fold_of(list: &str) -> Fold {
    match list.split_once('.').map(|(platform, _)| platform) {
        Some("win") => Fold::Windows,
        Some("linux") => Fold::Exact,
        _ => Fold::Case,
    }
}
