use alloc::format;
use alloc::string::{String, ToString};

use serde_json::{Value, json};

use super::{from_json, load_builtin};
use crate::event::{KindTag, Mechanism, Os};
use crate::rules::{Catalog, Pair, ReferenceId, Test};

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

/// A behavior in which nothing is wrong.
fn sound() -> Value {
    json!({
        "id": "linux.fifo.example", "code": "L90", "analytic": "AN1358", "techniques": ["T1559"], "severity": "high",
        "title": "An example", "explanation": "{A} opened {ipc}", "sources": ["nowhere"],
        "anchor": "endpoint", "window": "10s",
        "clauses": {
            "open": {
                "class": "ipc", "on": ["endpoint_connect"], "where": {"endpoint.mechanism": {"eq": "fifo"}},
                "at": ["endpoint"], "bind": {"A": "actor"}, "weight": 400
            },
            "shell": {
                "class": "execution", "on": ["process_start"],
                "where": {"actor.command_line": {"list": "linux.host_root"}, "tags": {"not": {"has": "process.injected"}},
                          "actor.uid": {"eq": 0}},
                "at": ["job.endpoints"], "bind": {"S": "actor"}, "weight": 400
            }
        },
        "require": {"all": ["open", "shell"]}, "initiator": ["A", "S"]
    })
}

#[test]
fn errors_name_their_place() {
    // Each: where the behavior is broken (a JSON pointer), with what, and the path the error names.
    let cases: &[(&str, Value, &str)] = &[
        ("/id", json!("os2.fifo.example"), "id"),
        ("/id", json!("linux.fifo"), "id"),
        ("/id", json!("win.fifo.example"), "code"),
        ("/code", json!("L9"), "code"),
        ("/analytic", json!("AN1357"), "analytic"),
        ("/severity", json!("severe"), "severity"),
        ("/extra", json!(1), "extra"),
        ("/explanation", json!("{B} did it"), "explanation"),
        ("/explanation", json!("{A did it"), "explanation"),
        ("/sources", json!([""]), "sources[0]"),
        ("/anchor", json!("pipe"), "anchor"),
        ("/anchor", json!("process"), "clauses.open.at[0]"),
        ("/anchor", json!("key:stone"), "anchor"),
        ("/window", json!("10 s"), "window"),
        ("/window", json!("0s"), "window"),
        ("/memory", json!("eternal"), "memory"),
        ("/clauses", json!({}), "clauses"),
        ("/clauses/open/role", json!("boss"), "clauses.open.role"),
        ("/clauses/open/weigth", json!(1), "clauses.open.weigth"),
        ("/clauses/open/weight", json!(1001), "clauses.open.weight"),
        ("/clauses/open/on", json!(["EndpointConect"]), "clauses.open.on[0]"),
        ("/clauses/open/on", json!([]), "clauses.open.on"),
        ("/clauses/open/on", json!(["evidence(x)"]), "clauses.open.on[0]"),
        ("/clauses/open/where", json!({"endpoint.nam": {"eq": "x"}}), "clauses.open.where.endpoint.nam"),
        ("/clauses/open/where", json!({"endpoint.name": {"eq": 1}}), "clauses.open.where.endpoint.name.eq"),
        ("/clauses/open/where", json!({"endpoint.name": {"lt": 1}}), "clauses.open.where.endpoint.name.lt"),
        ("/clauses/open/where", json!({"endpoint.name": {"is": "x"}}), "clauses.open.where.endpoint.name.is"),
        ("/clauses/open/where", json!({"endpoint.name": {}}), "clauses.open.where.endpoint.name"),
        ("/clauses/open/where", json!({"endpoint.name": {"in": []}}), "clauses.open.where.endpoint.name.in"),
        (
            "/clauses/open/where",
            json!({"endpoint.mechanism": {"eq": "tube"}}),
            "clauses.open.where.endpoint.mechanism.eq",
        ),
        ("/clauses/open/where", json!({"actor.uid": {"list": "unix.shells"}}), "clauses.open.where.actor.uid.list"),
        ("/clauses/open/where", json!({"actor.uid": {"bits_any": 0}}), "clauses.open.where.actor.uid.bits_any"),
        (
            "/clauses/open/where",
            json!({"actor.image": {"list": ["unix.shells", "unix.shels"]}}),
            "clauses.open.where.actor.image.list[1]",
        ),
        (
            "/clauses/open/where",
            json!({"actor.image": {"list": "linux.host_root"}}),
            "clauses.open.where.actor.image.list",
        ),
        (
            "/clauses/open/where",
            json!({"actor.image": {"path_class": "secret"}}),
            "clauses.open.where.actor.image.path_class",
        ),
        (
            "/clauses/open/where",
            json!({"actor.image": {"reference": "com.none"}}),
            "clauses.open.where.actor.image.reference",
        ),
        ("/clauses/open/where", json!({"actor.image": {"has": "access.write"}}), "clauses.open.where.actor.image.has"),
        (
            "/clauses/open/where",
            json!({"actor.image": {"same_as": "actor.uid"}}),
            "clauses.open.where.actor.image.same_as",
        ),
        (
            "/clauses/open/where",
            json!({"actor.image": {"not": {"eq": false}}}),
            "clauses.open.where.actor.image.not.eq",
        ),
        ("/clauses/open/where", json!({"tags": {"has": "access.rite"}}), "clauses.open.where.tags.has"),
        ("/clauses/open/where", json!({"tags": {"eq": "access.write"}}), "clauses.open.where.tags.eq"),
        ("/clauses/open/at", json!(["endpoint.parent"]), "clauses.open.at[0]"),
        ("/clauses/open/at", json!(["somewhere"]), "clauses.open.at[0]"),
        ("/clauses/open/at", json!(["parent.parent.parent.parent.endpoints"]), "clauses.open.at[0]"),
        ("/clauses/open/at", json!(["key(path,file.path)"]), "clauses.open.at[0]"),
        ("/clauses/open/at", json!(["key(pipe,actor.uid)"]), "clauses.open.at[0]"),
        ("/clauses/open/at", json!([]), "clauses.open"),
        ("/clauses/open/bind", json!({"A": "nobody"}), "clauses.open.bind.A"),
        ("/clauses/open/bind", json!({"A B": "actor"}), "clauses.open.bind.A B"),
        ("/clauses/open/count", json!({"distinct": "actor", "min": 5}), "clauses.open.count.min"),
        ("/clauses/open/count", json!({"distinct": "mood", "min": 2}), "clauses.open.count.distinct"),
        ("/require", json!({"all": ["open", "shel"]}), "require.all[1]"),
        ("/require", json!({"some": ["open"]}), "require"),
        ("/require", json!({"k": 3, "of": ["open", "shell"]}), "require.k"),
        ("/require", json!({"any": []}), "require.any"),
        ("/relate", json!([["A", "likes", "S"]]), "relate[0][1]"),
        ("/relate", json!([["A", "not_same", "X"]]), "relate[0][2]"),
        ("/relate", json!([["A", "not_same"]]), "relate[0]"),
        ("/corroborate", json!(["x"]), "corroborate[0]"),
        ("/fallback", json!([{"have": [], "confidence": 1, "cap": "low"}]), "fallback[0].have"),
        ("/fallback", json!([{"have": ["open"], "confidence": 0, "cap": "low"}]), "fallback[0].confidence"),
        ("/fallback", json!([{"have": ["open"], "confidence": 1, "cap": "tall"}]), "fallback[0].cap"),
        ("/exempt", json!([{"element": "Anything", "subject": "A"}]), "exempt[0].element"),
        ("/exempt", json!([{"element": "FIFOAccessPatterns", "subject": "X"}]), "exempt[0].subject"),
        ("/initiator", json!("X"), "initiator"),
    ];
    load(&sound()).unwrap_or_else(|path| panic!("the sound behavior is refused at {path}"));
    for (pointer, broken, path) in cases {
        let mut behavior = sound();
        set(&mut behavior, pointer, broken.clone());
        assert_eq!(load(&behavior).err(), Some(format!("behaviors[0].{path}")), "{pointer} {broken}");
    }
}

/// Loads a catalog of one behavior; the error is its path.
fn load(behavior: &Value) -> Result<Catalog, String> {
    document(&json!({"behaviors": [behavior]}))
}

fn document(json: &Value) -> Result<Catalog, String> {
    from_json(json.to_string().as_bytes()).map_err(|e| e.path)
}

fn set(value: &mut Value, pointer: &str, to: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    value.pointer_mut(parent).expect("a parent")[name] = to;
}

#[test]
fn errors_of_documents_name_their_place() {
    let evidence = |provides: bool| {
        let mut giver = sound();
        giver["provides"] = json!("fifo_opened");
        let mut user = sound();
        (user["id"], user["code"]) = (json!("linux.fifo.user"), json!("L91"));
        user["clauses"]["open"]["on"] = json!(["evidence(fifo_opened)"]);
        if provides {
            user["provides"] = json!("more");
        }
        json!({"behaviors": [giver, user]})
    };
    assert!(document(&evidence(false)).is_ok());
    let entry = |entry: Value| json!({"reference_names": [{"reference": "endpoints", "mechanisms": "fifo", "entries": [entry]}]});
    let cases = [
        (evidence(true), "behaviors[1].provides"),
        (json!({"behaviors": [sound(), sound()]}), "behaviors[1].id"),
        (json!({"behaviours": []}), "behaviours"),
        (json!({"lists": {"unix.x": {"basename": "x"}}}), "lists.unix.x"),
        (json!({"lists": {"unix.x": {"source": "x"}}}), "lists.unix.x"),
        (json!({"lists": {"unix.x": {"basname": "x", "source": "x"}}}), "lists.unix.x.basname"),
        (json!({"lists": {"unix.x": {"token": "x", "source": "x"}}}), "lists.unix.x.token"),
        (json!({"lists": {"unix.x": {"include": "unix.y", "source": "x"}}}), "lists.unix.x.include"),
        (json!({"lists": {"unix.x": {"include": "linux.host_root", "source": "x"}}}), "lists.unix.x.include"),
        (json!({"lists": {"unix.shells": {"scope": "text", "token": "x", "source": "x"}}}), "lists.unix.shells"),
        (json!({"reference_names": [{"reference": "lunch"}]}), "reference_names[0].reference"),
        (entry(json!({"name": "/x"})), "reference_names[0].entries[0]"),
        (entry(json!({"name": "/<what>", "source": "x"})), "reference_names[0].entries[0].name"),
        (entry(json!({"name": "/x", "owners": ["list:no"], "source": "x"})), "reference_names[0].entries[0].owners[0]"),
        (entry(json!({"name": "/x", "known_bad": 0, "source": "x"})), "reference_names[0].entries[0].known_bad"),
    ];
    for (json, path) in cases {
        assert_eq!(document(&json).err().as_deref(), Some(path), "{json}");
    }
    let many: serde_json::Map<String, Value> =
        (0..256).map(|n| (format!("x.{n}"), json!({"exact": "x", "source": "x"}))).collect();
    assert_eq!(document(&json!({"lists": many})).err().as_deref(), Some("lists"));
}

#[test]
fn lists_of_an_embedder_extend_the_builtin_ones() {
    let own = json!({
        "lists": {"unix.shells": {"basename": "nush", "source": "own"}, "unix.own": {"include": "unix.shells", "source": "own"}},
        "reference_names": [{"reference": "endpoints", "mechanisms": ["fifo"], "entries": [{"name": "/own/*", "source": "own"}]}]
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
    let tests: alloc::vec::Vec<&Test> = catalog.behaviors()[0].clauses[1].predicates.iter().map(|p| &p.test).collect();
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
        ("linux.path.memory", "/memfd:x (deleted)", true),
        ("linux.path.memory", "/usr/bin/x (deleted)", true),
        ("mac.path.downloads", "/Users/x/downloads/y", true),
        ("mac.path.user_writable", "/private/tmp/x", true),
        ("reference.com.elevated", "{3e5fc7f9-9a51-4367-9063-a120244fbec7}", true),
        ("reference.com.elevated", r"dllhost.exe /Processid:{3E5FC7F9-9A51-4367-9063-A120244FBEC7}", true),
        ("reference.com.hijack_target", "{3e5fc7f9-9a51-4367-9063-a120244fbec7}", false),
        ("reference.apple_event.critical_target", "system events", true),
        ("reference.apple_event.critical_target", "com.apple.terminal.helper", false),
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
        (Mechanism::UnixPath, "/tmp/dotnet-diagnostic-12-99-socket", Some(12)),
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

#[test]
fn lineage_is_known_where_it_is_fixed() {
    let catalog = builtin();
    let (reference_names, lists) = (catalog.reference_names(), catalog.lists());
    let fits = |image: &[u8], parent: &[u8]| reference_names.parent_fits(image, parent, &lists.of_name(parent));
    assert_eq!(fits(br"C:\Windows\System32\lsass.exe", br"C:\Windows\System32\wininit.exe"), Some(true));
    assert_eq!(fits(br"C:\Windows\System32\lsass.exe", br"C:\Windows\explorer.exe"), Some(false));
    assert_eq!(fits(br"C:\x\tool.exe", br"C:\Windows\explorer.exe"), None);
    let pair = |parent: &[u8], child: &[u8]| {
        reference_names.pair((parent, &lists.of_name(parent)), (child, &lists.of_name(child)))
    };
    let word: &[u8] = br"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE";
    assert_eq!(pair(word, br"C:\Windows\System32\cmd.exe"), Some(Pair::Odd));
    assert_eq!(pair(word, br"C:\Windows\splwow64.exe"), Some(Pair::Usual));
    assert_eq!(pair(word, br"C:\x\tool.exe"), None);
}

#[test]
fn reputations_are_checked() {
    let good = json!({"platform": "mac", "about": "t", "where": {"actor.signing": {"eq": "unsigned"}},
        "confidence": 100, "source": "t"});
    let fault = |member: &str, value: Value| {
        let mut bad = good.clone();
        bad[member] = value;
        let text = json!({"reputations": [good.clone(), bad]}).to_string();
        from_json(text.as_bytes()).unwrap_err().path
    };
    for (member, value, path) in [
        ("platform", json!("beos"), "reputations[1].platform"),
        ("where", json!({}), "reputations[1].where"),
        ("where", json!({"parent.image": {"unknown": true}}), "reputations[1].where"),
        ("where", json!({"actor.signing": {"eq": "sealed"}}), "reputations[1].where.actor.signing.eq"),
        ("confidence", json!(0), "reputations[1].confidence"),
        ("confidence", json!(-501), "reputations[1].confidence"),
        ("weight", json!(1), "reputations[1].weight"),
    ] {
        assert_eq!(fault(member, value), path);
    }
}
