//! What a policy keeps out of alerts: secrets on command lines, names of users, folders. Every text of an alert passes
//! through here, also the evidence that a later record adds and the policy that suppresses it.

mod secrets;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::alert::{Alert, Evidence, ProcessInfo};
use crate::policy::Policy;
use crate::util::sort::sort_by;

/// What stands for the name of a user.
const USER: &str = "<user>";
/// Folders whose parts are named after users.
const HOMES: [&str; 4] = ["home", "users", "user", "documents and settings"];

/// Accounts of the systems themselves: their names are words of paths and programs, too.
const SYSTEM: [&str; 4] = ["system", "root", "local service", "network service"];
/// Why an alert has no policy that suppresses it.
const TOO_FEW: &str =
    "redaction leaves fewer than two of host, initiator, user and IPC object: an entry would silence others, too";

/// What is to be kept out, and the users that an alert is about.
#[derive(Debug)]
pub(super) struct Redaction {
    secrets: bool,
    paths: bool,
    /// Names to look for, the longest first; `None` where users are told.
    users: Option<Vec<String>>,
}

impl Redaction {
    /// What the policy keeps out, if anything.
    pub(super) fn of(policy: &Policy) -> Option<Self> {
        let (secrets, users, paths) = policy.redacts();
        (secrets || users || paths).then(|| Self { secrets, paths, users: users.then(Vec::new) })
    }

    /// Adds the name of a user, with and without its domain.
    pub(super) fn know(&mut self, name: &str) {
        let Some(users) = &mut self.users else { return };
        for name in [name, name.rsplit('\\').next().unwrap_or_default(), name.split('@').next().unwrap_or_default()] {
            let is_person = !name.is_empty() && !SYSTEM.iter().any(|own| own.eq_ignore_ascii_case(name));
            if is_person && !users.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                users.push(name.into());
            }
        }
        sort_by(users, |a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    }

    /// Keeps it out of an alert.
    pub(super) fn apply(&mut self, alert: &mut Alert) {
        let processes = || {
            let initiators = alert.initiator.process.iter().chain(&alert.actor).chain(&alert.target);
            let candidates = alert.initiator.candidates.iter().filter_map(|c| c.process.as_ref());
            initiators.chain(alert.lineage.iter().map(|step| &step.process)).chain(candidates)
        };
        let users = processes().filter_map(|p| p.user.as_deref());
        let others = alert.initiator.candidates.iter().filter_map(|c| c.user.as_deref());
        let users: Vec<String> = users.chain(others).chain(alert.initiator.user.as_deref()).map(String::from).collect();
        users.iter().for_each(|name| self.know(name));

        self.text(&mut alert.explanation);
        let initiator = &mut alert.initiator;
        self.user(&mut initiator.user);
        for candidate in &mut initiator.candidates {
            self.user(&mut candidate.user);
            candidate.process.iter_mut().for_each(|process| self.process(process));
        }
        let of_initiator = initiator.process.iter_mut().chain(&mut alert.actor).chain(&mut alert.target);
        of_initiator.chain(alert.lineage.iter_mut().map(|step| &mut step.process)).for_each(|p| self.process(p));
        if let Some(name) = alert.ipc.as_mut().and_then(|ipc| ipc.name.as_mut()) {
            self.text(name);
        }
        self.evidence(&mut alert.evidence);
        alert.triage.iter_mut().filter_map(|of| of.answer.as_mut()).for_each(|text| self.text(text));
        if !self.suppress(&mut alert.suppress) {
            (alert.suppress, alert.not_suppressible) = (Value::Null, Some(TOO_FEW));
        }
    }

    /// Keeps it out of records that are cited.
    pub(super) fn evidence(&self, evidence: &mut [Evidence]) {
        evidence.iter_mut().for_each(|record| self.text(&mut record.summary));
    }

    pub(super) fn process(&self, process: &mut ProcessInfo) {
        let texts = [&mut process.image, &mut process.command_line, &mut process.working_folder];
        texts.into_iter().flatten().for_each(|text| self.text(text));
        self.user(&mut process.user);
        if self.users.is_some() {
            (process.uid, process.auid) = (None, None);
        }
        if self.paths {
            process.working_folder = None;
        }
        if self.paths || self.users.is_some() {
            process.image_hex = None;
        }
    }

    fn user(&self, user: &mut Option<String>) {
        if self.users.is_some() && user.is_some() {
            *user = Some(USER.into());
        }
    }

    /// The entry keeps its patterns: a star stands for what is kept out, and the user goes. Whether enough is left.
    fn suppress(&self, policy: &mut Value) -> bool {
        let entry = policy.get_mut("suppressions").and_then(|list| list.get_mut(0));
        let Some(entry) = entry.and_then(Value::as_object_mut) else { return true };
        if self.users.is_some() {
            entry.remove("user");
        }
        for name in ["initiator_image", "ipc_name"] {
            if let Some(Value::String(text)) = entry.get_mut(name) {
                self.text(text);
                *text = text.replace(USER, "*").replace(secrets::SECRET, "*");
            }
        }
        ["host", "initiator_image", "ipc_name", "user"].iter().filter(|name| entry.contains_key(**name)).count() >= 2
    }

    pub(super) fn text(&self, text: &mut String) {
        if self.secrets {
            *text = secrets::without(text);
        }
        if let Some(users) = &self.users {
            *text = without_users(text, users);
        }
        if self.paths {
            *text = without_folders(text);
        }
    }
}

/// A text without names of users, and without the parts of paths that are named after some.
fn without_users(text: &str, users: &[String]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let begins = !out.ends_with(|c: char| c.is_alphanumeric());
        let found = users.iter().find(|user| begins && begins_with(rest, user));
        let length = found.map(|user| user.len()).or_else(|| home_of(&out, rest));
        match length {
            Some(length) => {
                out.push_str(USER);
                rest = &rest[length..];
            }
            None => {
                let next = rest.chars().next().map_or(rest.len(), char::len_utf8);
                out.push_str(&rest[..next]);
                rest = &rest[next..];
            }
        }
    }
    out
}

/// Whether a text begins with a name that ends there.
fn begins_with(text: &str, name: &str) -> bool {
    let head = text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
    head && !text[name.len()..].starts_with(|c: char| c.is_alphanumeric())
}

/// The length of the part of a path that is named after a user: what stands right after the folder of all homes.
fn home_of(before: &str, rest: &str) -> Option<usize> {
    let folder = before.strip_suffix(['/', '\\'])?;
    let is_home = |home: &&&str| {
        let at = folder.len().checked_sub(home.len());
        let name = at.and_then(|at| folder.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(home));
        name && at.and_then(|at| folder.get(..at)).is_some_and(|head| head.ends_with(['/', '\\']))
    };
    HOMES.iter().find(is_home)?;
    let length = rest.find(['/', '\\', ' ', '"', '\'', ';', ',', ')']).unwrap_or(rest.len());
    let own = &rest[..length];
    (!own.is_empty() && own != USER && !own.eq_ignore_ascii_case("public") && !own.contains('*')).then_some(length)
}

/// A text in which of every path only the last part is left.
fn without_folders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = path_in(rest) {
        let (before, path) = rest.split_at(at);
        let length = path.find(is_after_path).unwrap_or(path.len());
        let (path, after) = path.split_at(length);
        let trimmed = path.trim_end_matches(['/', '\\']);
        let (separator, last) = match trimmed.rfind(['/', '\\']) {
            Some(at) => (&trimmed[at..=at], &trimmed[at + 1..]),
            None => ("/", ""),
        };
        out.push_str(before);
        out.push_str(&format!("*{separator}{last}"));
        rest = after;
    }
    out.push_str(rest);
    out
}

const fn is_after_path(c: char) -> bool {
    matches!(c, ' ' | '"' | '\'' | ';' | ',' | '|' | '<' | '>' | '(' | ')' | '\n' | '\t' | '\r')
}

/// Where the first path of a text begins: it has a separator, and is no address of the web.
fn path_in(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let separator = from + text.get(from..)?.find(['/', '\\'])?;
        let begin = text[..separator].rfind(is_after_path).map_or(0, |at| at + 1);
        let begin = text[begin..separator].rfind('=').map_or(begin, |at| begin + at + 1);
        let word = &text[begin..];
        let word = &word[..word.find(is_after_path).unwrap_or(word.len())];
        // A switch of Windows (`/c`) and an address are no paths.
        let is_switch = word.starts_with('/') && !word[1..].contains(['/', '\\']) && word.len() <= 3;
        if !is_switch && !word.contains("://") && !word.starts_with('*') {
            return Some(begin);
        }
        from = begin + word.len().max(1);
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::{without_folders, without_users};

    #[test]
    fn names_of_users_go_and_words_that_contain_them_stay() {
        let users: Vec<String> = [r"CORP\anna", "anna", "uid=1000"].map(String::from).into();
        for (text, due) in [
            (r"CORP\anna ran annalist", "<user> ran annalist"),
            (r"C:\Users\Anna\x.exe", r"C:\Users\<user>\x.exe"),
            (r"C:\Users\berta\x.exe", r"C:\Users\<user>\x.exe"),
            (r"C:\Users\Public\x.exe", r"C:\Users\Public\x.exe"),
            ("/home/otto/.ssh of uid=1000", "/home/<user>/.ssh of <user>"),
            ("/var/lib/anna-1", "/var/lib/<user>-1"),
            ("", ""),
        ] {
            assert_eq!(without_users(text, &users), due, "{text}");
        }
    }

    #[test]
    fn of_paths_only_the_last_part_stays() {
        for (text, due) in [
            ("/opt/acme/bin/run --out=/srv/x/y.txt", "*/run --out=*/y.txt"),
            (r#"cmd.exe /c "C:\Tools\a b\x.bat""#, r#"cmd.exe /c "*\a *\x.bat""#),
            ("curl https://example.com/a/b", "curl https://example.com/a/b"),
            ("sh (4) opened FIFO /tmp/p; cat", "sh (4) opened FIFO */p; cat"),
            ("no path", "no path"),
        ] {
            assert_eq!(without_folders(text), due, "{text}");
        }
    }
}
