//! Relative names.

use alloc::vec::Vec;

/// The name below the folder if it is relative. Nothing else is normalized.
pub(super) fn below<'a>(name: &'a [u8], folder: &[u8], out: &'a mut Vec<u8>) -> &'a [u8] {
    if name.starts_with(b"/") || folder.is_empty() {
        return name;
    }
    out.clear();
    out.extend_from_slice(folder);
    if !folder.ends_with(b"/") {
        out.push(b'/');
    }
    out.extend_from_slice(name);
    out
}
