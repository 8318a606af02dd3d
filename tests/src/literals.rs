//! What the builtin rules hold literally: the patterns of lists and the reference names, each made into one concrete text.

use std::collections::BTreeSet;
use std::fs;

use ipcsentry::event::{Mechanism, Os};
use serde_json::Value;

use crate::document::{file, text};
use crate::rules::json_of;

/// Every literal of one platform, by what can carry it.
#[derive(Debug, Default)]
pub struct Literals {
    /// Names of endpoints by mechanism.
    pub names: Vec<(Mechanism, String)>,
    /// File names of programs.
    pub files: BTreeSet<String>,
    /// Whole paths of programs, and folders, which end with a separator.
    pub paths: BTreeSet<String>,
    /// Short texts of any other meaning: names of pipes, users, services.
    pub words: BTreeSet<String>,
    user_writable: Vec<String>,
    /// File names of programs that are attacked rather than attack: daemons, agents, multiplexers.
    attacked: Vec<String>,
    /// Brokers: programs that start others at any client's request.
    brokers: Vec<String>,
}

impl Literals {
    /// Those of a platform, as the builtin rules hold them.
    ///
    /// # Panics
    /// When a file of the rules cannot be read.
    #[must_use]
    pub fn of(os: Os) -> Self {
        let mut literals = Self::default();
        let prefixes: &[&str] = match os {
            Os::Windows => &["win."],
            Os::Linux => &["linux.", "unix."],
            _ => &["mac.", "unix.", "apple_event."],
        };
        for list in documents("core/rules/lists") {
            let of_platform = |(name, _): &(&String, &Value)| prefixes.iter().any(|prefix| name.starts_with(prefix));
            for (name, list) in list.as_object().expect("lists by name").iter().filter(of_platform) {
                literals.add_list(name, list, os);
            }
        }
        for document in documents("core/rules/known_good").chain(documents("core/rules/known_bad")) {
            literals.add_names(&document, os);
        }
        literals.names.sort_by_key(|(mechanism, name)| (*mechanism as u8, name.clone()));
        literals.names.dedup();
        literals
    }

    /// Whether every user, or the user himself, may write where this path lies.
    #[must_use]
    pub fn is_user_writable(&self, path: &str, os: Os) -> bool {
        let fold = |text: &str| if os == Os::Windows { text.to_ascii_lowercase() } else { text.to_owned() };
        let path = fold(path);
        let path = if os == Os::Windows { path.strip_prefix("c:").unwrap_or(&path) } else { &path };
        self.user_writable.iter().any(|pattern| is_like(path, &fold(pattern)))
    }

    /// Whether this program is attacked rather than attacks: its endpoints bear the names its vendor chose.
    #[must_use]
    pub fn is_attacked(&self, image: &str) -> bool {
        let file = image.rsplit('/').next().unwrap_or(image);
        !image.is_empty() && self.attacked.iter().any(|pattern| is_like(file, pattern))
    }

    /// Whether this program is a broker.
    #[must_use]
    pub fn is_broker(&self, image: &str) -> bool {
        let file = image.rsplit('\\').next().unwrap_or(image);
        self.brokers.iter().any(|broker| broker.eq_ignore_ascii_case(file))
    }

    fn add_list(&mut self, name: &str, list: &Value, os: Os) {
        let attacked = ["linux.tasked_daemons", "linux.daemons_without_shell", "linux.agents", "unix.terminal_sharers"];
        if attacked.contains(&name) {
            self.attacked.extend(texts(&list["basename"]));
        }
        if ["win.brokers", "win.surrogates", "win.com_launcher"].contains(&name) {
            let files = texts(&list["path"]).chain(texts(&list["basename"]));
            self.brokers.extend(files.filter_map(|path| path.rsplit('\\').next().map(str::to_owned)));
        }
        if name.ends_with(".path.user_writable") {
            self.user_writable.extend(texts(&list["path"]));
        }
        // Command lines and scripts are what an attack says, not what it is called.
        if list["scope"] == "text" {
            return;
        }
        self.files.extend(texts(&list["basename"]).map(|pattern| concrete(&pattern)));
        self.words.extend(texts(&list["exact"]).chain(texts(&list["prefix"])).map(|pattern| concrete(&pattern)));
        if !name.contains(".sockets.") && !name.contains(".shared_memory.") && !name.contains(".fifo.") {
            texts(&list["path"]).for_each(|pattern| self.add_path(&pattern, os));
        } else {
            let mechanisms = [Mechanism::UnixPath, Mechanism::Fifo, Mechanism::SharedMemory];
            let names = texts(&list["path"]).flat_map(|p| mechanisms.map(|mechanism| (mechanism, concrete(&p))));
            self.names.extend(names);
        }
        if os == Os::Windows {
            let names = texts(&list["exact"]).chain(texts(&list["prefix"]));
            self.names.extend(names.map(|p| (Mechanism::NamedPipe, concrete(&p))));
        }
    }

    fn add_path(&mut self, pattern: &str, os: Os) {
        let root = match os {
            Os::Windows => "\\Users\\Public\\",
            Os::Linux => "/tmp/",
            _ => "/Users/Shared/",
        };
        // What may begin anywhere begins where the attacker may write.
        let pattern = match pattern.strip_prefix('*') {
            Some(rest) => format!("{root}{}", rest.trim_start_matches(['\\', '/'])),
            None => pattern.to_owned(),
        };
        let folder = pattern.strip_suffix('*').filter(|p| p.ends_with(['\\', '/']));
        self.paths.insert(concrete(folder.unwrap_or(&pattern)));
    }

    fn add_names(&mut self, document: &Value, os: Os) {
        let mechanisms: Vec<Mechanism> = texts(&document["mechanisms"])
            .filter_map(|name| Mechanism::ALL.iter().copied().find(|m| m.name() == name))
            .collect();
        let of_os = |mechanism: Mechanism| match mechanism {
            Mechanism::NamedPipe | Mechanism::AnonymousPipe => os == Os::Windows,
            Mechanism::MachService | Mechanism::XpcService => os == Os::Macos,
            _ => os == Os::Linux,
        };
        for entry in document["names"].as_array().into_iter().flatten() {
            let mechanisms = match &entry["mechanisms"] {
                Value::Null => mechanisms.clone(),
                own => texts(own).filter_map(|n| Mechanism::ALL.iter().copied().find(|m| m.name() == n)).collect(),
            };
            for mechanism in mechanisms.into_iter().filter(|m| of_os(*m)) {
                self.names.extend(texts(&entry["name"]).map(|name| (mechanism, name)));
                for image in texts(&entry["owners"]).chain(texts(&entry["clients"])) {
                    match (image.starts_with("list:"), image.contains(['\\', '/'])) {
                        (true, _) => {}
                        (false, true) => self.add_path(&image, os),
                        (false, false) => drop(self.files.insert(concrete(&image))),
                    }
                }
            }
        }
    }
}

/// A concrete name of this shape, as a process of this pid and image would make it.
#[must_use]
pub fn name_of(template: &str, pid: u32, image: &str) -> String {
    let image = image.rsplit(['\\', '/']).next().unwrap_or(image);
    let image = image.strip_suffix(".exe").unwrap_or(image);
    let mut name = String::new();
    let mut rest = template;
    while let Some((before, piece)) = rest.split_once('<') {
        name += &before.replace('*', "x1");
        let (piece, after) = piece.split_once('>').expect("a piece is closed");
        let (what, length) = piece.split_once(':').unwrap_or((piece, ""));
        let length = length.split('-').next().and_then(|l| l.parse().ok()).unwrap_or(3);
        name += &match what {
            "pid" => pid.to_string(),
            "hexpid" => format!("{pid:x}"),
            "image" => image.to_owned(),
            "guid" => "3f2b8c1e-77aa-4d10-9c55-0a1b2c3d4e5f".to_owned(),
            "digits" => "7".repeat(length),
            "hex" => "a".repeat(length),
            "letters" => "k".repeat(length),
            _ => "main".to_owned(),
        };
        rest = after;
    }
    name + &rest.replace('*', "x1")
}

fn concrete(pattern: &str) -> String {
    pattern.replace("[0-9]", "7").replace('*', "x1")
}

fn texts(value: &Value) -> impl Iterator<Item = String> + '_ {
    let one = value.as_str().map(str::to_owned);
    one.into_iter().chain(value.as_array().into_iter().flatten().filter_map(|t| t.as_str().map(str::to_owned)))
}

fn documents(folder: &str) -> impl Iterator<Item = Value> + '_ {
    let entries = fs::read_dir(file(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
        .into_iter()
        .map(move |name| json_of(&text(&format!("{folder}/{name}"))).unwrap_or_else(|e| panic!("{name}: {e}")))
}

/// Whether a text is of a shape in which `*` stands for anything.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return text == pattern };
    let Some(rest) = text.strip_prefix(head) else { return false };
    (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| is_like(&rest[at..], tail))
}

#[cfg(test)]
mod tests {
    use super::{is_like, name_of};

    #[test]
    fn a_template_becomes_a_name() {
        assert_eq!(name_of("mojo.<pid>.<digits>.*", 4711, "a.exe"), "mojo.4711.777.x1");
        assert_eq!(name_of("P.<part>.<image>", 1, "C:\\x\\y.exe"), "P.main.y");
    }

    #[test]
    fn a_star_stands_for_anything() {
        assert!(is_like("/home/a/b", "/home/*") && is_like("ab", "a*b*") && !is_like("/opt/a", "/home/*"));
    }
}
