use alloc::format;
use alloc::string::{String, ToString};

use serde_json::{Value, json};

use super::{from_json, load_builtin};
use crate::catalogue::{Catalogue, EntryId, Pair, Test};
use crate::event::{KindTag, Mechanism, Os};

fn builtin() -> Catalogue {
    load_builtin().unwrap_or_else(|fault| panic!("{}: {}", fault.path, fault.what))
}

#[test]
fn the_builtin_catalogue_loads() {
    let catalogue = builtin();
    for code in ["W02", "W16", "L01", "L05", "M05", "M09"] {
        assert!(catalogue.behaviours().iter().any(|b| b.code == code), "{code}");
    }
    let looks_at = |kind| !catalogue.sieves(Os::Linux, kind).is_empty();
    assert!(looks_at(KindTag::NetworkConnect));
    assert!(!looks_at(KindTag::AppleEvent));
}

/// A behaviour in which nothing is wrong.
fn sound() -> Value {
    json!({
        "id": "linux.fifo.example", "code": "L90", "analytic": "AN1358", "techniques": ["T1559"], "severity": "high",
        "title": "An example", "explanation": "{A} opened {ipc}", "sources": ["nowhere"],
        "anchor": "endpoint", "window": "10s",
        "clauses": {
            "open": {
                "role": "ipc", "on": ["EndpointConnect"], "where": {"endpoint.mechanism": {"eq": "fifo"}},
                "at": ["endpoint"], "bind": {"A": "actor"}, "weight": 400
            },
            "shell": {
                "role": "execution", "on": ["ProcessStart"],
                "where": {"actor.command_line": {"term": "linux.host_root"}, "tags": {"not": {"has": "process.injected"}},
                          "actor.uid": {"eq": 0}},
                "at": ["job.endpoints"], "bind": {"S": "actor"}, "weight": 400
            }
        },
        "require": {"all": ["open", "shell"]}, "initiator": ["A", "S"]
    })
}

#[test]
fn errors_name_their_place() {
    // Each: where the behaviour is broken (a JSON pointer), with what, and the path the error names.
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
        ("/clauses/open/where", json!({"actor.uid": {"term": "unix.shells"}}), "clauses.open.where.actor.uid.term"),
        ("/clauses/open/where", json!({"actor.uid": {"bits_any": 0}}), "clauses.open.where.actor.uid.bits_any"),
        (
            "/clauses/open/where",
            json!({"actor.image": {"term": ["unix.shells", "unix.shels"]}}),
            "clauses.open.where.actor.image.term[1]",
        ),
        (
            "/clauses/open/where",
            json!({"actor.image": {"term": "linux.host_root"}}),
            "clauses.open.where.actor.image.term",
        ),
        (
            "/clauses/open/where",
            json!({"actor.image": {"path_class": "secret"}}),
            "clauses.open.where.actor.image.path_class",
        ),
        ("/clauses/open/where", json!({"actor.image": {"fact": "com.none"}}), "clauses.open.where.actor.image.fact"),
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
        ("/solo", json!([{"have": [], "confidence": 1, "cap": "low"}]), "solo[0].have"),
        ("/solo", json!([{"have": ["open"], "confidence": 0, "cap": "low"}]), "solo[0].confidence"),
        ("/solo", json!([{"have": ["open"], "confidence": 1, "cap": "tall"}]), "solo[0].cap"),
        ("/exempt", json!([{"element": "Anything", "subject": "A"}]), "exempt[0].element"),
        ("/exempt", json!([{"element": "FIFOAccessPatterns", "subject": "X"}]), "exempt[0].subject"),
        ("/initiator", json!("X"), "initiator"),
    ];
    load(&sound()).unwrap_or_else(|path| panic!("the sound behaviour is refused at {path}"));
    for (pointer, broken, path) in cases {
        let mut behaviour = sound();
        set(&mut behaviour, pointer, broken.clone());
        assert_eq!(load(&behaviour).err(), Some(format!("behaviours[0].{path}")), "{pointer} {broken}");
    }
}

/// Loads a catalogue of one behaviour; the error is its path.
fn load(behaviour: &Value) -> Result<Catalogue, String> {
    document(&json!({"behaviours": [behaviour]}))
}

fn document(json: &Value) -> Result<Catalogue, String> {
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
        json!({"behaviours": [giver, user]})
    };
    assert!(document(&evidence(false)).is_ok());
    let entry = |entry: Value| json!({"baselines": [{"pack": "endpoints", "mechanisms": "fifo", "entries": [entry]}]});
    let cases = [
        (evidence(true), "behaviours[1].provides"),
        (json!({"behaviours": [sound(), sound()]}), "behaviours[1].id"),
        (json!({"behaviors": []}), "behaviors"),
        (json!({"terms": {"unix.x": {"basename": "x"}}}), "terms.unix.x"),
        (json!({"terms": {"unix.x": {"source": "x"}}}), "terms.unix.x"),
        (json!({"terms": {"unix.x": {"basname": "x", "source": "x"}}}), "terms.unix.x.basname"),
        (json!({"terms": {"unix.x": {"token": "x", "source": "x"}}}), "terms.unix.x.token"),
        (json!({"terms": {"unix.x": {"include": "unix.y", "source": "x"}}}), "terms.unix.x.include"),
        (json!({"terms": {"unix.x": {"include": "linux.host_root", "source": "x"}}}), "terms.unix.x.include"),
        (json!({"terms": {"unix.shells": {"scope": "text", "token": "x", "source": "x"}}}), "terms.unix.shells"),
        (json!({"baselines": [{"pack": "lunch"}]}), "baselines[0].pack"),
        (entry(json!({"name": "/x"})), "baselines[0].entries[0]"),
        (entry(json!({"name": "/<what>", "source": "x"})), "baselines[0].entries[0].name"),
        (entry(json!({"name": "/x", "owners": ["term:no"], "source": "x"})), "baselines[0].entries[0].owners[0]"),
        (entry(json!({"name": "/x", "known_bad": 0, "source": "x"})), "baselines[0].entries[0].known_bad"),
    ];
    for (json, path) in cases {
        assert_eq!(document(&json).err().as_deref(), Some(path), "{json}");
    }
    let many: serde_json::Map<String, Value> =
        (0..256).map(|n| (format!("x.{n}"), json!({"exact": "x", "source": "x"}))).collect();
    assert_eq!(document(&json!({"terms": many})).err().as_deref(), Some("terms"));
}

#[test]
fn terms_of_an_embedder_extend_the_builtin_ones() {
    let own = json!({
        "terms": {"unix.shells": {"basename": "nush", "source": "own"}, "unix.own": {"include": "unix.shells", "source": "own"}},
        "baselines": [{"pack": "endpoints", "mechanisms": ["fifo"], "entries": [{"name": "/own/*", "source": "own"}]}]
    });
    let catalogue = document(&own).expect("a catalogue");
    let bits = catalogue.terms().of_name(b"/usr/bin/nush");
    assert!(
        ["unix.shells", "unix.own", "unix.command_runners"]
            .iter()
            .all(|name| catalogue.terms().id(name).is_some_and(|id| bits.has(id)))
    );
    assert!(catalogue.knowledge().entry(Mechanism::Fifo, b"/own/x").is_some());
    assert_eq!(catalogue.behaviours().len(), builtin().behaviours().len());
}

#[test]
fn cheap_predicates_come_first() {
    let catalogue = load(&sound()).expect("a catalogue");
    let tests: alloc::vec::Vec<&Test> =
        catalogue.behaviours()[0].clauses[1].predicates.iter().map(|p| &p.test).collect();
    assert!(matches!(tests[..], [Test::Not(_), Test::NumberIn(_), Test::Term(_)]), "{tests:?}");
}

#[test]
fn terms_match_as_their_platform_compares() {
    let catalogue = builtin();
    let terms = catalogue.terms();
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
        ("fact.com.elevated", "{3e5fc7f9-9a51-4367-9063-a120244fbec7}", true),
        ("fact.com.elevated", r"dllhost.exe /Processid:{3E5FC7F9-9A51-4367-9063-A120244FBEC7}", true),
        ("fact.com.hijack_target", "{3e5fc7f9-9a51-4367-9063-a120244fbec7}", false),
        ("fact.apple_event.critical_target", "system events", true),
        ("fact.apple_event.critical_target", "com.apple.terminal.helper", false),
    ];
    for (term, text, expected) in cases {
        let id = terms.id(term).unwrap_or_else(|| panic!("no term {term}"));
        assert_eq!(terms.of_name(text.as_bytes()).has(id), expected, "of_name {term} {text}");
        assert_eq!(terms.matches(id, text.as_bytes()), expected, "matches {term} {text}");
    }
}

#[test]
fn terms_about_texts_are_matched_on_demand_only() {
    let catalogue = document(&json!({"terms": {"linux.t": {
        "scope": "text", "token": ["-i", "--x=*"], "contains": [["exec", "5<>"], "dd of=/proc/"], "source": "test"
    }}}));
    let catalogue = catalogue.expect("a catalogue");
    let (terms, id) = (catalogue.terms(), catalogue.terms().id("linux.t").expect("the term"));
    assert!(terms.is_text(id));
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
        assert_eq!(terms.matches(id, text.as_bytes()), expected, "{text}");
        assert!(!terms.of_name(text.as_bytes()).has(id));
    }
}

fn entry(catalogue: &Catalogue, mechanism: Mechanism, name: &str) -> EntryId {
    let entry = catalogue.knowledge().entry(mechanism, name.as_bytes());
    entry.unwrap_or_else(|| panic!("{name} is in no baseline"))
}

#[test]
fn pipe_names_are_known_under_every_prefix_and_alias() {
    let catalogue = builtin();
    let lsass = entry(&catalogue, Mechanism::NamedPipe, "lsass");
    for name in [r"\lsass", r"\\.\pipe\LSASS", r"\Device\NamedPipe\samr", r"\??\pipe\netlogon", r"\\HOST\pipe\lsarpc"] {
        assert_eq!(entry(&catalogue, Mechanism::NamedPipe, name), lsass, "{name}");
    }
    assert_eq!(catalogue.knowledge().entry(Mechanism::Fifo, b"lsass"), None);
}

#[test]
fn owners_of_pipes_are_told_by_their_path() {
    let catalogue = builtin();
    let (knowledge, terms) = (catalogue.knowledge(), catalogue.terms());
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
        let entry = entry(&catalogue, Mechanism::NamedPipe, name);
        let bits = terms.of_name(image.as_bytes());
        assert_eq!(knowledge.owner_fits(entry, image.as_bytes(), &bits), fits, "{name} {image}");
        assert_eq!(knowledge.is_reserved(entry), reserved, "{name}");
    }
}

#[test]
fn names_state_their_creator() {
    let catalogue = builtin();
    let knowledge = catalogue.knowledge();
    let cases = [
        (Mechanism::NamedPipe, r"\mojo.5688.8052.123", Some(5688)),
        (Mechanism::NamedPipe, r"\Winsock2\CatalogChangeListener-2A4-0", Some(0x2a4)),
        (Mechanism::NamedPipe, "crashpad_77_ABCDEFGHIJKLMNOP", Some(77)),
        (Mechanism::NamedPipe, "lsass", None),
        (Mechanism::UnixPath, "/tmp/.java_pid4711", Some(4711)),
        (Mechanism::UnixPath, "/tmp/dotnet-diagnostic-12-99-socket", Some(12)),
    ];
    for (mechanism, name, pid) in cases {
        let entry = entry(&catalogue, mechanism, name);
        assert_eq!(knowledge.stated_pid(entry, name.as_bytes()), pid, "{name}");
    }
    let name = "PSHost.133.47.DefaultAppDomain.PowerShell";
    let entry = entry(&catalogue, Mechanism::NamedPipe, name);
    let is_forged = |pid, image: &[u8]| knowledge.is_forged(entry, name.as_bytes(), pid, image);
    assert!(!is_forged(Some(47), br"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"));
    assert!(is_forged(Some(47), br"C:\Windows\notepad.exe"));
    assert!(is_forged(Some(48), br"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"));
}

#[test]
fn known_bad_names_keep_their_confidence_and_the_most_specific_entry_wins() {
    let catalogue = builtin();
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
        let entry = entry(&catalogue, Mechanism::NamedPipe, name);
        assert_eq!(catalogue.knowledge().known_bad(entry), confidence, "{name}");
    }
    assert_eq!(catalogue.knowledge().entry(Mechanism::NamedPipe, b"rtcpef"), None);
}

#[test]
fn sockets_know_their_clients_and_what_they_are_worth() {
    let catalogue = builtin();
    let (knowledge, terms) = (catalogue.knowledge(), catalogue.terms());
    let docker = entry(&catalogue, Mechanism::UnixPath, "/var/run/docker.sock");
    assert_eq!(docker, entry(&catalogue, Mechanism::UnixPath, "/run/docker.sock"));
    assert!(knowledge.is_root_equivalent(docker));
    for (image, fits) in [("/usr/bin/docker", true), ("/usr/bin/curl", false), ("/tmp/docker", false)] {
        assert_eq!(knowledge.client_fits(docker, image.as_bytes(), &terms.of_name(image.as_bytes())), fits, "{image}");
    }
    let incus = entry(&catalogue, Mechanism::UnixPath, "/run/incus/unix.socket");
    for (image, fits) in [("/opt/incus/bin/incusd", true), ("/tmp/incusd", false), ("/dev/shm/incusd", false)] {
        assert_eq!(knowledge.owner_fits(incus, image.as_bytes(), &terms.of_name(image.as_bytes())), fits, "{image}");
    }
    let log = entry(&catalogue, Mechanism::UnixPath, "/dev/log");
    assert!(!knowledge.is_root_equivalent(log));
    assert!(knowledge.client_fits(log, b"/any", &terms.of_name(b"/any")));
    assert!(knowledge.is_root_equivalent(entry(&catalogue, Mechanism::UnixAbstract, "@/containerd-shim/x.sock")));
    assert_eq!(knowledge.entry(Mechanism::UnixPath, b"/tmp/anything"), None);
}

#[test]
fn what_was_not_verified_stays_marked() {
    let catalogue = builtin();
    let knowledge = catalogue.knowledge();
    assert!(knowledge.is_verified(entry(&catalogue, Mechanism::NamedPipe, "lsass")));
    assert!(!knowledge.is_verified(entry(&catalogue, Mechanism::UnixPath, "/run/incus/unix.socket")));
    assert!(!knowledge.is_verified(entry(&catalogue, Mechanism::MachService, "com.apple.tccd")));
    assert!(knowledge.is_verified(entry(&catalogue, Mechanism::MachService, "com.apple.powerd")));
}

#[test]
fn lineage_is_known_where_it_is_fixed() {
    let catalogue = builtin();
    let (knowledge, terms) = (catalogue.knowledge(), catalogue.terms());
    let fits = |image: &[u8], parent: &[u8]| knowledge.parent_fits(image, parent, &terms.of_name(parent));
    assert_eq!(fits(br"C:\Windows\System32\lsass.exe", br"C:\Windows\System32\wininit.exe"), Some(true));
    assert_eq!(fits(br"C:\Windows\System32\lsass.exe", br"C:\Windows\explorer.exe"), Some(false));
    assert_eq!(fits(br"C:\x\tool.exe", br"C:\Windows\explorer.exe"), None);
    let pair =
        |parent: &[u8], child: &[u8]| knowledge.pair((parent, &terms.of_name(parent)), (child, &terms.of_name(child)));
    let word: &[u8] = br"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE";
    assert_eq!(pair(word, br"C:\Windows\System32\cmd.exe"), Some(Pair::Odd));
    assert_eq!(pair(word, br"C:\Windows\splwow64.exe"), Some(Pair::Usual));
    assert_eq!(pair(word, br"C:\x\tool.exe"), None);
}

#[test]
fn standings_are_checked() {
    let good = json!({"platform": "mac", "about": "t", "where": {"actor.signing": {"eq": "unsigned"}},
        "confidence": 100, "source": "t"});
    let fault = |member: &str, value: Value| {
        let mut bad = good.clone();
        bad[member] = value;
        let text = json!({"standings": [good.clone(), bad]}).to_string();
        from_json(text.as_bytes()).unwrap_err().path
    };
    for (member, value, path) in [
        ("platform", json!("beos"), "standings[1].platform"),
        ("where", json!({}), "standings[1].where"),
        ("where", json!({"parent.image": {"unknown": true}}), "standings[1].where"),
        ("where", json!({"actor.signing": {"eq": "sealed"}}), "standings[1].where.actor.signing.eq"),
        ("confidence", json!(0), "standings[1].confidence"),
        ("confidence", json!(-501), "standings[1].confidence"),
        ("weight", json!(1), "standings[1].weight"),
    ] {
        assert_eq!(fault(member, value), path);
    }
}
