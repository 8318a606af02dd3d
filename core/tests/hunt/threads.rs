//! Several threads give the output of one.

use std::fs;
use std::path::PathBuf;

use super::{ATTACK, Scratch, getsystem, hunt, stderr};

/// A folder with inputs of many hosts.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The records of an attack on a host, some seconds after those on another.
fn attack_on(host: usize) -> String {
    let lines = getsystem().into_iter().map(|record| {
        let text = record.to_string();
        let computer = record["Event"]["System"]["Computer"].as_str().expect("a name").to_owned();
        text.replace(&computer, &format!("HOST-{host}")) + "\n"
    });
    lines.collect()
}

fn folder(name: &str) -> Folder {
    let folder = Folder(std::env::temp_dir().join(format!("ipcsentry-{}-threads-{name}", std::process::id())));
    fs::create_dir_all(&folder.0).expect("a writable folder");
    let write = |name: &str, text: &str| fs::write(folder.0.join(name), text).expect("a file");
    for host in 0..12 {
        write(&format!("host-{host:02}.json"), &attack_on(host));
    }
    // Hosts that other inputs have, too, broken records, duplicates, nothing, and what is of no known format.
    let several: Vec<String> = (6..18).map(attack_on).collect();
    let lines: Vec<Vec<&str>> = several.iter().map(|text| text.lines().collect()).collect();
    let mixed: Vec<&str> = (0..lines[0].len()).flat_map(|at| lines.iter().map(move |host| host[at])).collect();
    write("mixed.json", &mixed.join("\n"));
    write("again.json", &attack_on(3));
    write("broken.json", &attack_on(30).replace(r#""EventID":"#, r#"EventID":"#));
    write("empty.json", "");
    write("fifo.log", ATTACK);
    write("unknown.txt", "nothing that anybody knows\n");
    folder
}

#[test]
fn the_output_does_not_depend_on_the_number_of_threads() {
    let folder = folder("same");
    let policy = Scratch::new(
        "threads-policy",
        br#"{"suppressions": [{"behavior": "W02", "host": "HOST-1*"}, {"behavior": "L05", "host": "nobody"}]}"#,
    );
    let folder = folder.0.to_str().expect("a plain path");
    for options in [&["--output", "ndjson", "--coverage", "--suppressed"][..], &["--lateness", "5"], &[]] {
        let run = |threads: &str| {
            let policy = ["--policy", policy.path(), "--threads", threads, folder, "/does/not/exist"];
            hunt(&[options, &policy].concat())
        };
        let one = run("1");
        let lines = String::from_utf8_lossy(&one.stdout).lines().count();
        assert!(lines >= 18 && stderr(&one).contains("duplicates"), "{lines} lines; {}", stderr(&one));
        assert_eq!(one.status.code(), Some(2), "one place cannot be read");
        for threads in ["2", "3", "8"] {
            let several = run(threads);
            assert_eq!(several.status.code(), one.status.code(), "{threads} threads");
            assert!(several.stdout == one.stdout, "{options:?}: {threads} threads print other alerts");
            assert_eq!(stderr(&several), stderr(&one), "{options:?}: {threads} threads");
        }
    }
}

#[test]
fn threads_are_for_files() {
    for arguments in
        [&["--threads", "2", "-"][..], &["--threads", "2"], &["--threads", "0", "x"], &["--threads", "x", "y"]]
    {
        let output = hunt(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains("--threads"), "{}", stderr(&output));
    }
}
