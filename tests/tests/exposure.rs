//! What makes attacks easier is listed apart from alerts: each exposure of the catalog with an event that shows it and one
//! that does not.

use ipcsentry::decode::Format;
use ipcsentry::event::{
    Endpoint, EndpointAct, Event, Integrity, Kind, Mechanism, Os, PrivacyDecision, ProcessStart, RegistryAct, Signing,
};
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions, Timestamp, scenario};
use ipcsentry_tests::document::text;
use ipcsentry_tests::schema;
use serde_json::Value;

fn engine() -> Engine {
    Engine::new(Catalog::builtin(), Policy::default(), Limits::default())
}

/// The ids that events expose.
fn exposed(events: &[Event<'_>]) -> Vec<String> {
    let mut engine = engine();
    for event in events {
        engine.feed(event);
    }
    engine.exposure().into_iter().map(|exposed| exposed.id).collect()
}

fn event<'a>(os: Os, second: i64, kind: Kind<'a>) -> Event<'a> {
    let mut event = Event::new(os, Timestamp::from_unix(1_700_000_000 + second, 0), kind);
    event.host = b"birch";
    event.actor.pid = Some(500);
    event
}

fn set<'a>(path: &'a [u8], data: &'a [u8]) -> Vec<Event<'a>> {
    let mut act = RegistryAct::default();
    (act.path, act.data) = (Some(path), Some(data));
    vec![event(Os::Windows, 0, Kind::RegistrySet(act))]
}

fn endpoint(mechanism: Mechanism, name: &[u8], mode: Option<u32>, owner: Option<u32>) -> EndpointAct<'_> {
    let mut endpoint = Endpoint::new(mechanism, Some(name));
    (endpoint.mode, endpoint.owner_uid) = (mode, owner);
    EndpointAct::new(endpoint)
}

#[test]
fn registry_values_that_open_a_host_are_exposures() {
    for (id, path, data, harmless) in [
        (
            "win.dde.enabled",
            r"HKU\S-1\Software\Microsoft\Office\16.0\Word\Security\AllowDDE",
            "DWORD (0x00000002)",
            "DWORD (0x00000000)",
        ),
        (
            "win.dde.enabled",
            r"HKU\S-1\Software\Microsoft\Office\16.0\Excel\Security\DisableDDEServerLaunch",
            "DWORD (0x00000000)",
            "DWORD (0x00000001)",
        ),
        (
            "win.com.elevation_allowed",
            r"HKLM\Software\Microsoft\Windows NT\CurrentVersion\UAC\COMAutoApprovalList\{3E5FC7F9-9A51-4367-9063-A120244FBEC7}",
            "DWORD (0x00000001)",
            "DWORD (0x00000000)",
        ),
        (
            "win.dcom.weak_permissions",
            r"HKLM\SOFTWARE\Microsoft\Ole\AppCompat\RequireIntegrityActivationAuthenticationLevel",
            "DWORD (0x00000000)",
            "DWORD (0x00000001)",
        ),
        (
            "win.pipe.null_session",
            r"HKLM\System\CurrentControlSet\Services\LanmanServer\Parameters\NullSessionPipes",
            "spoolss",
            "(Empty)",
        ),
        (
            "win.pipe.null_session",
            r"HKLM\System\CurrentControlSet\Services\LanmanServer\Parameters\RestrictNullSessAccess",
            "DWORD (0x00000000)",
            "DWORD (0x00000001)",
        ),
    ] {
        assert_eq!(exposed(&set(path.as_bytes(), data.as_bytes())), [id], "{path}");
        assert_eq!(exposed(&set(path.as_bytes(), harmless.as_bytes())), Vec::<String>::new(), "{path}");
    }
    assert_eq!(
        exposed(&set(br"HKLM\SOFTWARE\Microsoft\Ole\MachineLaunchRestriction", b"Binary Data")),
        ["win.dcom.weak_permissions"]
    );
}

#[test]
fn a_class_that_elevated_without_asking_is_an_exposure() {
    let start = |line: &'static [u8], integrity| {
        let mut start = event(Os::Windows, 0, Kind::ProcessStart(ProcessStart::default()));
        start.actor.image = Some(br"C:\Windows\System32\dllhost.exe");
        start.actor.command_line = Some(line);
        start.actor.integrity = Some(integrity);
        vec![start]
    };
    let elevated = br"C:\Windows\system32\DllHost.exe /Processid:{3E5FC7F9-9A51-4367-9063-A120244FBEC7}";
    let other = br"C:\Windows\system32\DllHost.exe /Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}";
    assert_eq!(exposed(&start(elevated, Integrity::High)), ["win.com.elevates_unasked"]);
    assert_eq!(exposed(&start(elevated, Integrity::Medium)), Vec::<String>::new());
    assert_eq!(exposed(&start(other, Integrity::High)), Vec::<String>::new());
}

#[test]
fn what_everybody_may_write_and_who_uses_what_roots_clients_use_are_exposures() {
    let create = |name: &'static [u8], mode, owner| {
        vec![event(Os::Linux, 0, Kind::EndpointCreate(endpoint(Mechanism::Fifo, name, mode, owner)))]
    };
    assert_eq!(exposed(&create(b"/run/agent/control", Some(0o10666), Some(0))), ["linux.socket.world_writable"]);
    assert_eq!(exposed(&create(b"/run/agent/control", Some(0o10660), Some(0))), Vec::<String>::new());
    assert_eq!(exposed(&create(b"/run/agent/control", Some(0o10666), Some(1000))), Vec::<String>::new());
    assert_eq!(exposed(&create(b"/run/agent/control", None, Some(0))), Vec::<String>::new());
    let connect = |name: &'static [u8], uid| {
        let mut event = event(Os::Linux, 0, Kind::EndpointConnect(endpoint(Mechanism::UnixPath, name, None, None)));
        event.actor.uid = Some(uid);
        event.actor.image = Some(b"/usr/bin/docker");
        vec![event]
    };
    assert_eq!(exposed(&connect(b"/run/docker.sock", 1000)), ["linux.socket.root_equivalent_client"]);
    assert_eq!(exposed(&connect(b"/run/docker.sock", 0)), Vec::<String>::new());
    assert_eq!(exposed(&connect(b"/run/user/1000/bus", 1000)), Vec::<String>::new());
}

#[test]
fn macos_grants_and_helpers_without_checks_are_exposures() {
    let grant = |signing, allowed| {
        let mut decision = PrivacyDecision::default();
        decision.service = Some(b"kTCCServiceAppleEvents");
        decision.allowed = Some(allowed);
        let mut event = event(Os::Macos, 0, Kind::PrivacyDecision(decision));
        event.actor.signing = Some(signing);
        event.actor.image = Some(b"/Applications/Own.app/Contents/MacOS/Own");
        vec![event]
    };
    assert_eq!(exposed(&grant(Signing::AdHoc, true)), ["mac.appleevent.unsigned_sender"]);
    assert_eq!(exposed(&grant(Signing::AdHoc, false)), Vec::<String>::new());
    assert_eq!(exposed(&grant(Signing::Signed, true)), Vec::<String>::new());

    let served = |signing| {
        let service = b"com.example.helper";
        let act = || endpoint(Mechanism::MachService, service, None, None);
        let mut owner = event(Os::Macos, 0, Kind::EndpointCreate(act()));
        (owner.actor.pid, owner.actor.uid) = (Some(60), Some(0));
        owner.actor.image = Some(b"/Library/PrivilegedHelperTools/com.example.helper");
        let mut client = event(Os::Macos, 1, Kind::EndpointConnect(act()));
        (client.actor.uid, client.actor.signing) = (Some(501), Some(signing));
        client.actor.image = Some(b"/Users/ann/own");
        vec![owner, client]
    };
    assert_eq!(exposed(&served(Signing::Unsigned)), ["mac.xpc.helper_serves_strangers"]);
    assert_eq!(exposed(&served(Signing::Signed)), Vec::<String>::new());
}

#[test]
fn a_raw_record_of_a_wide_fifo_is_an_exposure_and_repetitions_are_counted() {
    let record = |serial: u32| {
        format!(
            "type=SYSCALL msg=audit(1700000000.000:{serial}): arch=c000003e syscall=259 success=yes exit=0 a0=ffffff9c \
             a1=55d0 a2=11b6 a3=0 items=2 ppid=1 pid=700 auid=4294967295 uid=0 gid=0 euid=0 tty=(none) ses=4294967295 \
             comm=\"agentd\" exe=\"/usr/sbin/agentd\" key=\"ipc\"\n\
             type=CWD msg=audit(1700000000.000:{serial}): cwd=\"/\"\n\
             type=PATH msg=audit(1700000000.000:{serial}): item=0 name=\"/run/agent/\" inode=1 dev=00:18 mode=040755 ouid=0 \
             ogid=0 rdev=00:00 nametype=PARENT\n\
             type=PATH msg=audit(1700000000.000:{serial}): item=1 name=\"/run/agent/control\" inode=9 dev=00:18 mode=010666 \
             ouid=0 ogid=0 rdev=00:00 nametype=CREATE\n"
        )
    };
    let mut engine = engine();
    let mut options = StreamOptions::new(Format::Auditd);
    options.host = b"web-1".to_vec();
    let stream = engine.open_stream(options);
    engine.feed_bytes(stream, (record(5) + &record(6)).as_bytes());
    engine.close_stream(stream);
    engine.flush();
    let all = engine.exposure();
    let [one] = &all[..] else { panic!("{all:?}") };
    assert_eq!((one.id.as_str(), one.count, one.host.as_str()), ("linux.socket.world_writable", 2, "web-1"));
    assert_eq!((one.object.as_deref(), one.program.as_deref()), (Some("/run/agent/control"), Some("/usr/sbin/agentd")));
    assert_eq!(one.source_id.as_deref(), Some("1700000000.000:6"));
    let schema: Value = serde_json::from_str(&text("core/docs/investigation.schema.json")).expect("JSON");
    let value: Value = serde_json::from_str(&format!("{{\"exposures\": [{}]}}", one.to_json())).expect("JSON");
    assert_eq!(schema::faults(&schema, &value), Vec::<String>::new());
    assert!(engine.poll_alert().is_none());

    let mut saved = Vec::new();
    engine.snapshot(&mut |chunk| saved.extend_from_slice(chunk));
    let restored = Engine::restore(Catalog::builtin(), Policy::default(), Limits::default(), &saved).expect("whole").0;
    assert_eq!(restored.exposure(), all, "it outlives a restart");
}

#[test]
fn a_flood_of_exposures_stays_within_its_part() {
    let mut limits = Limits::default();
    limits.bytes = Limits::MIN_BYTES;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    for number in 0..20_000 {
        let name = format!("/run/agent/{number}");
        let act = endpoint(Mechanism::Fifo, name.as_bytes(), Some(0o10666), Some(0));
        engine.feed(&event(Os::Linux, number, Kind::EndpointCreate(act)));
    }
    let listed = engine.exposure().len();
    assert!(listed > 20 && listed < 500, "{listed}");
    assert!(engine.stats().bytes <= Limits::MIN_BYTES as u64);
}

#[test]
fn what_the_policy_keeps_out_is_in_no_exposure_and_rules_may_add_some() {
    let policy = Policy::from_json(br#"{"redact_users": true}"#).expect("a policy");
    let rule = br#"{"exposures": {"linux": [{"id": "linux.own.queue", "on": ["endpoint_create"],
        "where": "endpoint.mechanism == posix_queue", "title": "Queue", "advice": "None.", "mitigations": ["M1022"],
        "source": "own"}]}}"#;
    let catalog = Catalog::builtin().extend(rule).expect("rules");
    let mut engine = Engine::new(catalog, policy, Limits::default());
    let act = endpoint(Mechanism::PosixQueue, b"/work", None, None);
    let mut made = event(Os::Linux, 0, Kind::EndpointCreate(act));
    made.actor.image = Some(b"/home/ann/agent");
    engine.feed(&made);
    let all = engine.exposure();
    assert_eq!((all[0].id.as_str(), all[0].program.as_deref()), ("linux.own.queue", Some("/home/<user>/agent")));
    for (wrong, due) in [
        (r#""on": ["endpoint_make"]"#, "`endpoint_make` is no kind of event"),
        (r#""where": "com.clsid == 'x'""#, "no such event has `com.clsid`"),
        (r#""mitigations": ["T1559"]"#, "should be ids of mitigations"),
        (r#""id": "linux.socket.world_writable""#, "is taken"),
    ] {
        let (name, _) = wrong.split_once(':').expect("a member");
        let member = String::from_utf8_lossy(rule).lines().map(str::to_owned).collect::<Vec<_>>().join(" ");
        let at = member.find(name).expect("it is there");
        let end = at + member[at..].find(", ").expect("another follows");
        let text = format!("{}{wrong}{}", &member[..at], &member[end..]);
        let error = Catalog::builtin().extend(text.as_bytes()).expect_err(wrong).to_string();
        assert!(error.contains(due), "{error}");
    }
}

#[test]
fn no_benign_variant_is_flooded_with_exposures() {
    let mut all = 0;
    for scenario in scenario::all().iter().filter(|s| !s.is_positive()) {
        let mut engine = engine();
        for event in &scenario.events() {
            engine.feed(event);
        }
        let listed = engine.exposure().len();
        assert!(listed <= 3, "{}: {listed}", scenario.id());
        all += listed;
    }
    assert!(all < 100, "{all}");
}
