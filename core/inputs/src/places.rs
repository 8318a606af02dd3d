//! The files that an argument names: one file, every file below a folder, or every match of a glob.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

/// Matches as a shell does, except that `*` also matches a leading dot.
const MATCHING: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// Which files of folders and archives to read: all, or those that match at least one glob.
#[derive(Clone, Debug, Default)]
pub struct Include(Vec<Pattern>);

impl Include {
    /// Adds a glob. One without a slash is matched with a file's name, one with a slash with the file's path below the
    /// folder or inside the archive.
    ///
    /// # Errors
    /// A message that says what is wrong with the glob.
    pub fn add(&mut self, glob: &str) -> Result<(), String> {
        self.0.push(Pattern::new(glob).map_err(|e| format!("not a glob: {glob}: {}", e.msg))?);
        Ok(())
    }

    /// Whether a file is to be read.
    #[must_use]
    pub fn wants(&self, relative: &str) -> bool {
        let name = relative.rsplit('/').next().unwrap_or(relative);
        let subject = |pattern: &Pattern| if pattern.as_str().contains('/') { relative } else { name };
        self.0.is_empty() || self.0.iter().any(|pattern| pattern.matches_with(subject(pattern), MATCHING))
    }
}

/// A place that cannot be read.
#[derive(Debug)]
pub struct Unreachable {
    /// Its path.
    pub path: PathBuf,
    /// The error.
    pub error: io::Error,
}

/// The files that an argument names, in the order of their names. Folders are walked to any depth. Links to folders are
/// not followed; pipes, sockets and devices are read only if the argument is their own name.
#[must_use]
pub fn places(argument: &Path, include: &Include) -> Vec<Result<PathBuf, Unreachable>> {
    let mut found = Vec::new();
    match fs::metadata(argument) {
        Ok(about) if about.is_dir() => whole_folder(argument, include, &mut found),
        Ok(_) => found.push(Ok(argument.to_owned())),
        Err(error) => match argument.to_str().filter(|text| text.contains(['*', '?', '['])) {
            Some(text) => matches(text, include, &mut found),
            None => found.push(Err(Unreachable { path: argument.to_owned(), error })),
        },
    }
    found
}

fn matches(text: &str, include: &Include, found: &mut Vec<Result<PathBuf, Unreachable>>) {
    let fails =
        |path: &Path, kind, why: String| Unreachable { path: path.to_owned(), error: io::Error::new(kind, why) };
    let whole = Path::new(text);
    let matches = match glob::glob_with(text, MATCHING) {
        Ok(matches) => matches,
        Err(e) => return found.push(Err(fails(whole, io::ErrorKind::InvalidInput, format!("not a glob: {}", e.msg)))),
    };
    let before = found.len();
    for path in matches {
        match path {
            Ok(path) if path.is_dir() => whole_folder(&path, include, found),
            Ok(path) => found.push(Ok(path)),
            Err(e) => found.push(Err(fails(e.path(), e.error().kind(), e.error().to_string()))),
        }
    }
    if found.len() == before {
        found.push(Err(fails(whole, io::ErrorKind::NotFound, "no file matches".into())));
    }
}

fn whole_folder(folder: &Path, include: &Include, found: &mut Vec<Result<PathBuf, Unreachable>>) {
    let before = found.len();
    walk(folder, folder, include, found);
    if found.len() == before {
        let why = if include.0.is_empty() { "no file in this folder" } else { "no file in this folder is included" };
        let error = io::Error::new(io::ErrorKind::NotFound, why);
        found.push(Err(Unreachable { path: folder.to_owned(), error }));
    }
}

fn walk(root: &Path, folder: &Path, include: &Include, found: &mut Vec<Result<PathBuf, Unreachable>>) {
    // Close the folder before any file in it is opened, to save descriptors.
    let listed: io::Result<Vec<_>> = fs::read_dir(folder).and_then(Iterator::collect);
    let mut entries = match listed {
        Ok(entries) => entries,
        Err(error) => return found.push(Err(Unreachable { path: folder.to_owned(), error })),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder {
            walk(root, &path, include, found);
            continue;
        }
        let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if !include.wants(&relative) {
            continue;
        }
        match fs::metadata(&path) {
            Ok(about) if about.is_file() => found.push(Ok(path)),
            // A pipe or a device could block forever; links to folders could form a circle.
            Ok(_) => {}
            Err(error) => found.push(Err(Unreachable { path, error })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn with(name: &str, files: &[&str]) -> Self {
            let root = std::env::temp_dir().join(format!("ipcsentry-places-{}-{name}", std::process::id()));
            for file in files {
                let path = root.join(file);
                fs::create_dir_all(path.parent().expect("below the root")).expect("a writable folder");
                fs::write(path, b"x").expect("a writable folder");
            }
            fs::create_dir_all(&root).expect("a writable folder");
            Self(root)
        }

        fn of(&self, argument: &str, include: &Include) -> Vec<String> {
            let shown = |place: Result<PathBuf, Unreachable>| match place {
                Ok(path) => path.strip_prefix(&self.0).expect("below the root").to_string_lossy().replace('\\', "/"),
                Err(e) => format!("!{}", e.error),
            };
            places(&self.0.join(argument), include).into_iter().map(shown).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_folder_is_all_its_files_in_order() {
        let folder = Folder::with("walk", &["b/2.log", "b/1.log", "a.log", "c/.hidden"]);
        assert_eq!(folder.of("", &Include::default()), ["a.log", "b/1.log", "b/2.log", "c/.hidden"]);
        let mut include = Include::default();
        include.add("*.log").expect("a glob");
        assert_eq!(folder.of("", &include), ["a.log", "b/1.log", "b/2.log"]);
        let mut include = Include::default();
        include.add("b/*").expect("a glob");
        assert_eq!(folder.of("", &include), ["b/1.log", "b/2.log"]);
        assert!(include.add("[").is_err());
    }

    #[test]
    fn what_names_no_file_is_said() {
        let folder = Folder::with("none", &["a.log"]);
        let none = Include::default();
        assert_eq!(folder.of("*.log", &none), ["a.log"]);
        assert_eq!(folder.of("*.txt", &none), ["!no file matches"]);
        assert!(folder.of("missing", &none)[0].starts_with('!'));
        let mut include = Include::default();
        include.add("*.txt").expect("a glob");
        assert_eq!(folder.of("", &include), ["!no file in this folder is included"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_to_files_but_not_round_in_circles() {
        let folder = Folder::with("links", &["a/a.log"]);
        std::os::unix::fs::symlink(&folder.0, folder.0.join("a/round")).expect("links can be made");
        std::os::unix::fs::symlink(folder.0.join("a/a.log"), folder.0.join("b.log")).expect("links can be made");
        assert_eq!(folder.of("", &Include::default()), ["a/a.log", "b.log"]);
    }
}
