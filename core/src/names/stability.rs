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

/// The name with a `*` for each part that looks as if it were made anew with every run: a GUID, a pid, a time, random
/// letters. `None` where nothing remains that would tell the name from others. `readable`: a word whose letters do not
/// follow one another as in words is taken for a name all the same.
pub(crate) fn stable_pattern(name: &str, readable: bool) -> Option<String> {
    let mut pattern = String::new();
    let mut rest = name;
    let mut telling = 0;
    while let Some(first) = rest.chars().next() {
        let length = match guid(rest) {
            Some(length) => length,
            None => rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()).max(first.len_utf8()),
        };
        let (word, after) = rest.split_at(length);
        let owner = pattern.ends_with("/run/user/");
        if guid(rest).is_some() || !owner && is_random(word, readable) {
            if !pattern.ends_with('*') {
                pattern.push('*');
            }
        } else {
            let is_generic = GENERIC.iter().any(|generic| generic.eq_ignore_ascii_case(word));
            telling += if is_generic || !first.is_alphanumeric() { 0 } else { word.len() };
            pattern.push_str(word);
        }
        rest = after;
    }
    (telling >= 4 || pattern == name && telling > 0).then_some(pattern)
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
    use super::stable_pattern;

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
