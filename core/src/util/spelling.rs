//! The nearest spelling of a mistyped name.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Longest name that is compared: the work is the product of both lengths.
const LONGEST: usize = 64;

/// The known name nearest to a mistyped one; `None` if none is near.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = 1 + name.len() / 4;
    let all = known.into_iter().map(|other| (distance(name.as_bytes(), other.as_bytes()), other));
    // A name that keeps none of its characters is another one.
    all.filter(|(distance, _)| *distance <= most && *distance < name.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// `; did you mean …?`, or nothing where no name is near.
pub(crate) fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}

/// Longest list of names that an error shows beside a suggestion, and where there is none.
const FEW: usize = 12;
const MOST_SHOWN: usize = 40;

/// What an error says of a name that is none of those known: the nearest one, and all of them where they are few.
pub(crate) fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near = suggestion(name, known.iter().copied());
    let most = if near.is_empty() { MOST_SHOWN } else { FEW };
    let all = if (1..=most).contains(&known.len()) { format!("; known: {}", known.join(", ")) } else { String::new() };
    format!("`{name}` is no {what}{near}{all}")
}

/// The number of characters to insert, delete, replace, or swap with their neighbor to turn one name into the other.
fn distance(a: &[u8], b: &[u8]) -> usize {
    if a.len() > LONGEST || b.len() > LONGEST {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(!x.eq_ignore_ascii_case(y));
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && *x == b[j - 1] {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = core::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        let known = ["actor.image", "actor.image_name", "parent.image", "tags"];
        for (name, expected) in [
            ("actor.imgae", Some("actor.image")),
            ("acter.image", Some("actor.image")),
            ("actor.imagename", Some("actor.image_name")),
            ("tag", Some("tags")),
            ("Tags", Some("tags")),
            ("endpoint.name", None),
            ("x", None),
        ] {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
    }
}
