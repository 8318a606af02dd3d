//! The stream pipes of the PsExec protocol: `SERVICE-HOST-NUMBER-stdin`, `-stdout` and `-stderr`.

/// The part of the name before the stream; `None` for any other pipe.
fn head(name: &[u8]) -> Option<&[u8]> {
    [&b"-stdin"[..], b"-stdout", b"-stderr"].iter().find_map(|stream| {
        let at = name.len().checked_sub(stream.len())?;
        name[at..].eq_ignore_ascii_case(stream).then(|| &name[..at])
    })
}

/// Whether a name is that of a stream pipe: at least a host and a number precede the stream.
pub(crate) fn is_stream(name: &[u8]) -> bool {
    let Some(head) = head(name) else { return false };
    let number = head.rsplit(|&b| b == b'-').next().unwrap_or_default();
    !number.is_empty() && number.iter().all(u8::is_ascii_digit) && head.iter().filter(|&&b| b == b'-').count() >= 2
}

/// The service's name, which the pipes of one instance of the protocol share; for any other pipe, its whole name.
pub(crate) fn group(name: &[u8]) -> &[u8] {
    let Some(head) = head(name) else { return name };
    // The host's name may hold dashes and the service's seldom does, so the first dash ends the service's name.
    head.iter().position(|&b| b == b'-').map_or(name, |at| &name[..at])
}

#[cfg(test)]
mod tests {
    use super::{group, is_stream};

    #[test]
    fn streams_are_grouped_by_their_service() {
        assert_eq!(group(b"SVC-HOST-1-2044-stdin"), b"SVC");
        assert_eq!(group(b"plain-name"), b"plain-name");
        assert!(is_stream(b"SVC-HOST-1-2044-STDOUT"));
        assert!(!is_stream(b"SVC-HOST-x-stdout"), "no number");
        assert!(!is_stream(b"7-stdout"), "no host");
    }
}
