//! One normalizer for each kind of name: all spellings of one object become one name. All are idempotent.

use alloc::vec::Vec;

use super::glob::Folded;
use super::pipe::pipe;
use super::volume::{strip, within_volume, without_global_root, without_verbatim, without_verbatim_remote};

/// An alias of a well-known folder, and the folder.
type Alias = (&'static [u8], &'static [u8]);

const VAR_RUN: Alias = (b"/var/run/", b"/run/");
const PRIVATE: Alias = (b"/private/", b"/");
const MAC_ALIASES: [Alias; 4] = [
    (b"/System/Volumes/Data/", b"/"),
    (b"/private/tmp/", b"/tmp/"),
    (b"/private/var/", b"/var/"),
    (b"/private/etc/", b"/etc/"),
];

/// A POSIX name without the aliases of well-known folders on any platform, for names that platforms share.
pub(crate) fn without_alias(name: &[u8]) -> Folded {
    let mut known: Folded = name.into();
    // macOS sensors write some paths below `/private` with it and some without, so it is always removed.
    for (from, to) in MAC_ALIASES.iter().chain(&[PRIVATE, VAR_RUN]) {
        if known.starts_with(from) {
            known = to.iter().chain(&known[from.len()..]).copied().collect();
        }
    }
    known
}

/// Whether an image is in memory or its file was deleted.
pub(crate) fn runs_from_memory(image: &[u8]) -> bool {
    image.starts_with(b"/memfd:") || image.ends_with(b" (deleted)")
}

/// How a name is normalized and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum NameKind {
    /// A Windows path: case does not matter.
    WindowsPath = 0,
    /// A POSIX path: case matters.
    PosixPath = 1,
    /// A macOS path: case does not matter (the default volume format).
    MacPath = 2,
    /// A Windows pipe name, relative to the pipe file system: case does not matter.
    Pipe = 3,
    /// A name compared without regard to case: users, signers, Windows services.
    Folded = 4,
    /// A name compared exactly: abstract sockets, queues, bus and Mach names.
    Exact = 5,
    /// A registry path: case does not matter. Lists about texts apply.
    Registry = 6,
    /// A text that alerts print and no rule asks for: no list applies.
    Printed = 7,
}

impl NameKind {
    /// The number of registry paths.
    pub(crate) const REGISTRY: u8 = Self::Registry as u8;
    /// The number of texts that alerts print.
    pub(crate) const PRINTED: u8 = Self::Printed as u8;

    /// Whether ASCII case matters.
    pub(crate) fn case_matters(self) -> bool {
        Self::case_matters_by_number(self as u8)
    }

    /// The same of a kind by its number.
    pub(crate) fn case_matters_by_number(number: u8) -> bool {
        [Self::PosixPath as u8, Self::Exact as u8, Self::PRINTED].contains(&number)
    }

    /// Writes the normalized form of `raw` into `out`, replacing what it held.
    pub(crate) fn normalize(self, raw: &[u8], out: &mut Vec<u8>) {
        out.clear();
        match self {
            Self::WindowsPath => windows_path(raw, out),
            Self::PosixPath => posix_path(raw, &[VAR_RUN], out),
            Self::MacPath => posix_path(raw, &MAC_ALIASES, out),
            Self::Pipe => out.extend_from_slice(pipe(raw)),
            Self::Registry => registry_path(raw, out),
            Self::Folded | Self::Exact | Self::Printed => out.extend_from_slice(raw),
        }
    }
}

/// Environment variables and their folders on a system in the usual place. Variables that differ between users
/// (`%TEMP%`) stay as they are: the user is not known here.
const VARIABLES: &[(&[u8], &[u8])] = &[
    (b"SystemRoot", b"C:\\Windows"),
    (b"windir", b"C:\\Windows"),
    (b"SystemDrive", b"C:"),
    (b"ComSpec", b"C:\\Windows\\System32\\cmd.exe"),
    (b"ProgramFiles", b"C:\\Program Files"),
    (b"ProgramW6432", b"C:\\Program Files"),
    (b"ProgramFiles(x86)", b"C:\\Program Files (x86)"),
    (b"CommonProgramFiles", b"C:\\Program Files\\Common Files"),
    (b"CommonProgramW6432", b"C:\\Program Files\\Common Files"),
    (b"CommonProgramFiles(x86)", b"C:\\Program Files (x86)\\Common Files"),
    (b"ProgramData", b"C:\\ProgramData"),
    (b"ALLUSERSPROFILE", b"C:\\ProgramData"),
    (b"PUBLIC", b"C:\\Users\\Public"),
];

/// Strips NT and verbatim prefixes, turns slashes into backslashes, resolves `.` and `..`, and cuts trailing dots and
/// blanks. A `file:` URL becomes its path. A variable at the beginning becomes its folder. A volume given by its number or
/// GUID becomes drive `C:`: no record has its letter, and most such paths are on the system drive.
fn windows_path(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    let mut unc = false;
    loop {
        if let Some(tail) = without_verbatim_remote(rest) {
            (rest, unc) = (tail, true);
        } else if let Some(tail) = within_volume(rest) {
            out.extend_from_slice(b"C:\\");
            rest = tail;
            break;
        } else if let Some(tail) =
            without_global_root(rest).or_else(|| without_verbatim(rest)).or_else(|| within_url(rest))
        {
            rest = tail;
        } else {
            break;
        }
    }
    if let Some(tail) = strip(rest, &[b"\\SystemRoot\\"]) {
        out.extend_from_slice(b"C:\\Windows\\");
        rest = tail;
    } else if let Some((folder, tail)) = variable(rest) {
        out.extend_from_slice(folder);
        rest = tail;
        if rest.is_empty() {
            return;
        }
        out.push(b'\\');
    }
    if unc || rest.starts_with(b"\\\\") && out.is_empty() {
        out.extend_from_slice(b"\\\\");
        rest = rest.trim_ascii_start();
    }
    let rooted = out.is_empty() && matches!(rest.first(), Some(b'\\' | b'/'));
    if rooted {
        out.push(b'\\');
    }
    segments(rest, |b| matches!(b, b'\\' | b'/'), b'\\', out);
    while matches!(out.last(), Some(b'.' | b' ' | b'"')) {
        out.pop();
    }
}

/// What stands behind a quote, or behind the scheme of a URL that names a file (`CodeBase` of a COM class).
fn within_url(path: &[u8]) -> Option<&[u8]> {
    path.strip_prefix(b"\"").or_else(|| strip(path, &[b"file:///"]))
}

/// The folder of the variable that a path begins with, and the rest of the path. Scripts double the percent signs.
fn variable(path: &[u8]) -> Option<(&'static [u8], &[u8])> {
    let doubled = path.starts_with(b"%%");
    let begin = path.strip_prefix(b"%")?;
    let begin = if doubled { begin.strip_prefix(b"%")? } else { begin };
    let end = begin.iter().position(|&b| b == b'%')?;
    let (name, rest) = begin.split_at(end);
    let rest = rest.strip_prefix(if doubled { &b"%%"[..] } else { b"%" })?;
    let (_, folder) = VARIABLES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    match rest.strip_prefix(b"\\").or_else(|| rest.strip_prefix(b"/")) {
        Some(rest) => Some((folder, rest)),
        None => rest.iter().all(|b| matches!(b, b'"' | b' ')).then_some((*folder, b"")),
    }
}

/// A Windows path below some user's home, without the home: a folder in it that a variable stands for, and the rest.
/// `C:\Users\ida\AppData\Roaming\a.dll` and `%APPDATA%\a.dll` are one for who does not know whose variable it is.
pub(crate) fn below_home(path: &[u8]) -> Option<(&'static [u8], &[u8])> {
    const HOMES: [&[u8]; 2] = [b"C:\\Users\\", b"\\Users\\"];
    const FOLDERS: [(&[u8], &[u8]); 5] = [
        (b"%USERPROFILE%\\", b""),
        (b"%APPDATA%\\", b"AppData\\Roaming\\"),
        (b"%LOCALAPPDATA%\\", b"AppData\\Local\\"),
        (b"%TEMP%\\", b"AppData\\Local\\Temp\\"),
        (b"%TMP%\\", b"AppData\\Local\\Temp\\"),
    ];
    if let Some(rest) = strip(path, &HOMES) {
        let user = rest.iter().position(|&b| b == b'\\')?;
        return Some((b"", &rest[user + 1..]));
    }
    FOLDERS.iter().find_map(|(variable, folder)| Some((*folder, strip(path, &[*variable])?)))
}

/// Shortens hives as Sysmon does, and replaces a numbered control set by the current one.
fn registry_path(raw: &[u8], out: &mut Vec<u8>) {
    const HIVES: &[(&[u8], &[u8])] = &[
        (b"HKEY_LOCAL_MACHINE\\", b"HKLM\\"),
        (b"\\REGISTRY\\MACHINE\\", b"HKLM\\"),
        (b"HKEY_CURRENT_USER\\S-1-", b"HKU\\S-1-"),
        (b"HKEY_USERS\\", b"HKU\\"),
        (b"\\REGISTRY\\USER\\", b"HKU\\"),
        (b"HKEY_CURRENT_USER\\", b"HKCU\\"),
        (b"HKEY_CLASSES_ROOT\\", b"HKCR\\"),
    ];
    const CONTROL_SET: &[u8] = b"HKLM\\SYSTEM\\ControlSet";
    let hive = HIVES.iter().find_map(|(long, short)| Some((*short, strip(raw, &[*long])?)));
    let (hive, rest) = hive.unwrap_or((b"", raw));
    out.extend_from_slice(hive);
    out.extend_from_slice(rest);
    if let Some(rest) = strip(out, &[CONTROL_SET]) {
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 3 && rest.get(digits) == Some(&b'\\') {
            let begin = CONTROL_SET.len() - b"ControlSet".len();
            let end = CONTROL_SET.len() + digits;
            out.splice(begin..end, b"CurrentControlSet".iter().copied());
        }
    }
}

/// Resolves doubled slashes, `.` and `..`, then the aliases of well-known folders.
fn posix_path(raw: &[u8], aliases: &[(&[u8], &[u8])], out: &mut Vec<u8>) {
    if raw.first() != Some(&b'/') {
        // Not a path (a bare name, `[heap]`): keep it.
        out.extend_from_slice(raw);
        return;
    }
    out.push(b'/');
    segments(raw, |b| b == b'/', b'/', out);
    while let Some((from, to)) = aliases.iter().find(|(from, _)| out.starts_with(from)) {
        out.splice(..from.len(), to.iter().copied());
    }
}

/// Appends the segments of a path to its root in `out`, `.` and `..` resolved as far as the root allows.
fn segments(path: &[u8], is_separator: impl Fn(u8) -> bool, separator: u8, out: &mut Vec<u8>) {
    let root = out.len();
    for segment in path.split(|&b| is_separator(b)) {
        match segment {
            b"" | b"." => {}
            b".." => {
                let parent = out[root..].iter().rposition(|&b| b == separator).map_or(root, |p| root + p);
                out.truncate(parent);
            }
            _ => {
                if out.len() > root {
                    out.push(separator);
                }
                out.extend_from_slice(segment);
            }
        }
    }
}

/// The last segment of a path of either kind.
pub(crate) fn basename(path: &[u8]) -> &[u8] {
    path.rsplit(|&b| matches!(b, b'\\' | b'/')).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::NameKind;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn normal(name_kind: NameKind, raw: &str) -> String {
        let mut out = Vec::new();
        name_kind.normalize(raw.as_bytes(), &mut out);
        let once = String::from_utf8(out.clone()).unwrap();
        name_kind.normalize(once.as_bytes(), &mut out);
        assert_eq!(once.as_bytes(), out, "not idempotent: {raw}");
        once
    }

    #[test]
    fn spellings_of_one_object_are_one() {
        for (name_kind, raw, expected) in [
            (NameKind::WindowsPath, r"\??\C:\Windows\system32\conhost.exe", r"C:\Windows\system32\conhost.exe"),
            (NameKind::WindowsPath, r"\\?\C:\a\.\b\..\c.exe. ", r"C:\a\c.exe"),
            (NameKind::WindowsPath, r"\SystemRoot\System32\smss.exe", r"C:\Windows\System32\smss.exe"),
            (NameKind::WindowsPath, r"\\?\UNC\host\share\x.exe", r"\\host\share\x.exe"),
            (NameKind::WindowsPath, r"\\vboxsrv\tools\m.exe", r"\\vboxsrv\tools\m.exe"),
            (NameKind::WindowsPath, r"\\?\GLOBALROOT\Device\HarddiskVolume3\x.exe", r"C:\x.exe"),
            (NameKind::WindowsPath, r"\Device\HarddiskVolume12\Windows\notepad.exe", r"C:\Windows\notepad.exe"),
            (NameKind::WindowsPath, r"\Device\HarddiskVolumeShadowCopy1\x", r"\Device\HarddiskVolumeShadowCopy1\x"),
            (NameKind::WindowsPath, r"\\?\Volume{8a1c-0f}\a\b.exe", r"C:\a\b.exe"),
            (NameKind::WindowsPath, r#""%ProgramFiles(x86)%\Tool\t.exe""#, r"C:\Program Files (x86)\Tool\t.exe"),
            (NameKind::WindowsPath, r"%%COMSPEC%%", r"C:\Windows\System32\cmd.exe"),
            (NameKind::WindowsPath, r"%windir%/system32/cmd.exe", r"C:\Windows\system32\cmd.exe"),
            (NameKind::WindowsPath, r"%TEMP%\a.exe", r"%TEMP%\a.exe"),
            (NameKind::WindowsPath, "file:///C:/Users/a/b.dll", r"C:\Users\a\b.dll"),
            (
                NameKind::Registry,
                r"\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services\x",
                r"HKLM\SYSTEM\CurrentControlSet\Services\x",
            ),
            (NameKind::Registry, r"HKEY_CURRENT_USER\S-1-5-21-1\Software\a", r"HKU\S-1-5-21-1\Software\a"),
            (NameKind::Registry, r"HKU\S-1-5-21-1_Classes\CLSID", r"HKU\S-1-5-21-1_Classes\CLSID"),
            (NameKind::WindowsPath, "Registry", "Registry"),
            (NameKind::PosixPath, "/var/run//docker.sock", "/run/docker.sock"),
            (NameKind::PosixPath, "/tmp/../run/./x", "/run/x"),
            (NameKind::PosixPath, "/../..", "/"),
            (NameKind::PosixPath, "/memfd:kworker (deleted)", "/memfd:kworker (deleted)"),
            (NameKind::MacPath, "/System/Volumes/Data/private/tmp/a", "/tmp/a"),
            (NameKind::Pipe, r"\\.\pipe\Foo", "Foo"),
            (NameKind::Pipe, r"\Device\NamedPipe\foo", "foo"),
            (NameKind::Pipe, r"\\10.0.0.1\pipe\svcctl", "svcctl"),
            (NameKind::Pipe, r"\0f1\pipe\spoolss", r"0f1\pipe\spoolss"),
        ] {
            assert_eq!(normal(name_kind, raw), expected, "{raw}");
        }
    }
}
