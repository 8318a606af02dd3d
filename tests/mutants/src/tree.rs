//! A copy of the repository whose core has a switch at every chosen place.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use crate::places::{Place, places};
use crate::sample::Mutant;

/// The folders of the core that are changed.
const FOLDERS: [&str; 4] = ["core/src/engine", "core/src/matching", "core/src/report", "core/src/state"];

/// What the changed core asks at every place.
const SWITCH: &str = r#"

extern crate std as standard;

/// Which change is on, as the environment says.
pub(crate) mod mutant {
    static ON: standard::sync::OnceLock<u32> = standard::sync::OnceLock::new();

    pub(crate) fn is(number: u32) -> bool {
        let read = || standard::env::var("IPCSENTRY_MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        *ON.get_or_init(read) == number
    }
}
"#;

/// The repository that this program lies in.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there")
}

/// The files that are changed, with their places.
pub fn files() -> io::Result<Vec<(String, Vec<Place>)>> {
    let root = repository();
    let mut found = Vec::new();
    for name in tracked(&root)? {
        let is_wanted = name.ends_with(".rs") && !name.ends_with("tests.rs") && !name.contains("/tests/");
        if is_wanted && FOLDERS.iter().any(|folder| name.starts_with(folder)) {
            let source = fs::read_to_string(root.join(&name))?;
            let places = places(&source).map_err(|error| io::Error::other(format!("{name}: {error}")))?;
            found.push((name, places));
        }
    }
    Ok(found)
}

/// Writes the copy. Only what changes is written, so that a second build is short.
pub fn write(to: &Path, mutants: &[Mutant]) -> io::Result<()> {
    let root = repository();
    for name in tracked(&root)? {
        let mut bytes = fs::read(root.join(&name))?;
        let mut own: Vec<&Mutant> = mutants.iter().filter(|mutant| mutant.file == name).collect();
        own.sort_by_key(|mutant| std::cmp::Reverse(mutant.place.range.start));
        for Mutant { number, place, .. } in own {
            let was = String::from_utf8_lossy(&bytes[place.range.clone()]).into_owned();
            let new = format!("(if crate::mutant::is({number}) {{ {} }} else {{ {was} }})", place.changed);
            bytes.splice(place.range.clone(), new.into_bytes());
        }
        if name == "core/src/lib.rs" {
            bytes.extend_from_slice(SWITCH.as_bytes());
        }
        let path = to.join(&name);
        if fs::read(&path).is_ok_and(|known| known == bytes) {
            continue;
        }
        fs::create_dir_all(path.parent().expect("a file has a folder"))?;
        fs::write(path, bytes)?;
    }
    Ok(())
}

fn tracked(root: &Path) -> io::Result<Vec<String>> {
    let output = Command::new("git").arg("-C").arg(root).args(["ls-files", "-z"]).output()?;
    let names = String::from_utf8_lossy(&output.stdout).split('\0').map(str::to_owned).collect::<Vec<_>>();
    Ok(names.into_iter().filter(|name| !name.is_empty() && root.join(name).is_file()).collect())
}
