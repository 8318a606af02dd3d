//! `--near-misses`, `--exposure`, `--timeline`, `--process`.

use serde_json::Value;

use crate::{ATTACK, Scratch, alerts, hunt, stderr};

/// A FIFO of root's to which everybody may write, as auditd logs it.
const WIDE: &str = concat!(
    "type=SYSCALL msg=audit(1767225500.000:5): arch=c000003e syscall=259 success=yes exit=0 a0=ffffff9c a1=55d0 a2=11b6 ",
    "a3=0 items=2 ppid=1 pid=700 auid=4294967295 uid=0 gid=0 euid=0 tty=(none) ses=4294967295 comm=\"agentd\" ",
    "exe=\"/usr/sbin/agentd\" key=\"ipc\"\n",
    "type=CWD msg=audit(1767225500.000:5): cwd=\"/\"\n",
    "type=PATH msg=audit(1767225500.000:5): item=0 name=\"/run/agent/\" inode=1 dev=00:18 mode=040755 ouid=0 ogid=0 ",
    "rdev=00:00 nametype=PARENT\n",
    "type=PATH msg=audit(1767225500.000:5): item=1 name=\"/run/agent/control\" inode=9 dev=00:18 mode=010666 ouid=0 ",
    "ogid=0 rdev=00:00 nametype=CREATE\n",
);

#[test]
fn answers_follow_the_alerts() {
    let file = Scratch::new("asked", format!("{WIDE}{ATTACK}").as_bytes());
    let plain = hunt(&["--output", "ndjson", "--host", "web-1", file.path()]);
    let alert = alerts(&plain).remove(0);
    let id = alert["id"].as_str().expect("an id");
    let pid = alert["initiator"]["process"]["pid"].to_string();
    let asked = ["--near-misses", "--exposure", "--timeline", &id[..8], "--process", &pid];
    let output = hunt(&[&asked[..], &["--output", "ndjson", "--host", "web-1", file.path()]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let lines = alerts(&output);
    assert_eq!(lines[0], alert, "answers change no alert");
    let of = |name: &str| lines.iter().filter_map(|line| line.get(name)).collect::<Vec<&Value>>();
    let timeline = of("timeline")[0];
    let cited = timeline["entries"].as_array().expect("a list").iter().filter(|entry| entry.get("cited_by").is_some());
    assert_eq!(cited.count(), alert["evidence"].as_array().expect("a list").len());
    assert_eq!(of("process")[0]["process"]["pid"].to_string(), pid);
    assert_eq!((of("exposure").len(), &of("exposure")[0]["id"]), (1, &"linux.socket.world_writable".into()));
    let table = hunt(&[&asked[..], &["--host", "web-1", "--threads", "2", file.path()]].concat());
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    for part in ["TIMELINE", "PROCESS", "EXPOSURE", "/run/agent/control", "M1022"] {
        assert!(table.contains(part), "{part}: {table}");
    }
}

#[test]
fn what_is_not_there_is_said() {
    let file = Scratch::new("unasked", ATTACK.as_bytes());
    let output = hunt(&["--timeline", "zz", "--process", "4000000", "--exposure", file.path()]);
    let said = stderr(&output);
    assert!(
        said.contains("--timeline zz: no alert or incident") && said.contains("--process 4000000: nothing"),
        "{said}"
    );
    assert!(said.contains("--exposure: no event showed any"), "{said}");
    for wrong in [&["--process", "x"][..], &["--near-misses", "--output", "csv"], &["--exposure", "--output", "html"]] {
        assert_eq!(hunt(&[wrong, &[file.path()]].concat()).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn an_explained_alert_has_its_confidence_in_parts_and_the_questions_of_triage() {
    let file = Scratch::new("parts", ATTACK.as_bytes());
    let id = alerts(&hunt(&["--output", "ndjson", file.path()])).remove(0)["id"].as_str().expect("an id").to_owned();
    let text = String::from_utf8_lossy(&hunt(&["--explain", &id, file.path()]).stdout).into_owned();
    for part in ["  clause ", "who initiated: ", "how far back does telemetry go: "] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
