//! Joins relative names with a folder.

use alloc::vec::Vec;

/// Joins a relative name with the folder; normalizes nothing else.
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
