//! What names a volume at the beginning of a Windows path, without regard to case.

/// The root of the object manager's name space, below which devices stand.
const GLOBAL_ROOTS: &[&[u8]] = &[br"\\?\GLOBALROOT", br"\\.\GLOBALROOT", br"\??\GLOBALROOT"];
/// Marks of a path that is taken as it is written.
const VERBATIM: &[&[u8]] = &[br"\\?\", br"\??\", b"//?/"];
const DEVICES: &[&[u8]] = &[br"\Device\HarddiskVolumeShadowCopy", br"\Device\HarddiskVolume"];

/// Strips the first prefix that matches without regard to case.
pub(super) fn strip<'a>(text: &'a [u8], prefixes: &[&[u8]]) -> Option<&'a [u8]> {
    prefixes.iter().find_map(|p| {
        let head = text.get(..p.len())?;
        head.eq_ignore_ascii_case(p).then(|| &text[p.len()..])
    })
}

/// What follows `\\?\GLOBALROOT`, however it is written.
pub(super) fn without_global_root(path: &[u8]) -> Option<&[u8]> {
    strip(path, GLOBAL_ROOTS)
}

/// What follows `\\?\` or `\??\`.
pub(super) fn without_verbatim(path: &[u8]) -> Option<&[u8]> {
    strip(path, VERBATIM)
}

/// A path without its volume: a drive letter, `\\?\` before it or not; `\Device\HarddiskVolumeN` or a shadow copy of
/// one, `\\?\GLOBALROOT` before it or not.
pub(super) fn without(path: &[u8]) -> &[u8] {
    if let Some(rest) = strip(without_global_root(path).unwrap_or(path), DEVICES) {
        let number = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        return &rest[number..];
    }
    match without_verbatim(path).unwrap_or(path) {
        [drive, b':', rest @ ..] if drive.is_ascii_alphabetic() => rest,
        // `\\?\UNC\server` keeps its marks: it is remote, and no drive.
        _ => path,
    }
}
