//! Volumes at the beginning of Windows paths. Letter case is ignored.

/// The root of the object manager's name space, below which devices stand.
const GLOBAL_ROOTS: &[&[u8]] = &[br"\\?\GLOBALROOT", br"\\.\GLOBALROOT", br"\??\GLOBALROOT"];
/// Prefixes of paths that Windows takes as they are written.
const VERBATIM: &[&[u8]] = &[br"\\?\", br"\??\", b"//?/"];
/// The same prefixes of paths to shares of other hosts.
const VERBATIM_REMOTE: &[&[u8]] = &[br"\\?\UNC\", br"\??\UNC\"];
const VOLUME: &[u8] = br"\Device\HarddiskVolume";
const SHADOW_COPY: &[u8] = br"\Device\HarddiskVolumeShadowCopy";
/// Prefixes of the GUID of a volume.
const VOLUME_GUIDS: &[&[u8]] = &[br"\\?\Volume{", br"\??\Volume{", br"\\.\Volume{"];

/// Strips the first matching prefix, letter case ignored.
pub(super) fn strip<'a>(text: &'a [u8], prefixes: &[&[u8]]) -> Option<&'a [u8]> {
    let first = text.first()?;
    prefixes.iter().find_map(|p| {
        let head = text.get(..p.len()).filter(|_| p.first().is_some_and(|begin| begin.eq_ignore_ascii_case(first)))?;
        head.eq_ignore_ascii_case(p).then(|| &text[p.len()..])
    })
}

/// The path behind `\\?\GLOBALROOT` in any spelling.
pub(super) fn without_global_root(path: &[u8]) -> Option<&[u8]> {
    strip(path, GLOBAL_ROOTS)
}

/// The path behind `\\?\` or `\??\`.
pub(super) fn without_verbatim(path: &[u8]) -> Option<&[u8]> {
    strip(path, VERBATIM)
}

/// The path behind `\\?\UNC\` or `\??\UNC\`: host, share and path.
pub(super) fn without_verbatim_remote(path: &[u8]) -> Option<&[u8]> {
    strip(path, VERBATIM_REMOTE)
}

/// The path behind a device and its number.
fn without_numbered<'a>(path: &'a [u8], devices: &[&[u8]]) -> Option<&'a [u8]> {
    let rest = strip(path, devices)?;
    let end = rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
    if end == 0 { None } else { Some(&rest[end..]) }
}

/// The path within a volume that is given by its number (`\Device\HarddiskVolume3\`) or its GUID (`\\?\Volume{…}\`).
pub(super) fn within_volume(path: &[u8]) -> Option<&[u8]> {
    let by_guid = || {
        let rest = strip(path, VOLUME_GUIDS)?;
        let end = rest.iter().position(|b| !b.is_ascii_hexdigit() && *b != b'-').filter(|&end| end > 0)?;
        rest[end..].strip_prefix(b"}")
    };
    without_numbered(path, &[VOLUME]).or_else(by_guid)?.strip_prefix(b"\\")
}

/// A path without its volume: a drive letter, `\\?\` before it or not; `\Device\HarddiskVolumeN` or a shadow copy of
/// one, `\\?\GLOBALROOT` before it or not.
pub(super) fn without(path: &[u8]) -> &[u8] {
    let device = without_global_root(path).unwrap_or(path);
    if let Some(rest) = without_numbered(device, &[SHADOW_COPY, VOLUME]) {
        return rest;
    }
    match without_verbatim(path).unwrap_or(path) {
        [drive, b':', rest @ ..] if drive.is_ascii_alphabetic() => rest,
        // `\\?\UNC\server` keeps its prefix: it names a share, not a volume.
        _ => path,
    }
}
