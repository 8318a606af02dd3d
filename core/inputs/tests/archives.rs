//! Every file of an archive is read or reported, whatever the archive is called.

use std::fs;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use ipcsentry_inputs::{Content, Include, read};

/// A temporary file.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("ipcsentry-inputs-{}-{name}", std::process::id()));
        fs::write(&path, bytes).expect("a writable folder");
        Self(path)
    }

    /// For every input in the file: its path inside the file, and its text or the error.
    fn inputs(&self, include: &Include) -> Vec<(String, String)> {
        let progress = AtomicU64::new(0);
        let mut found = Vec::new();
        let all = read(&self.0, include, &progress, &mut |input| {
            let text = match input.content {
                Content::Bytes(mut stream) => {
                    let mut text = String::new();
                    stream.read_to_string(&mut text).map_or_else(|e| format!("!{e}"), |_| text)
                }
                Content::Unreadable(error) => format!("!{error}"),
                _ => "!event log".to_owned(),
            };
            let below = input.name.strip_prefix(self.0.to_str().expect("a plain path")).expect("its own name first");
            found.push((below.to_owned(), text));
            ControlFlow::Continue(())
        });
        assert!(all.is_continue());
        let length = fs::metadata(&self.0).expect("it is there").len();
        assert!(progress.load(Ordering::Relaxed) >= length.min(512), "what is read is counted");
        found
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).expect("memory");
    writer.finish().expect("memory")
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).expect("memory");
    }
    builder.into_inner().expect("memory")
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("memory");
        writer.write_all(bytes).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

fn names(found: &[(String, String)]) -> Vec<(&str, &str)> {
    found.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

#[test]
fn every_file_of_an_archive_is_an_input() {
    let long = format!("{}/audit.log", "folder/".repeat(40));
    let packed = gzip(b"three");
    let files: &[(&str, &[u8])] = &[("one.log", b"one"), (&long, b"two"), ("three.log.gz", &packed)];
    let due = [
        ("/one.log".to_owned(), "one".to_owned()),
        (format!("/{long}"), "two".into()),
        ("/three.log.gz".into(), "three".into()),
    ];
    for (name, bytes) in [("tar", tar(files)), ("tar.gz", gzip(&tar(files))), ("zip", zip(files))] {
        assert_eq!(Scratch::new(name, &bytes).inputs(&Include::default()), due, "{name}");
    }
}

#[test]
fn only_what_is_included_is_read() {
    let files: &[(&str, &[u8])] = &[("a/one.log", b"one"), ("a/two.txt", b"two"), ("b/three.log", b"three")];
    let mut include = Include::default();
    include.add("*.log").expect("a glob");
    for (name, bytes) in [("included.tar", tar(files)), ("included.zip", zip(files))] {
        let found = Scratch::new(name, &bytes).inputs(&include);
        assert_eq!(names(&found), [("/a/one.log", "one"), ("/b/three.log", "three")], "{name}");
    }
}

#[test]
fn an_archive_in_an_archive_is_said_and_the_rest_is_read() {
    for inner in [tar(&[("deep.log", b"deep")]), zip(&[("deep.log", b"deep")]), gzip(&tar(&[("deep.log", b"deep")]))] {
        let files: &[(&str, &[u8])] = &[("inner", &inner), ("flat.log", b"flat")];
        for (name, bytes) in [("nested.tar", tar(files)), ("nested.zip", zip(files))] {
            let found = Scratch::new(name, &bytes).inputs(&Include::default());
            assert!(found[0].1.contains("archive inside"), "{found:?}");
            assert_eq!(names(&found[1..]), [("/flat.log", "flat")]);
        }
    }
    let found = Scratch::new("zip.gz", &gzip(&zip(&[("a", b"a")]))).inputs(&Include::default());
    assert!(found[0].1.contains("archive inside"), "{found:?}");
    let found = Scratch::new("7z", b"7z\xbc\xaf\x27\x1c\0\x04").inputs(&Include::default());
    assert!(found[0].1.contains("7z archive"), "{found:?}");
}

#[test]
fn a_cut_archive_is_an_error_after_what_could_be_read() {
    let long = vec![b'x'; 4000];
    let whole = tar(&[("one.log", b"one"), ("two.log", &long)]);
    let found = Scratch::new("cut.tar", &whole[..3000]).inputs(&Include::default());
    assert_eq!(found[0], ("/one.log".to_owned(), "one".to_owned()));
    assert!(found.last().is_some_and(|(name, text)| name.is_empty() && text.starts_with('!')), "{found:?}");
    let whole = zip(&[("one.log", b"one")]);
    let found = Scratch::new("cut.zip", &whole[..whole.len() - 4]).inputs(&Include::default());
    assert!(found[0].1.starts_with('!'), "{found:?}");
}

#[test]
fn a_name_of_any_length_is_not_kept() {
    // A header that announces a name of 1 GiB. Compressed, an archive with such a name of zeros takes a few kilobytes.
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(1 << 30);
    header.set_path("././@LongLink").expect("short");
    header.set_cksum();
    let bytes = [header.as_bytes().as_slice(), &vec![b'n'; 1 << 20]].concat();
    let found = Scratch::new("name.tar", &bytes).inputs(&Include::default());
    assert!(found.iter().all(|(name, text)| name.len() < 100_000 && text.starts_with('!')), "{found:?}");
    assert_eq!(found.len(), 1);
}
