//! Reads a wrapper that differs from an earlier one in the values of its members alone.
//!
//! One shipper's wrappers have the same members in the same order, and most of their values are the same, too. What was
//! the same in all of them so far is compared as a whole, and only the other values are read.

use alloc::vec::Vec;
use core::ops::Range;

use super::json::{Reader, is_literal, is_number};

/// The range of a value within an object.
type Span = (usize, usize);

/// The maximum number of bytes of a wrapper that are remembered, without the text of its record.
const LONGEST: usize = 1024;
/// The maximum number of values of a wrapper.
const MOST: usize = 32;
/// The maximum number of wrappers that are read without a template before the next template is made.
const PATIENCE: u32 = 63;

/// A wrapper, and what differed in those that were read by it. Places are those in `bytes`.
#[derive(Debug, Default)]
pub(super) struct Template {
    /// Its bytes, without the text of its record.
    bytes: Vec<u8>,
    /// Its values in order that were the same in all wrappers.
    fixed: Vec<Part>,
    /// Its other values in order; the last one is its end.
    parts: Vec<Part>,
    /// The ranges that a search found in it, in the order of their paths.
    found: Vec<Found>,
    /// Where the host and the time stand in all wrappers, if that is known.
    label: Option<Labels>,
    /// Where the object begins that has the record's member.
    origin: Place,
    /// The number of wrappers to read without a template before the next one is made, and how many of them were read.
    patience: u32,
    waited: u32,
}

/// A value.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Where the value begins, after the opening quote of a string.
    begin: usize,
    end: usize,
    value: Value,
    /// How far the bytes before the value have moved in the last wrapper.
    moved: usize,
}

#[derive(Clone, Copy, Debug)]
enum Value {
    String,
    Number,
    /// The string that holds the record.
    Record,
    /// No value: the end of the wrapper.
    End,
}

/// A range that was found for a path.
#[derive(Clone, Copy, Debug)]
struct Found {
    path: usize,
    from: Place,
    to: Place,
}

/// A place, and the part before which it moves.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    at: usize,
    part: usize,
}

/// Where wrappers name the host and state the time.
#[derive(Clone, Copy, Debug)]
struct Labels {
    /// Where the host's name begins, and its length.
    host: (Place, usize),
    /// The range of the time's value.
    time: (Place, Place),
}

/// Why an object is not read by a template.
enum Unread {
    /// It differs at this place.
    At(usize),
    /// What stands in the place of a value is none.
    Broken,
}

impl Template {
    /// Forgets the wrapper.
    pub(super) fn clear(&mut self) {
        self.parts.clear();
        (self.patience, self.waited) = (0, 0);
    }

    /// The number of bytes of heap memory owned.
    pub(super) fn owned(&self) -> usize {
        self.bytes.capacity()
            + (self.fixed.capacity() + self.parts.capacity()) * size_of::<Part>()
            + self.found.capacity() * size_of::<Found>()
    }

    /// Whether no wrapper is known.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Reads an object that nothing follows: returns the range of the string that holds its record, and if the record has
    /// escapes the length of its text, with which `text` begins then. `None` when the object differs in more than values.
    pub(super) fn read(&mut self, object: &[u8], text: &mut Vec<u8>) -> Option<(Span, Option<usize>)> {
        let mut read = None;
        self.follow(object, &mut |from, _| {
            let mut reader = Reader::new(object.get(from..)?);
            let (string, length) = reader.string_at_start_of(text).ok()?;
            let to = from + reader.offset();
            read = Some(((from, to), string.escaped.then_some(length)));
            Some(to)
        })?;
        read
    }

    /// Likewise, but does not read the record's string: returns its range, which ends as far from the object's end as in
    /// the template.
    pub(super) fn place(&mut self, object: &[u8]) -> Option<Span> {
        let mut place = None;
        self.follow(object, &mut |from, after| {
            let to = object.len().checked_sub(after).filter(|&to| to > from + 1 && object[to - 1] == b'"')?;
            place = Some((from, to));
            Some(to)
        })?;
        place
    }

    /// The ranges that a search would find for these paths in the last object that was read, in the order of the paths.
    pub(super) fn ranges(&self, paths: Range<usize>) -> impl Iterator<Item = Span> {
        self.found.iter().filter(move |found| paths.contains(&found.path)).map(|found| self.range(found))
    }

    /// The values that a search would find in it, with the indexes of their paths.
    pub(super) fn values(&self) -> impl Iterator<Item = (usize, Span)> {
        self.found.iter().map(|found| (found.path, self.range(found)))
    }

    /// The range of the string that holds the record of the last object that was read.
    pub(super) fn record(&self) -> Option<Span> {
        let at = self.parts.iter().position(|part| matches!(part.value, Value::Record))?;
        let (part, next) = (self.parts.get(at)?, self.parts.get(at + 1)?);
        Some(((part.begin - 1).wrapping_add(part.moved), part.end.wrapping_add(next.moved)))
    }

    /// Where in it the object begins that has the record's member.
    pub(super) fn origin(&self) -> usize {
        self.moved(self.origin)
    }

    /// The ranges of the host's name and of the time's value in the last object that was read, empty ones if there is none;
    /// `None` when it is not known which ranges those are.
    pub(super) fn label(&self) -> Option<(Span, Span)> {
        let Labels { host: (host, length), time: (from, to) } = self.label?;
        let host = self.moved(host);
        Some(((host, host + length), (self.moved(from), self.moved(to))))
    }

    /// Notes which range of the last object that was read is the host's name, if there is one, and which paths may lead to
    /// it and to the time. The same ones will again if the former lead to values that are the same in all wrappers, and
    /// the latter to one value.
    pub(super) fn note_label(&mut self, host: Option<Span>, hosts: Range<usize>, times: Range<usize>) {
        let nowhere = Place::default();
        let may_name = |found: &&Found| hosts.contains(&found.path);
        let mut states = self.found.iter().filter(|found| times.contains(&found.path));
        let time = states.next().map_or((nowhere, nowhere), |found| (found.from, found.to));
        if states.next().is_some() || self.found.iter().filter(may_name).any(|found| found.from.part != found.to.part) {
            return;
        }
        let name = host.and_then(|(from, to)| {
            self.found.iter().filter(may_name).find_map(|found| {
                let (begin, end) = self.range(found);
                let at = found.from.at + from.checked_sub(begin).filter(|_| to <= end)?;
                Some((Place { at, ..found.from }, to - from))
            })
        });
        self.label = Some(Labels { host: name.unwrap_or((nowhere, 0)), time });
    }

    /// Follows an object from value to value. `record` returns where the record's string ends that begins there, and
    /// after whose end the template has so many bytes.
    fn follow(&mut self, object: &[u8], record: &mut dyn FnMut(usize, usize) -> Option<usize>) -> Option<()> {
        loop {
            match self.pass(object, record) {
                Ok(()) => break,
                // This is tried again at most once for each value.
                Err(Unread::At(place)) => self.loosen(place)?,
                Err(Unread::Broken) => return None,
            }
        }
        (self.patience, self.waited) = (0, 0);
        Some(())
    }

    /// Follows an object in which all values but `parts` are the same.
    fn pass(&mut self, object: &[u8], record: &mut dyn FnMut(usize, usize) -> Option<usize>) -> Result<(), Unread> {
        // The places in the object and in the template that correspond.
        let (mut at, mut known) = (0, 0);
        for part in &mut self.parts {
            let (ahead, same) = (&object[at..], &self.bytes[known..part.begin]);
            if !begins(ahead, same) {
                return Err(Unread::At(known + common(ahead, same)));
            }
            part.moved = at.wrapping_sub(known);
            let (begin, ahead) = (at + same.len(), &ahead[same.len()..]);
            let end = match part.value {
                Value::String => end_of_string(object, begin, part.end - part.begin),
                Value::Number => length_of_number(ahead, part.end - part.begin).map(|length| begin + length),
                // The quote is the byte before the value.
                Value::Record => record(begin - 1, self.bytes.len() - part.end),
                Value::End => ahead.iter().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).then_some(begin),
            };
            (at, known) = (end.ok_or(Unread::Broken)?, part.end);
        }
        if self.is_empty() { Err(Unread::Broken) } else { Ok(()) }
    }

    /// Takes the value at a place for one that is not the same in all wrappers; `None` when there is no value.
    fn loosen(&mut self, place: usize) -> Option<()> {
        let at = self.fixed.iter().position(|part| part.begin <= place && place <= part.last())?;
        let part = self.fixed.remove(at);
        let at = self.parts.partition_point(|other| other.begin < part.begin);
        self.parts.insert(at, part);
        self.locate();
        Some(())
    }

    /// Finds the parts before which the found ranges move.
    fn locate(&mut self) {
        self.label = None;
        let parts = &self.parts;
        let places = self.found.iter_mut().flat_map(|Found { from, to, .. }| [from, to]);
        for place in places.chain([&mut self.origin]) {
            place.part = parts.partition_point(|part| part.begin < place.at);
        }
    }

    fn range(&self, found: &Found) -> Span {
        (self.moved(found.from), self.moved(found.to))
    }

    /// Where a place is in the last object that was read.
    fn moved(&self, place: Place) -> usize {
        place.at.wrapping_add(self.parts[place.part].moved)
    }

    /// Whether not to learn a wrapper of so many bytes now.
    pub(super) fn declines(&mut self, length: usize) -> bool {
        let declines = self.waited < self.patience || length > LONGEST;
        self.waited = self.waited.saturating_add(u32::from(declines));
        declines
    }

    /// Remembers an object that was searched for paths; `record` is the range of the string that holds its record, and
    /// `origin` is where the object begins that has the record's member.
    pub(super) fn learn(&mut self, object: &[u8], record: Span, origin: usize, found: &[Option<Span>]) {
        let (from, to) = record;
        if self.declines(object.len() - (to - from)) {
            return;
        }
        // Wrappers of other members in turn would be learned for nothing.
        (self.patience, self.waited) = (PATIENCE.min(2 * self.patience + 1), 0);
        self.parts.clear();
        self.bytes.clear();
        self.bytes.extend_from_slice(&object[..=from]);
        self.bytes.extend_from_slice(&object[to - 1..]);
        if parts(&self.bytes, from, &mut self.parts).is_none() {
            return self.parts.clear();
        }
        self.fixed.clear();
        self.fixed.extend(self.parts.extract_if(.., |part| part.may_be_fixed()));
        self.found.clear();
        let place = |at: usize| Place { at: if at < to { at } else { at - (to - from - 2) }, part: 0 };
        let found = found.iter().enumerate().filter_map(|(path, span)| Some((path, (*span)?)));
        self.found.extend(found.map(|(path, (from, to))| Found { path, from: place(from), to: place(to) }));
        self.origin = place(origin);
        self.locate();
    }
}

impl Part {
    const fn new(begin: usize, end: usize, value: Value) -> Self {
        Self { begin, end, value, moved: 0 }
    }

    /// Whether the value may be the same in all wrappers.
    const fn may_be_fixed(&self) -> bool {
        matches!(self.value, Value::String | Value::Number)
    }

    /// The last byte that belongs to the value. The byte after a number shows where it ends.
    const fn last(&self) -> usize {
        if matches!(self.value, Value::Number) { self.end } else { self.end - 1 }
    }
}

/// Finds the values of an object whose record is the empty string at `record`; `None` when there are too many, or what
/// begins like a number is none.
fn parts(object: &[u8], record: usize, parts: &mut Vec<Part>) -> Option<()> {
    let mut at = 0;
    while let Some(byte) = object.get(at) {
        let part = match byte {
            b'"' => {
                let mut reader = Reader::new(&object[at..]);
                reader.string().ok()?;
                let end = at + reader.offset();
                let is_key = object[end..].trim_ascii_start().starts_with(b":");
                let value = if at == record { Value::Record } else { Value::String };
                (!is_key).then_some(Part::new(at + 1, end, value)).ok_or(end)
            }
            b'-' | b'0'..=b'9' => Ok(Part::new(at, at + number(&object[at..])?, Value::Number)),
            _ => Err(at + 1),
        };
        at = match part {
            Ok(part) if parts.len() < MOST - 1 => {
                parts.push(part);
                part.end
            }
            Ok(_) => return None,
            Err(next) => next,
        };
    }
    parts.push(Part::new(object.len(), object.len(), Value::End));
    Some(())
}

/// Whether a text begins so. Half of what wrappers have between two values is short: it is compared without a call.
#[inline(always)]
fn begins(text: &[u8], with: &[u8]) -> bool {
    match (with.first_chunk::<8>(), with.last_chunk::<8>()) {
        (Some(first), Some(last)) if with.len() <= 16 => {
            text.first_chunk() == Some(first) && text.get(with.len() - 8..).and_then(<[u8]>::first_chunk) == Some(last)
        }
        (None, _) => text.len() >= with.len() && text.iter().zip(with).all(|(one, other)| one == other),
        _ => text.starts_with(with),
    }
}

/// Where a string ends whose text begins there, and which has `usual` bytes up to its closing quote in other wrappers.
fn end_of_string(object: &[u8], begin: usize, usual: usize) -> Option<usize> {
    let end = begin + usual;
    if object.get(end - 1) == Some(&b'"') && is_literal(&object[begin..], usual - 1) {
        return Some(end);
    }
    let mut reader = Reader::at(object, begin);
    reader.rest_of_string().ok().map(|_| reader.offset())
}

/// The length of the number at the beginning of a text, which is the `usual` one in other wrappers; `None` for what is no
/// number although it begins like one, or when there is none.
fn length_of_number(text: &[u8], usual: usize) -> Option<usize> {
    let is_usual = usual > 0 && text.first() != Some(&b'.') && is_number(text, usual);
    if is_usual && matches!(text.get(usual), Some(b',' | b'}')) {
        return Some(usual);
    }
    number(text).filter(|&length| length > 0)
}

/// The length of the number at the beginning of a text; `None` for what is no number although it begins like one.
fn number(text: &[u8]) -> Option<usize> {
    rest_of_number(text).filter(|_| !matches!(text.first(), Some(b'+' | b'.' | b'e' | b'E')))
}

/// The length of the rest of a number.
fn rest_of_number(text: &[u8]) -> Option<usize> {
    let length = text.iter().take_while(|b| matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')).count();
    (text.get(length) != Some(&b'I')).then_some(length)
}

/// The number of bytes at the beginning of two texts that are the same.
fn common(one: &[u8], other: &[u8]) -> usize {
    let (ones, _) = one.as_chunks::<8>();
    let (others, _) = other.as_chunks::<8>();
    let mut same = 0;
    for (one, other) in ones.iter().zip(others) {
        let differ = u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other);
        if differ != 0 {
            return same + differ.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    same + one[same..].iter().zip(&other[same..]).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::super::paths::{First, Memory, Written, walk_again};
    use super::{Reader, Span, Template, Vec};
    use alloc::string::String;
    use alloc::vec;

    const PATHS: &[&[u8]] = &[b"a.raw", b"host.name", b"host", b"time", b"a.list", b"a"];
    /// `$` stands for a text, `#` for a number, `R` for the record.
    const WRAPPERS: &[&str] = &[
        r#"{"time":"$","host":"$","a":{"raw":"R"}}"#,
        r#"{"a":{"x":[{"y":"$"},#,true],"raw":"R","list":["$",{"z":"$"}]},"time":#,"host":{"name":"$"}}"#,
        r#"{ "host" : {"id": #, "name": "$"}, "a.raw" : "R" , "e" : "" }"#,
        r#"{"$":"R","time":"$","b":{"a":[[]],"c":null,"d":#},"a":[{"raw":"R"}]}"#,
    ];
    const TEXTS: &[&str] = &["", "wren", "a longer text than that", r"C:\\x", r#"\"q\""#, r"\\", "x"];
    const NUMBERS: &[&str] = &["1", "-2.5e7", "1771335400.001", "17"];
    const RECORDS: &[&str] = &["", r#"{\"a\":\"b\"}"#, "type=SYSCALL a=1", r"x\u001dA=b", "{"];

    fn filled(wrapper: &str, mut choice: usize) -> String {
        let mut choose = |from: &[&'static str]| {
            choice = choice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            from[(choice >> 33) % from.len()]
        };
        let mut text = String::new();
        for c in wrapper.chars() {
            match c {
                '$' => text += choose(TEXTS),
                '#' => text += choose(NUMBERS),
                'R' => text += choose(RECORDS),
                _ => text.push(c),
            }
        }
        text
    }

    /// The ranges that a search finds, how the record is written, its text, and the number of records.
    type Searched = (Vec<Option<Span>>, Written, Vec<u8>, usize);

    /// What a search finds in an object that nothing follows.
    fn searched(object: &[u8]) -> Option<Searched> {
        let (mut found, mut text, mut written, mut bodies) = (vec![None; PATHS.len()], Vec::new(), Written::Not, 0);
        let first = First::Text(&mut text, &mut written);
        let walked = walk_again(object, PATHS, &mut Memory::default(), first, &mut |path, from, to| {
            bodies += usize::from(path == 0);
            found[path] = found[path].or(Some((from, to)));
        });
        (walked == Ok(true)).then_some((found, written, text, bodies))
    }

    /// Whether the template reads the object. If it does, a search must find the same.
    fn reads_alike(template: &mut Template, object: &[u8]) -> bool {
        let mut text = Vec::new();
        let placed = template.place(object);
        if let Some((from, to)) = placed {
            let found = all_found(template);
            // A quote that ends the string before is left to the record's reader.
            let mut reader = Reader::at(object, from);
            if reader.string().is_ok() && reader.offset() == to {
                let (due, ..) = searched(object).unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(object)));
                assert_eq!((&found, placed), (&due, due[0]), "{}", String::from_utf8_lossy(object));
            }
        }
        let Some((record, length)) = template.read(object, &mut text) else { return false };
        let found = all_found(template);
        let shown = String::from_utf8_lossy(object);
        let (due, written, due_text, _) = searched(object).unwrap_or_else(|| panic!("{shown}"));
        assert_eq!((&found, Some(record)), (&due, due[0]), "{shown}");
        assert_eq!(length.is_some(), written == Written::Text, "{shown}");
        assert!(length.is_none_or(|length| text[..length] == due_text), "{shown}");
        true
    }

    fn all_found(template: &Template) -> Vec<Option<Span>> {
        (0..PATHS.len()).map(|path| template.ranges(path..path + 1).next()).collect()
    }

    fn learned(object: &[u8]) -> Option<Template> {
        let (found, _, _, bodies) = searched(object)?;
        let mut template = Template::default();
        if bodies == 1 {
            template.learn(object, found[0]?, 0, &found);
        }
        Some(template)
    }

    #[test]
    fn what_is_read_by_a_template_is_what_a_search_finds() {
        for (number, wrapper) in WRAPPERS.iter().enumerate() {
            let objects: Vec<String> = (0..40).map(|choice| filled(wrapper, choice)).collect();
            for object in &objects {
                let mut template = learned(object.as_bytes()).unwrap();
                for other in &objects {
                    let is_read = reads_alike(&mut template, other.as_bytes());
                    assert!(is_read || number == 3, "{object} then {other}");
                }
                // Other shapes, and shapes that are cut or changed anywhere.
                let other = objects[7].as_bytes();
                for at in 0..other.len() {
                    for byte in *b"\"\\,{}[]:1eI- x\xff" {
                        let mut changed = other.to_vec();
                        changed[at] = byte;
                        reads_alike(&mut template, &changed);
                        changed.insert(at, other[at]);
                        reads_alike(&mut template, &changed);
                    }
                    assert!(!reads_alike(&mut template, &other[..at]));
                }
            }
        }
        assert!(!reads_alike(&mut Template::default(), b"{}"));
    }

    #[test]
    fn a_text_begins_with_what_stands_at_its_beginning() {
        let text: Vec<u8> = (0..40).collect();
        for length in 0..=40 {
            assert!(super::begins(&text, &text[..length]), "{length}");
            assert!(!super::begins(&text[..length.saturating_sub(1)], &text[..length]) || length == 0, "{length}");
            for at in 0..length {
                let mut other = text.clone();
                other[at] ^= 1;
                assert!(!super::begins(&text, &other[..length]), "{length} {at}");
            }
        }
    }

    #[test]
    fn a_record_is_placed_by_the_end_of_its_wrapper() {
        let [before, after, longer] = [
            r#"{"time":"t1","a":{"raw":"a record"},"host":"h"}"#,
            r#"{"time":"time 2","a":{"raw":"{\"a\":\"\\\\\"}"},"host":"k"}"#,
            r#"{"time":"t1","a":{"raw":"a record"},"host":"host"}"#,
        ];
        let mut template = learned(before.as_bytes()).unwrap();
        let (from, to) = template.place(after.as_bytes()).unwrap();
        assert_eq!(&after[from..to], r#""{\"a\":\"\\\\\"}""#);
        assert_eq!(all_found(&template)[3].map(|(from, to)| &after[from..to]), Some(r#""time 2""#));
        assert_eq!(template.place(longer.as_bytes()), None, "its end is elsewhere");
        assert_eq!(template.place(&after.as_bytes()[..30]), None);
    }

    #[test]
    fn what_follows_a_wrapper_is_no_part_of_it() {
        let object = filled(WRAPPERS[0], 1);
        let mut template = learned(object.as_bytes()).unwrap();
        assert!(reads_alike(&mut template, alloc::format!("{object} \t").as_bytes()));
        assert!(!reads_alike(&mut template, alloc::format!("{object}{object}").as_bytes()));
    }

    #[test]
    fn long_wrappers_are_not_remembered_and_ones_that_never_come_again_seldom() {
        let long = alloc::format!(r#"{{"host":"{}","a":{{"raw":"R"}}}}"#, "h".repeat(super::LONGEST));
        assert!(!reads_alike(&mut learned(long.as_bytes()).unwrap(), long.as_bytes()));
        let in_turn = |number: usize| filled(WRAPPERS[number % 2 * 2], number);
        let always_new = |number: usize| alloc::format!(r#"{{"key {number}":1,"a":{{"raw":"R"}}}}"#);
        for (wrappers, read, made) in [(&in_turn as &dyn Fn(usize) -> String, 300.., 0..350), (&always_new, 0.., 0..40)]
        {
            let mut template = Template::default();
            let (mut is_read, mut is_made) = (0, 0);
            for number in 0..1000 {
                let object = wrappers(number);
                if reads_alike(&mut template, object.as_bytes()) {
                    is_read += 1;
                    continue;
                }
                let (found, ..) = searched(object.as_bytes()).unwrap();
                let before = template.bytes.clone();
                template.learn(object.as_bytes(), found[0].unwrap(), 0, &found);
                is_made += usize::from(template.bytes != before);
            }
            assert!(read.contains(&is_read) && made.contains(&is_made), "{is_read} {is_made}");
        }
    }
}
