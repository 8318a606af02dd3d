//! Writes a Windows event log (MS-EVEN6, binary XML) from records rendered as JSON: one chunk, no templates.

use serde_json::Value;

const FILE_HEADER: usize = 4096;
const CHUNK: usize = 65_536;
const CHUNK_HEADER: usize = 512;
/// Neither the file nor its chunk carries checksums.
const NO_CHECKSUMS: u32 = 4;
/// 1601 to 1970 in intervals of 100 ns.
const EPOCH: u64 = 116_444_736_000_000_000;

/// A log of these records, numbered from 1. Each is an object with the member `Event`.
pub(crate) fn log(records: &[Value]) -> Vec<u8> {
    let count = records.len() as u64;
    let mut file = vec![0; FILE_HEADER];
    put(&mut file, 0, b"ElfFile\0");
    put(&mut file, 24, &(count + 1).to_le_bytes());
    put(&mut file, 32, &128_u32.to_le_bytes());
    put(&mut file, 36, &[1, 0, 3, 0]);
    put(&mut file, 40, &(FILE_HEADER as u16).to_le_bytes());
    put(&mut file, 42, &1_u16.to_le_bytes());
    put(&mut file, 120, &NO_CHECKSUMS.to_le_bytes());

    let mut chunk = vec![0; CHUNK_HEADER];
    let mut last = CHUNK_HEADER;
    for (number, record) in (1_u64..).zip(records) {
        last = chunk.len();
        chunk.extend([0x2a, 0x2a, 0, 0, 0, 0, 0, 0]);
        chunk.extend(number.to_le_bytes());
        chunk.extend(EPOCH.to_le_bytes());
        // Fragment header, element, end of the stream.
        chunk.extend([0x0f, 1, 1, 0]);
        element(&mut chunk, "Event", None, &record["Event"]);
        chunk.push(0);
        let size = (chunk.len() - last + 4) as u32;
        chunk.extend(size.to_le_bytes());
        put(&mut chunk, last + 4, &size.to_le_bytes());
    }
    let end = chunk.len() as u32;
    put(&mut chunk, 0, b"ElfChnk\0");
    for (at, n) in [(8, 1), (16, count), (24, 1), (32, count)] {
        put(&mut chunk, at, &n.to_le_bytes());
    }
    for (at, n) in [(40, 128), (44, last as u32), (48, end), (120, NO_CHECKSUMS)] {
        put(&mut chunk, at, &n.to_le_bytes());
    }
    assert!(chunk.len() <= CHUNK, "too much for one chunk");
    chunk.resize(CHUNK, 0);
    file.extend(chunk);
    file
}

/// One element. Members of `EventData` become `Data` elements with a `Name` attribute.
fn element(out: &mut Vec<u8>, tag: &str, named: Option<&str>, value: &Value) {
    let given = value.get("#attributes").and_then(Value::as_object);
    let attributes: Vec<(&str, String)> = named
        .map(|name| ("Name", name.to_owned()))
        .into_iter()
        .chain(given.into_iter().flatten().map(|(name, value)| (name.as_str(), plain(value))))
        .collect();
    out.push(if attributes.is_empty() { 0x01 } else { 0x41 });
    out.extend([0; 4]);
    name(out, tag);
    if !attributes.is_empty() {
        out.extend([0; 4]);
    }
    for (i, (attribute, value)) in attributes.iter().enumerate() {
        out.push(if i + 1 < attributes.len() { 0x46 } else { 0x06 });
        name(out, attribute);
        text(out, value);
    }
    out.push(0x02);
    match value {
        Value::Object(members) => {
            for (member, value) in members.iter().filter(|(member, _)| *member != "#attributes") {
                match (tag, member.as_str()) {
                    (_, "#text") => text(out, &plain(value)),
                    ("EventData", member) => element(out, "Data", Some(member), value),
                    (_, member) => element(out, member, None, value),
                }
            }
        }
        value => text(out, &plain(value)),
    }
    out.push(0x04);
}

/// A name, stored directly after its first reference.
fn name(out: &mut Vec<u8>, name: &str) {
    let at = out.len() as u32 + 4;
    out.extend(at.to_le_bytes());
    out.extend([0; 6]);
    utf16(out, name);
    out.extend([0; 2]);
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend([0x05, 0x01]);
    utf16(out, text);
}

/// A text as the number of UTF-16 units followed by the units.
fn utf16(out: &mut Vec<u8>, text: &str) {
    let units: Vec<u16> = text.encode_utf16().collect();
    out.extend((units.len() as u16).to_le_bytes());
    out.extend(units.into_iter().flat_map(u16::to_le_bytes));
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn put(at: &mut [u8], offset: usize, bytes: &[u8]) {
    at[offset..offset + bytes.len()].copy_from_slice(bytes);
}
