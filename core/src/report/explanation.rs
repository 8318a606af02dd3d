//! The explanation: what each cited record says, in order of time. A clause that no cited record meets leaves no word.

use alloc::string::String;
use alloc::vec::Vec;

use super::wording::Wording;
use crate::matching::Hit;

/// The sentence of an alert. `fallback`: a leg could not be seen on the host.
pub(super) fn explanation(words: &Wording<'_>, hits: &[Hit], fallback: bool) -> String {
    let mut phrases: Vec<String> = Vec::new();
    for record in words.cited {
        let of_record = || {
            hits.iter().filter(|hit| hit.source.is_same_record(&record.source)).filter(|hit| is_first(words, hits, hit))
        };
        let mut said: Vec<String> = of_record().filter_map(|hit| words.of_clause(hit)).collect();
        if said.is_empty() {
            said.extend(of_record().next().map(|hit| words.of_kind(hit)));
        }
        for phrase in said {
            if !phrases.contains(&phrase) {
                phrases.push(phrase);
            }
        }
    }
    let mut text = phrases.join("; ");
    text.push('.');
    if fallback {
        text.push_str(" The telemetry of this host does not show the rest.");
    }
    text
}

/// Whether a hit is among those of its clause that the clause needs: the first, or as many as it counts.
fn is_first(words: &Wording<'_>, hits: &[Hit], hit: &Hit) -> bool {
    let clause = words.rule.clauses.get(usize::from(hit.clause));
    let needed = clause.and_then(|c| c.count).map_or(1, |count| usize::from(count.min));
    let earlier = hits.iter().filter(|other| other.clause == hit.clause && other.order() < hit.order());
    earlier.count() < needed
}
