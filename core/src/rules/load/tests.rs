use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::{CatalogError, load_builtin, only as from_json, proven};
use crate::event::{KindTag, Mechanism, Os};
use crate::rules::{AnchorPath, Base, Catalog, Named, Predicate, ReferenceId, Test};
use crate::util::document::Fault;

fn builtin() -> Catalog {
    load_builtin().unwrap_or_else(|fault| panic!("{}: {}", fault.path, fault.what))
}

#[test]
fn the_builtin_catalog_loads() {
    let catalog = builtin();
    for code in ["W02", "W16", "L01", "L05", "M05", "M09"] {
        assert!(catalog.behaviors().iter().any(|b| b.code == code), "{code}");
    }
    let looks_at = |kind| !catalog.clause_indexes(Os::Linux, kind).is_empty();
    assert!(looks_at(KindTag::NetworkConnect));
    assert!(!looks_at(KindTag::AppleEvent));
}

#[test]
#[should_panic(expected = "the builtin rules do not load: rules/x.jsonc:3:1: behaviors: there is none")]
fn builtin_rules_that_do_not_load_are_no_empty_catalog() {
    let fault = Fault { line: 3, column: 1, file: "rules/x.jsonc".into(), ..Fault::of("behaviors", "there is none") };
    drop(proven::<Catalog>(Err(fault)));
}

#[test]
fn a_catalog_without_behaviors_is_refused() {
    let none = "behaviors: there is none: nothing would be judged";
    assert!(from_json(br#"{"behaviors": []}"#).expect_err("none").to_string().contains(none));
    let catalog = load(&sound()).expect("a catalog");
    assert!(catalog.without(&["L90"]).expect_err("none").to_string().contains(none));
}

/// A behavior in which nothing is wrong.
fn sound() -> Value {
    json!({
        "id": "linux.fifo.example", "code": "L90", "techniques": ["T1559"], "severity": "high",
        "title": "An example", "sources": ["nowhere"],
        "anchor": "endpoint", "window": "10s",
        "clauses": {
            "open": "ipc 400: endpoint_connect bind A where endpoint.mechanism == fifo",
            "shell": [
                "execution: process_start at job.endpoints bind S",
                "where actor.command_line in linux.host_root and not tags has process.injected and actor.uid == 0"
            ]
        },
        "require": "open and shell"
    })
}

/// The tests of the sound behavior's first clause with another condition.
fn compiled(condition: &str) -> String {
    let mut behavior = sound();
    // Every field is of some kind of event.
    let kinds: Vec<&str> = KindTag::ALL.iter().map(|kind| kind.name()).collect();
    behavior["clauses"]["open"] = json!(format!("ipc: {} bind A where {condition}", kinds.join(" or ")));
    let text = json!({"behaviors": [behavior]}).to_string();
    let catalog = from_json(text.as_bytes()).unwrap_or_else(|e| panic!("{condition}: {e}"));
    format!("{:?}", catalog.behaviors()[0].clauses[0].predicates)
}

#[test]
fn conditions_mean_what_they_say() {
    // Pairs that compile to the same tests.
    let pairs = [
        ("actor.uid <= 5", "actor.uid < 6"),
        ("actor.uid >= 5", "actor.uid > 4"),
        ("actor.uid has [0x1, 0x4]", "actor.uid has 5"),
        ("not not actor.uid == 1", "actor.uid == 1"),
        ("not actor.uid == 1", "actor.uid != 1"),
        ("not actor.uid != 1", "actor.uid == 1"),
        ("actor.uid == 1 or actor.uid == 2", "actor.uid in [1, 2]"),
        ("actor.image in unix.shells or actor.image in unix.relays", "actor.image in [unix.shells, unix.relays]"),
        ("not (actor.uid == 1 or tags has access.write)", "actor.uid != 1 and not tags has access.write"),
        ("not (actor.uid == 1 and actor.auid == 2)", "actor.uid != 1 or actor.auid != 2"),
        (
            "actor.uid == 1 or (actor.auid == 2 or actor.session == 3)",
            "actor.uid == 1 or actor.auid == 2 or actor.session == 3",
        ),
        (
            "not tags has [access.write, process.injected]",
            "not tags has access.write and not tags has process.injected",
        ),
        (
            "actor.uid == 1 or actor.auid == 2 and actor.session == 3",
            "actor.uid == 1 or (actor.auid == 2 and actor.session == 3)",
        ),
        (
            "unlisted_fifo and actor.uid == 0",
            "endpoint.mechanism == fifo and actor.uid == 0 \
             and (not tags has endpoint.known_good or endpoint.name in linux.path.user_writable)",
        ),
        ("actor.image in [unix.shells, 'x']", "actor.image in unix.shells or actor.image == 'x'"),
        ("actor.integrity < medium", "actor.integrity < medium"),
    ];
    for (one, other) in pairs {
        assert_eq!(compiled(one), compiled(other), "{one}");
    }
    for condition in [
        "actor.image == parent.image",
        "endpoint.name is rare or endpoint.name is common or endpoint.name is unknown or endpoint.name is known",
        "endpoint.name fits ['a<digits:4>', 'b*'] and endpoint.name matches '/tmp/*.sock'",
        "actor.command_line contains ['-enc', 'it''s'] or script.text starts_with 'x' or file.path ends_with '.js'",
    ] {
        compiled(condition);
    }
}

#[test]
fn conditions_build_on_one_another() {
    let text = json!({"conditions": {"linux": {
        "own_a": "tags has access.write",
        "own_b": {"where": ["own_a or", "not own_a"]},
    }}});
    assert!(from_json(text.to_string().as_bytes()).is_ok());
    // Twice as many tests with each name: what counts is what they come to.
    let twice: Vec<String> = (1..20).map(|n| format!("\"d{n}\": \"d{} or d{}\"", n - 1, n - 1)).collect();
    let text = format!("{{\"conditions\": {{\"linux\": {{\"d0\": \"actor.uid == 1\", {}}}}}}}", twice.join(", "));
    assert!(from_json(text.as_bytes()).expect_err("too many").what.contains("more than 64 tests"));
}

#[test]
fn a_clause_takes_over_what_another_says() {
    let text = r#"{
        "id": "linux.fifo.example", "code": "L90", "techniques": ["T1559"], "severity": "high", "title": "t",
        "sources": ["t"], "anchor": "endpoint", "window": "10s",
        "clauses": {
            "open": "ipc: endpoint_connect at endpoint bind A count 2 actors where endpoint.mechanism == fifo",
            "same": "effect 7: like open",
            "other": "effect: like open at parent.endpoints bind B count 3 records after same memory process_lifetime
                      where actor.uid == 0 or actor.uid == 7",
        },
        "require": "open and same and other",
    }"#;
    let catalog = from_json(text.replace('\n', " ").as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    let [open, same, other] = &catalog.behaviors()[0].clauses[..] else { panic!("three clauses") };
    assert_eq!((same.on, &same.at, &same.bind, same.count), (open.on, &open.at, &open.bind, open.count));
    assert_eq!(format!("{:?}", same.predicates), format!("{:?}", open.predicates));
    assert_eq!((open.weight, same.weight, other.weight), (350, 7, 250));
    assert_eq!((other.on, other.after, other.process_lifetime), (open.on, 0b10, true));
    assert!(other.at != open.at && other.bind != open.bind && other.count != open.count);
    assert_eq!(other.predicates.len(), 2, "both conditions hold together");
}

#[test]
fn what_is_not_said_is_the_obvious() {
    let catalog = load(&sound()).expect("a catalog");
    let behavior = &catalog.behaviors()[0];
    assert_eq!(behavior.initiator, [Named { role: 0, behind: false }]);
    assert_eq!(behavior.clauses[0].at, [AnchorPath::Walk(Base::Endpoint, Vec::new())]);
    assert_eq!(behavior.clauses[1].weight, 300);
}

/// Loads a catalog of one behavior.
fn load(behavior: &Value) -> Result<Catalog, CatalogError> {
    document(&json!({"behaviors": [behavior]}))
}

fn document(json: &Value) -> Result<Catalog, CatalogError> {
    from_json(json.to_string().as_bytes())
}

#[test]
fn what_is_too_much_is_refused() {
    let refused = |json: Value| document(&json).expect_err("too many").what;
    let pattern = || json!({"exact": "x", "source": "x"});
    let lists: serde_json::Map<String, Value> = (0..384).map(|n| (format!("x.{n}"), pattern())).collect();
    assert!(refused(json!({"lists": lists})).contains("lists; at most 384 are possible"));
    let texts: Vec<String> = (0..257).map(|n| format!("text {n}")).collect();
    let long = json!({"scope": "text", "contains": texts, "source": "x"});
    assert!(refused(json!({"lists": {"x.long": long}})).contains("more than 256 `contains` texts"));
    let provides = |n: usize| {
        let mut behavior = sound();
        behavior["provides"] = json!(format!("evidence{n}"));
        behavior
    };
    let behaviors: Vec<Value> = (0..257).map(provides).collect();
    assert!(refused(json!({"behaviors": behaviors})).contains("too many names of evidence"));
}

#[test]
fn lists_of_an_embedder_extend_the_builtin_ones() {
    let own = json!({
        "lists": {"unix.shells": {"basename": "nush", "source": "own"}, "unix.own": {"include": "unix.shells", "source": "own"}},
        "known_good": [{"mechanisms": ["fifo"], "names": [{"name": "/own/*", "source": "own"}]}]
    });
    let catalog = document(&own).expect("a catalog");
    let bits = catalog.lists().of_name(b"/usr/bin/nush");
    assert!(
        ["unix.shells", "unix.own", "unix.command_runners"]
            .iter()
            .all(|name| catalog.lists().id(name).is_some_and(|id| bits.has(id)))
    );
    assert!(catalog.reference_names().find(Mechanism::Fifo, b"/own/x").is_some());
    assert_eq!(catalog.behaviors().len(), builtin().behaviors().len());
}

#[test]
fn cheap_predicates_come_first() {
    let catalog = load(&sound()).expect("a catalog");
    let tests: Vec<&Test> = catalog.behaviors()[0].clauses[1]
        .predicates
        .iter()
        .filter_map(|p| if let Predicate::Test(_, test) = p { Some(test) } else { None })
        .collect();
    assert!(matches!(tests[..], [Test::Not(_), Test::NumberIn(_), Test::List(_)]), "{tests:?}");
}

#[test]
fn lists_match_as_their_platform_compares() {
    let catalog = builtin();
    let lists = catalog.lists();
    let cases = [
        ("win.shells", r"C:\Windows\System32\CMD.EXE", true),
        ("win.shells", "C:/Windows/System32/cmd.exe", true),
        ("win.shells", r"C:\Windows\System32\cmd.exe.bak", false),
        ("win.execution_tools", r"D:\x\python312.dll", false),
        ("win.execution_tools", r"D:\x\python312.exe", true),
        ("win.service_manager", r"\Device\HarddiskVolume2\Windows\System32\services.exe", true),
        ("win.service_manager", r"C:\Users\x\Windows\System32\services.exe", false),
        ("win.path.user_writable", r"c:\users\x\a.exe", true),
        ("win.path.user_writable", r"\\?\C:\$Recycle.Bin\a.exe", true),
        ("win.path.system", r"C:\Windows\Temp\a.exe", false),
        ("win.path.remote", r"\\10.0.0.5\share\a.dll", true),
        ("win.path.remote", r"C:\a.dll", false),
        ("unix.shells", "/bin/bash", true),
        ("unix.shells", "/opt/bash/run", false),
        ("linux.path.temp", "/tmp/x", true),
        ("linux.path.temp", "/TMP/x", false),
        ("mac.path.downloads", "/Users/x/downloads/y", true),
        ("mac.path.user_writable", "/private/tmp/x", true),
        ("com.elevated", "{3e5fc7f9-9a51-4367-9063-a120244fbec7}", true),
        ("com.elevated", r"dllhost.exe /Processid:{3E5FC7F9-9A51-4367-9063-A120244FBEC7}", true),
        ("com.elevated", "{00000000-9a51-4367-9063-a120244fbec7}", false),
        ("apple_event.critical_target", "system events", true),
        ("apple_event.critical_target", "com.apple.terminal.helper", false),
    ];
    for (list, text, expected) in cases {
        let id = lists.id(list).unwrap_or_else(|| panic!("no list {list}"));
        assert_eq!(lists.of_name(text.as_bytes()).has(id), expected, "of_name {list} {text}");
        assert_eq!(lists.matches(id, text.as_bytes()), expected, "matches {list} {text}");
    }
}

#[test]
fn lists_about_texts_are_matched_on_demand_only() {
    let catalog = document(&json!({"lists": {"linux.t": {
        "scope": "text", "token": ["-i", "--x=*"], "contains": [["exec", "5<>"], "dd of=/proc/"], "source": "test"
    }}}));
    let catalog = catalog.expect("a catalog");
    let (lists, id) = (catalog.lists(), catalog.lists().id("linux.t").expect("the list"));
    assert!(lists.is_text(id));
    let cases = [
        ("bash -i", true),
        ("bash -in", false),
        ("run '--x=1' y", true),
        ("EXEC 5<>/dev/tcp/h/1", true),
        ("exec 6<>/dev/tcp/h/1", false),
        ("dd of=/proc/1/mem", true),
        ("", false),
    ];
    for (text, expected) in cases {
        assert_eq!(lists.matches(id, text.as_bytes()), expected, "{text}");
        assert!(!lists.of_name(text.as_bytes()).has(id));
    }
}

#[test]
fn an_argument_without_a_star_is_found_within_a_command_line() {
    let mut behavior = sound();
    behavior["clauses"]["open"] = json!("ipc: endpoint_connect bind A where actor.command_line in x.arguments");
    let list = json!({"scope": "text", "token": ["--load", "-i"], "source": "x"});
    let catalog = document(&json!({"behaviors": [behavior], "lists": {"x.arguments": list}})).expect("a catalog");
    let (lists, id) = (catalog.lists(), catalog.lists().id("x.arguments").expect("the list"));
    for (line, expected) in [("tool --load x", true), ("bash -i", true), ("tool --loads x", false), ("--load", true)] {
        assert_eq!(lists.of_text(line.as_bytes()).has(id), expected, "{line}");
    }
}

fn entry(catalog: &Catalog, mechanism: Mechanism, name: &str) -> ReferenceId {
    let entry = catalog.reference_names().find(mechanism, name.as_bytes());
    entry.unwrap_or_else(|| panic!("{name} is not among the reference names"))
}

#[test]
fn pipe_names_are_known_under_every_prefix_and_alias() {
    let catalog = builtin();
    let lsass = entry(&catalog, Mechanism::NamedPipe, "lsass");
    for name in [r"\lsass", r"\\.\pipe\LSASS", r"\Device\NamedPipe\samr", r"\??\pipe\netlogon", r"\\HOST\pipe\lsarpc"] {
        assert_eq!(entry(&catalog, Mechanism::NamedPipe, name), lsass, "{name}");
    }
    assert_eq!(catalog.reference_names().find(Mechanism::Fifo, b"lsass"), None);
}

#[test]
fn owners_of_pipes_are_told_by_their_path() {
    let catalog = builtin();
    let (reference_names, lists) = (catalog.reference_names(), catalog.lists());
    let cases = [
        ("lsass", r"C:\Windows\System32\lsass.exe", true, true),
        ("lsass", r"C:\Users\x\lsass.exe", false, true),
        ("svcctl", r"C:\Windows\System32\services.exe", true, true),
        ("svcctl", r"C:\Tools\x.exe", false, true),
        (
            "PSHost.1.2.DefaultAppDomain.powershell",
            r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
            true,
            true,
        ),
        ("PSHost.1.2.DefaultAppDomain.notepad", r"C:\Windows\System32\notepad.exe", false, true),
        ("LOCAL\\mojo.1.2.3", r"C:\Users\x\AppData\Local\Microsoft\Teams\current\Teams.exe", true, false),
        ("mojo.1.2.3", r"C:\Users\Public\chrome.dat", false, false),
        ("Winsock2\\CatalogChangeListener-2a4-0", r"C:\anything.exe", true, false),
    ];
    for (name, image, fits, reserved) in cases {
        let entry = entry(&catalog, Mechanism::NamedPipe, name);
        let bits = lists.of_name(image.as_bytes());
        assert_eq!(reference_names.owner_fits(entry, image.as_bytes(), &bits), fits, "{name} {image}");
        assert_eq!(reference_names.is_reserved(entry), reserved, "{name}");
    }
}

#[test]
fn names_state_their_creator() {
    let catalog = builtin();
    let reference_names = catalog.reference_names();
    let cases = [
        (Mechanism::NamedPipe, r"\mojo.5688.8052.123", Some(5688)),
        (Mechanism::NamedPipe, r"\Winsock2\CatalogChangeListener-2A4-0", Some(0x2a4)),
        (Mechanism::NamedPipe, "crashpad_77_ABCDEFGHIJKLMNOP", Some(77)),
        (Mechanism::NamedPipe, "lsass", None),
        (Mechanism::UnixPath, "/tmp/.java_pid4711", Some(4711)),
    ];
    for (mechanism, name, pid) in cases {
        let entry = entry(&catalog, mechanism, name);
        assert_eq!(reference_names.stated_pid(entry, name.as_bytes()), pid, "{name}");
    }
    let name = "PSHost.133.47.DefaultAppDomain.PowerShell";
    let entry = entry(&catalog, Mechanism::NamedPipe, name);
    let is_forged = |pid, image: &[u8]| reference_names.is_forged(entry, name.as_bytes(), pid, image);
    assert!(!is_forged(Some(47), br"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"));
    assert!(is_forged(Some(47), br"C:\Windows\notepad.exe"));
    assert!(is_forged(Some(48), br"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"));
}

#[test]
fn known_bad_names_keep_their_confidence_and_the_most_specific_entry_wins() {
    let catalog = builtin();
    let cases = [
        ("MSSE-1234-server", Some(970)),
        ("mojo.5688.8052.183894939787088877ab", Some(990)),
        ("Winsock2\\CatalogChangeListener-2a4-0,", Some(970)),
        ("RemCom_communicaton", Some(900)),
        ("RemCom_stdin", Some(800)),
        ("mojo.5688.8052.183894939787088877", None),
        ("svcctl", None),
        ("ntsvcs", None),
        ("PSEXESVC", None),
        ("PSEXESVC-HOST-12-stdin", None),
    ];
    for (name, confidence) in cases {
        let entry = entry(&catalog, Mechanism::NamedPipe, name);
        assert_eq!(catalog.reference_names().known_bad(entry), confidence, "{name}");
    }
    assert_eq!(catalog.reference_names().find(Mechanism::NamedPipe, b"rtcpef"), None);
}

#[test]
fn sockets_know_their_clients_and_what_they_are_worth() {
    let catalog = builtin();
    let (reference_names, lists) = (catalog.reference_names(), catalog.lists());
    let docker = entry(&catalog, Mechanism::UnixPath, "/var/run/docker.sock");
    assert_eq!(docker, entry(&catalog, Mechanism::UnixPath, "/run/docker.sock"));
    assert!(reference_names.is_root_equivalent(docker));
    for (image, fits) in [("/usr/bin/docker", true), ("/usr/bin/curl", false), ("/tmp/docker", false)] {
        assert_eq!(
            reference_names.client_fits(docker, image.as_bytes(), &lists.of_name(image.as_bytes())),
            fits,
            "{image}"
        );
    }
    let incus = entry(&catalog, Mechanism::UnixPath, "/run/incus/unix.socket");
    for (image, fits) in [("/opt/incus/bin/incusd", true), ("/tmp/incusd", false), ("/dev/shm/incusd", false)] {
        assert_eq!(
            reference_names.owner_fits(incus, image.as_bytes(), &lists.of_name(image.as_bytes())),
            fits,
            "{image}"
        );
    }
    let log = entry(&catalog, Mechanism::UnixPath, "/dev/log");
    assert!(!reference_names.is_root_equivalent(log));
    assert!(reference_names.client_fits(log, b"/any", &lists.of_name(b"/any")));
    assert!(reference_names.is_root_equivalent(entry(&catalog, Mechanism::UnixAbstract, "@/containerd-shim/x.sock")));
    assert_eq!(reference_names.find(Mechanism::UnixPath, b"/tmp/anything"), None);
}

#[test]
fn what_was_not_verified_stays_marked() {
    let catalog = builtin();
    let reference_names = catalog.reference_names();
    assert!(reference_names.is_verified(entry(&catalog, Mechanism::NamedPipe, "lsass")));
    assert!(!reference_names.is_verified(entry(&catalog, Mechanism::UnixPath, "/run/incus/unix.socket")));
    assert!(!reference_names.is_verified(entry(&catalog, Mechanism::MachService, "com.apple.tccd")));
    assert!(reference_names.is_verified(entry(&catalog, Mechanism::MachService, "com.apple.powerd")));
}
