//! Pipe names in all their spellings.

use super::volume::strip;

/// The last part of the pipe file system's root on every host and device.
const ROOT: &[u8] = br"\pipe\";
/// Spellings of the root of this host's pipe file system.
const DEVICES: &[&[u8]] = &[br"\\.\pipe\", br"\\?\pipe\", br"\??\pipe\", br"\Device\NamedPipe\", br"\DosDevices\pipe\"];

/// The name of a pipe without any spelling of the pipe file system's root. A `\pipe\` inside the name stays.
pub(crate) fn pipe(raw: &[u8]) -> &[u8] {
    let mut rest = raw;
    // Each spelling begins with a backslash.
    while let Some(behind) = rest.strip_prefix(b"\\") {
        rest = strip(rest, DEVICES).or_else(|| remote_root(rest)).unwrap_or(behind);
    }
    rest
}

/// Whether a path leads into the pipe file system of this host.
pub(crate) fn is_pipe(path: &[u8]) -> bool {
    strip(path, DEVICES).is_some()
}

/// The part of a path behind `\\host\pipe\`.
fn remote_root(path: &[u8]) -> Option<&[u8]> {
    let host = path.strip_prefix(b"\\\\")?;
    let end = host.iter().position(|&b| b == b'\\')?;
    if end == 0 { None } else { strip(&host[end..], &[ROOT]) }
}

/// A pipe's name without `LOCAL\`, the prefix of the session's own name space.
pub(crate) fn without_session(name: &[u8]) -> &[u8] {
    strip(name, &[br"LOCAL\"]).unwrap_or(name)
}

/// Whether a name contains `\pipe\`.
pub(crate) fn holds_pipe_root(name: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', name).any(|at| strip(&name[at..], &[ROOT]).is_some())
}

/// Pipe names inside a command line: `\\.\pipe\X`, `\pipe\X`, `/p:X`.
pub(crate) fn pipes_in(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 0;
    core::iter::from_fn(move || {
        while at < text.len() {
            let rest = &text[at..];
            for mark in [ROOT, b"/p:"] {
                if rest.len() > mark.len() && rest[..mark.len()].eq_ignore_ascii_case(mark) {
                    let name = until_argument_ends(&rest[mark.len()..]);
                    at += mark.len() + name.len();
                    return Some(name);
                }
            }
            at += 1;
        }
        None
    })
}

/// The part of a text before the first blank, quote or shell operator.
pub(crate) fn until_argument_ends(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|&b| ends_argument(b));
    &text[..end.unwrap_or(text.len())]
}

/// Whether a byte is a blank, a quote or a shell operator.
pub(crate) const fn ends_argument(b: u8) -> bool {
    b <= b' ' || matches!(b, b'"' | b'\'' | b'>' | b'<' | b'|' | b'&')
}

#[cfg(test)]
mod tests {
    use super::{holds_pipe_root, pipe, pipes_in, without_session};
    use alloc::vec::Vec;

    #[test]
    fn a_pipe_is_found_however_it_is_written() {
        let pipes: Vec<_> = pipes_in(br"cmd /c echo x > \\.\pipe\abc & rundll32 a.dll,a /p:def").collect();
        assert_eq!(pipes, [&b"abc"[..], b"def"]);
        for raw in
            [&br"\\.\pipe\LOCAL\mojo.1"[..], br"\\?\PIPE\mojo.1", br"\Device\NamedPipe\mojo.1", br"\??\pipe\mojo.1"]
        {
            assert_eq!(without_session(pipe(raw)), b"mojo.1");
        }
        assert!(holds_pipe_root(br"x\Pipe\spoolss"));
        assert!(!holds_pipe_root(br"x\pipes\spoolss"));
    }
}
