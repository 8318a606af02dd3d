//! Which parts of a name stay the same from one run of a program to the next, as far as the name itself shows.

use alloc::string::String;

/// Words that say only that a name lies where names of that kind lie.
const GENERIC: &[&str] = &[
    "tmp",
    "var",
    "run",
    "dev",
    "shm",
    "home",
    "root",
    "usr",
    "opt",
    "proc",
    "private",
    "folders",
    "users",
    "user",
    "appdata",
    "local",
    "locallow",
    "roaming",
    "temp",
    "windows",
    "programdata",
    "device",
    "pipe",
    "sock",
    "socket",
    "exe",
    "dll",
    "fifo",
    "deleted",
    "com",
    "org",
    "net",
    "xpc",
    "agent",
    "helper",
    "service",
    "status",
    "default",
];

/// For each letter those that hardly ever follow it in words and abbreviations.
const IMPLAUSIBLE: [(u8, &[u8]); 23] = [
    (b'b', b"fgkqwxzn"),
    (b'c', b"bfgjnpvwxz"),
    (b'd', b"kqxz"),
    (b'f', b"bdhjkqvwxz"),
    (b'g', b"bcfjkpqvwxz"),
    (b'h', b"bcfgjkpqvxz"),
    (b'i', b"y"),
    (b'j', b"bcdfghklmqrtvwxyz"),
    (b'k', b"bcdfgjmpqtvxz"),
    (b'l', b"jqxz"),
    (b'm', b"fghjkqrvwxz"),
    (b'n', b"q"),
    (b'o', b"q"),
    (b'p', b"fjkqvxz"),
    (b'q', b"abcdefghijkmnoprstvwxyz"),
    (b'r', b"qx"),
    (b's', b"jxz"),
    (b't', b"bdgjkqvxz"),
    (b'v', b"bfghjklqtwxz"),
    (b'w', b"bcfgjkmpquvxyz"),
    (b'x', b"bdghjkqrvwxz"),
    (b'y', b"hjkqvwxyz"),
    (b'z', b"bcdfghjkmnpqrstvwx"),
];

/// Words of at least this many letters and digits stay as they are in the shape of a command: what they encode may be
/// anything, so that two of them are never the same command.
const BLOB: usize = 24;
/// Folders whose next part is a user's name.
const HOMES: [&str; 3] = ["\\users\\", "/users/", "/home/"];
/// Folders below them that belong to nobody.
const SHARED: [&str; 4] = ["public", "shared", "default", "all users"];

/// The name with a `*` for each part that looks as if it were made anew with every run: a GUID, a pid, a time, random
/// letters. `None` where nothing remains that would tell the name from others. `readable`: a word whose letters do not
/// follow one another as in words is taken for a name all the same.
pub(crate) fn stable_pattern(name: &str, readable: bool) -> Option<String> {
    let mut telling = 0;
    let pattern = pattern(name, &mut |word, before| {
        let is_random = !before.ends_with("/run/user/") && is_random(word, readable);
        let is_generic = GENERIC.iter().any(|generic| generic.eq_ignore_ascii_case(word));
        telling += if is_random || is_generic || !word.starts_with(char::is_alphanumeric) { 0 } else { word.len() };
        is_random
    });
    (telling >= 4 || pattern == name && telling > 0).then_some(pattern)
}

/// The template of a name, for counting on how many hosts it is: as [`stable_pattern`], and without the names and
/// numbers of users in paths.
pub(crate) fn template(name: &str, readable: bool) -> String {
    pattern(&without_users(name, |byte| matches!(byte, b'\\' | b'/')), &mut |word, _| is_random(word, readable))
}

/// The shape of a command: without the numbers, ids and users that change from run to run.
pub(crate) fn command_shape(command: &str) -> String {
    let ends = |byte: u8| byte <= b' ' || matches!(byte, b'\\' | b'/' | b'"' | b'\'');
    pattern(&without_users(command, ends), &mut |word, _| word.len() < BLOB && is_random(word, true))
}

/// The text with a `*` for the name of each user whose folder it names.
fn without_users(text: &str, ends: impl Fn(u8) -> bool) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut kept, mut at) = (String::new(), 0, 0);
    while at < bytes.len() {
        let home = HOMES.iter().find(|home| {
            bytes.get(at..at + home.len()).is_some_and(|begins| begins.eq_ignore_ascii_case(home.as_bytes()))
        });
        let Some(home) = home else {
            at += 1;
            continue;
        };
        let user = at + home.len();
        let end = bytes[user..].iter().position(|&byte| ends(byte)).map_or(bytes.len(), |length| user + length);
        // Homes begin and end with ASCII, and so does what follows a user's name: these are borders of characters.
        let is_shared = SHARED.iter().any(|shared| shared.as_bytes().eq_ignore_ascii_case(&bytes[user..end]));
        if end > user && !is_shared {
            out.push_str(&text[kept..user]);
            out.push('*');
            kept = end;
        }
        at = end.max(user);
    }
    out.push_str(&text[kept..]);
    out
}

/// The text with a `*` for each GUID and each word that changes, as `changes` says of a word and the pattern before it.
fn pattern(name: &str, changes: &mut dyn FnMut(&str, &str) -> bool) -> String {
    let mut pattern = String::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let length = match guid(rest) {
            Some(length) => length,
            None => rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()).max(first.len_utf8()),
        };
        let (word, after) = rest.split_at(length);
        if guid(rest).is_some() || changes(word, &pattern) {
            if !pattern.ends_with('*') {
                pattern.push('*');
            }
        } else {
            pattern.push_str(word);
        }
        rest = after;
    }
    pattern
}

/// The length of a GUID at the beginning of a text.
fn guid(text: &str) -> Option<usize> {
    const LENGTH: usize = 36;
    let begins = text.as_bytes().get(..LENGTH)?;
    let fits = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    begins.iter().enumerate().all(fits).then_some(LENGTH)
}

/// Whether a word of letters and digits looks as if chance or a counter had made it.
fn is_random(word: &str, readable: bool) -> bool {
    let bytes = word.as_bytes();
    if !word.is_ascii() || bytes.is_empty() {
        return false;
    }
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = bytes.len() - digits;
    let longest_number = bytes.split(|b| !b.is_ascii_digit()).map(<[u8]>::len).max().unwrap_or(0);
    let changes = bytes.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    let hexadecimal = bytes.iter().all(u8::is_ascii_hexdigit);
    longest_number >= 3
        || digits > 0 && letters > 0 && hexadecimal && bytes.len() >= 3
        || changes >= 2 && bytes.len() >= 5
        || !readable && letters >= 4 && is_unreadable(word)
}

/// Whether the letters of a word do not follow one another as in words.
fn is_unreadable(word: &str) -> bool {
    let mut consonants = 0;
    let mut before = b' ';
    for byte in word.bytes().map(|b| b.to_ascii_lowercase()).filter(u8::is_ascii_lowercase) {
        consonants = if b"aeiouy".contains(&byte) { 0 } else { consonants + 1 };
        let implausible = IMPLAUSIBLE.iter().find(|(letter, _)| *letter == before);
        if consonants >= 5 || implausible.is_some_and(|(_, others)| others.contains(&byte)) {
            return true;
        }
        before = byte;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{command_shape, stable_pattern, template};

    #[test]
    fn templates_have_no_user_and_commands_keep_what_may_encode_anything() {
        for (name, expected) in [
            (r"C:\Users\ida\AppData\Local\Temp\7zS4A1B\setup.exe", r"C:\Users\*\AppData\Local\Temp\*\setup.exe"),
            (r"C:\Users\Public\agent.exe", r"C:\Users\Public\agent.exe"),
            ("/home/o.neil/.cache/x.sock", "/home/*/.cache/x.sock"),
            ("/home/ida", "/home/*"),
            ("/Users/ida/run.sh", "/Users/*/run.sh"),
            ("/run/user/1000/bus", "/run/user/*/bus"),
            ("/tmp/tmp.Xa8Kd3QwZr", "/tmp/tmp.*"),
        ] {
            assert_eq!(template(name, true), expected, "{name}");
        }
        let encoded = "powershell -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoA";
        assert_eq!(command_shape(encoded), encoded);
        assert_eq!(command_shape("backup --job 4711 --id 3f2a9c"), "backup --job * --id *");
    }

    #[test]
    fn what_changes_with_every_run_is_left_out() {
        let cases: &[(&str, Option<&str>)] = &[
            ("spoolss", Some("spoolss")),
            ("backup_status", Some("backup_status")),
            ("/run/docker.sock", Some("/run/docker.sock")),
            ("/run/user/1000/bus", Some("/run/user/1000/bus")),
            ("/tmp/.X11-unix/X0", Some("/tmp/.X11-unix/X0")),
            ("dotnet-diagnostic-3162-113-socket", Some("dotnet-diagnostic-*-*-socket")),
            ("/tmp/build-83721/jobserver", Some("/tmp/build-*/jobserver")),
            ("/tmp/tmp.Xa8Kd3QwZr", None),
            ("qzvkxp", None),
            ("8f3a9c21d0", None),
            ("mojo.5688.8052.183894939787088877", Some("mojo.*.*.*")),
            ("{3E5FC7F9-9A51-4367-9063-A120244FBEC7}x_sync", Some("{*}x_sync")),
            (
                r"C:\Users\ida\AppData\Local\Temp\7zS4A1B\setup.exe",
                Some(r"C:\Users\ida\AppData\Local\Temp\*\setup.exe"),
            ),
        ];
        for (name, expected) in cases {
            assert_eq!(stable_pattern(name, false).as_deref(), *expected, "{name}");
        }
        assert_eq!(stable_pattern("/run/mysqld/mysqld.sock", true).as_deref(), Some("/run/mysqld/mysqld.sock"));
    }
}
