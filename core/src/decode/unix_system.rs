//! Tells Linux from macOS by the paths of a record, for tables whose rows do not name the system.

use crate::event::Os;

/// Folders that only one of the two systems has.
const FOLDERS: &[(&[u8], Os)] = &[
    (b"/Applications/", Os::Macos),
    (b"/Library/", Os::Macos),
    (b"/System/", Os::Macos),
    (b"/Users/", Os::Macos),
    (b"/Volumes/", Os::Macos),
    (b"/private/", Os::Macos),
    (b"/boot/", Os::Linux),
    (b"/home/", Os::Linux),
    (b"/lib/", Os::Linux),
    (b"/lib64/", Os::Linux),
    (b"/proc/", Os::Linux),
    (b"/root/", Os::Linux),
    (b"/run/", Os::Linux),
    (b"/snap/", Os::Linux),
    (b"/srv/", Os::Linux),
    (b"/sys/", Os::Linux),
    (b"/usr/lib/systemd/", Os::Linux),
    (b"/usr/lib/x86_64-linux-gnu/", Os::Linux),
    (b"/usr/lib/aarch64-linux-gnu/", Os::Linux),
    (b"/usr/lib64/", Os::Linux),
];

/// Programs that macOS keeps in `/bin`. Its `/usr/bin`, which nobody can change, has none of them.
const IN_BIN: &[&[u8]] = &[
    b"bash",
    b"cat",
    b"chmod",
    b"cp",
    b"dash",
    b"date",
    b"dd",
    b"df",
    b"echo",
    b"hostname",
    b"kill",
    b"ln",
    b"ls",
    b"mkdir",
    b"mv",
    b"ps",
    b"pwd",
    b"rm",
    b"rmdir",
    b"sh",
    b"sleep",
    b"stty",
    b"sync",
    b"tcsh",
    b"test",
    b"zsh",
];

/// Programs in `/usr/bin` that only macOS has.
const OF_MACOS: &[&[u8]] = &[
    b"automator",
    b"codesign",
    b"defaults",
    b"ditto",
    b"dscl",
    b"hdiutil",
    b"mdfind",
    b"osacompile",
    b"osascript",
    b"shortcuts",
    b"sw_vers",
    b"xattr",
    b"xcrun",
];

/// The system that has this path; `None` if both may have it.
pub(super) fn system_of(path: &[u8]) -> Option<Os> {
    // A working folder has no slash at its end.
    let below = |folder: &[u8]| path.starts_with(folder) || folder.strip_suffix(b"/") == Some(path);
    if let Some(&(_, system)) = FOLDERS.iter().find(|(folder, _)| below(folder)) {
        return Some(system);
    }
    let name = path.strip_prefix(b"/usr/bin/")?;
    match name {
        _ if IN_BIN.contains(&name) => Some(Os::Linux),
        _ if OF_MACOS.contains(&name) => Some(Os::Macos),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::system_of;
    use crate::event::Os;

    #[test]
    fn a_path_tells_the_system_that_has_it() {
        let cases: &[(&str, Option<Os>)] = &[
            ("/home/a/x", Some(Os::Linux)),
            ("/home", Some(Os::Linux)),
            ("/usr/bin/dash", Some(Os::Linux)),
            ("/usr/bin/osascript", Some(Os::Macos)),
            ("/Users/a/x", Some(Os::Macos)),
            ("/usr/bin/curl", None),
            ("/bin/sh", None),
            ("/homework/x", None),
        ];
        for (path, system) in cases {
            assert_eq!(system_of(path.as_bytes()), *system, "{path}");
        }
    }
}
