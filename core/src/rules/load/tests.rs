use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::{CatalogError, load_builtin, only as from_json};
use crate::event::{KindTag, Mechanism, Os};
use crate::rules::{AnchorPath, Base, Catalog, Pair, Predicate, ReferenceId, Test};

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
        "id": "linux.fifo.example", "code": "L90", "techniques": ["T1559"], "severity": "high",
        "title": "An example", "explanation": ["{A} opened", "{ipc}"], "sources": ["nowhere"],
        "anchor": "endpoint", "window": "10s",
        "clauses": {
            "open": {"ipc": "endpoint_connect", "where": "endpoint.mechanism == fifo", "bind": "A", "weight": 400},
            "shell": {
                "execution": "process_start", "at": "job.endpoints", "bind": "S",
                "where": "actor.command_line in linux.host_root and not tags has process.injected and actor.uid == 0"
            }
        },
        "require": "open and shell"
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
        ("/severity", json!("severe"), "severity"),
        ("/extra", json!(1), "extra"),
        ("/explanation", json!("{B} did it"), "explanation"),
        ("/explanation", json!("{A did it"), "explanation"),
        ("/sources", json!([""]), "sources[0]"),
        ("/note", json!([1]), "note[0]"),
        ("/anchor", json!("pipe"), "anchor"),
        ("/anchor", json!("process"), "clauses.shell.at"),
        ("/anchor", json!("key:path"), "clauses.open"),
        ("/anchor", json!("key:stone"), "anchor"),
        ("/window", json!("10 s"), "window"),
        ("/window", json!("0s"), "window"),
        ("/memory", json!("eternal"), "memory"),
        ("/clauses", json!({}), "clauses"),
        ("/clauses/open/effect", json!("process_start"), "clauses.open"),
        ("/clauses/open/weigth", json!(1), "clauses.open.weigth"),
        ("/clauses/open/weight", json!(1001), "clauses.open.weight"),
        ("/clauses/open/weight", json!(0.5), "clauses.open.weight"),
        ("/clauses/open/why", json!(1), "clauses.open.why"),
        ("/clauses/open/ipc", json!(["EndpointConect"]), "clauses.open.ipc[0]"),
        ("/clauses/open/ipc", json!([]), "clauses.open.ipc"),
        ("/clauses/open/ipc", json!("evidence(x)"), "clauses.open.ipc"),
        ("/clauses/open/where", json!({"endpoint.name": {"eq": "x"}}), "clauses.open.where"),
        ("/clauses/open/where", json!(["tags has access.write", "and tags has"]), "clauses.open.where[1]"),
        ("/clauses/open/at", json!(["endpoint.parent"]), "clauses.open.at[0]"),
        ("/clauses/open/at", json!(["somewhere"]), "clauses.open.at[0]"),
        ("/clauses/open/at", json!(["parent.parent.parent.parent.endpoints"]), "clauses.open.at[0]"),
        ("/clauses/open/at", json!("key(path,file.path)"), "clauses.open.at"),
        ("/clauses/open/at", json!(["key(pipe,actor.uid)"]), "clauses.open.at[0]"),
        ("/clauses/open/at", json!([]), "clauses.open"),
        ("/clauses/open/bind", json!({"A": "nobody"}), "clauses.open.bind.A"),
        ("/clauses/open/bind", json!({"A B": "actor"}), "clauses.open.bind.A B"),
        ("/clauses/open/bind", json!(["A", 1]), "clauses.open.bind[1]"),
        ("/clauses/open/count", json!({"distinct": "actor", "min": 5}), "clauses.open.count.min"),
        ("/clauses/open/count", json!({"distinct": "mood", "min": 2}), "clauses.open.count.distinct"),
        ("/clauses/open/after", json!("shel"), "clauses.open.after"),
        ("/require", json!("open and shel"), "require"),
        ("/require", json!("open shell"), "require"),
        ("/require", json!("open and (shell"), "require"),
        ("/require", json!("(open, shell)"), "require"),
        ("/require", json!("3 of (open, shell)"), "require"),
        ("/require", json!("2 of open"), "require"),
        ("/require", json!("absent (open)"), "require"),
        ("/require", json!("("), "require"),
        ("/require", json!("(".repeat(99)), "require"),
        ("/require", json!(""), "require"),
        ("/relate", json!([["A", "likes", "S"]]), "relate[0][1]"),
        ("/relate", json!([["A", "not_same", "X"]]), "relate[0][2]"),
        ("/relate", json!([["A", "not_same"]]), "relate[0]"),
        ("/corroborate", json!(["x"]), "corroborate[0]"),
        ("/fallback", json!([{"have": [], "confidence": 1, "cap": "low"}]), "fallback[0].have"),
        ("/fallback", json!([{"have": "open", "confidence": 0, "cap": "low"}]), "fallback[0].confidence"),
        ("/fallback", json!([{"have": "open", "confidence": 1, "cap": "tall"}]), "fallback[0].cap"),
        ("/exempt", json!({"Anything": "A"}), "exempt.Anything"),
        ("/exempt", json!({"FIFOAccessPatterns": "X"}), "exempt.FIFOAccessPatterns"),
        ("/initiator", json!("X"), "initiator"),
    ];
    load(&sound()).unwrap_or_else(|path| panic!("the sound behavior is refused at {path}"));
    for (pointer, broken, path) in cases {
        let mut behavior = sound();
        set(&mut behavior, pointer, broken.clone());
        assert_eq!(load(&behavior).err(), Some(format!("behaviors[0].{path}")), "{pointer} {broken}");
    }
}

/// A catalog of the sound behavior with another condition at its first clause.
fn with_condition(condition: &str) -> Result<Catalog, CatalogError> {
    let mut behavior = sound();
    behavior["clauses"]["open"]["where"] = json!("CONDITION");
    let text = json!({"behaviors": [behavior]}).to_string().replace("CONDITION", condition);
    from_json(text.as_bytes())
}

#[test]
fn errors_of_conditions_name_the_column_and_what_may_be_meant() {
    // Each: a condition, what stands at the place of the error, and a part of what is said.
    let cases = [
        ("endpoint.nam == 'x'", "endpoint.nam", "did you mean `endpoint.name`?"),
        ("tagz has access.write", "tagz", "did you mean `tags`?"),
        ("endpoint.name is 'x'", "'x'", "unknown, known, rare, common"),
        ("endpoint.name is rarely", "rarely", "did you mean `rare`?"),
        ("actor.image is rare", "rare", "only `endpoint.name`"),
        ("endpoint.name contain 'x'", "contain ", "did you mean `contains`?"),
        ("endpoint.name < 3", "< 3", "the field is a text; what fits: `==`"),
        ("endpoint.name == 3", "3", "the field is a text"),
        ("endpoint.name == x", "x", "single quotes"),
        ("endpoint.name == actor.uid", "actor.uid", "`actor.uid` is a number"),
        ("endpoint.name in []", "]", "a value should stand"),
        ("endpoint.name in ['x' 'y']", "'y'", "`,` or `]`"),
        ("endpoint.name in", "", "a value should stand"),
        ("endpoint.name == ''", "''", "is empty"),
        ("endpoint.name fits '<what>'", "'<what>'", "is no piece of a template"),
        ("endpoint.mechanism == fife", "fife", "did you mean `fifo`?"),
        ("actor.uid in unix.shells", "unix.shells", "the field is a number"),
        ("actor.uid has 0", "0", "a mask"),
        ("actor.uid <= 9223372036854775807", "9223372036854775807", "too large"),
        ("actor.image in [unix.shells, unix.shels]", "unix.shels]", "did you mean `unix.shells`?"),
        ("actor.image in linux.host_root", "linux.host_root", "about command lines"),
        ("image.signed == 'true'", "'true'", "true or false"),
        ("tags has access.rite", "access.rite", "did you mean `access.write`?"),
        ("tags == access.write", "== ", "the set of tags; what fits: `has`"),
        ("tags has access.write and", "", "a field or a condition's name"),
        ("tags has access.write or and", "and", "a field or a condition's name"),
        ("tags has access.write tags has access.write", "tags has access.write\"", "`and`, `or` or the end"),
        ("not (tags has access.write", "", "`and`, `or` or `)`"),
        ("(((((((((((((((((tags has access.write", "(tags", "nest more than 16 deep"),
        ("é == 1", "é", "means nothing"),
        ("endpoint.name == 'x\\\\y' && 1", "&&", "write `and`"),
        ("unlisted_fifu", "unlisted_fifu", "did you mean `unlisted_fifo`?"),
    ];
    for (condition, place, part) in cases {
        let error = with_condition(condition).expect_err(condition);
        let at = condition.find(place.trim_end_matches('"')).filter(|_| !place.is_empty()).unwrap_or(condition.len());
        let at = if place.ends_with('"') { condition.rfind("tags").expect("the last") } else { at };
        let before = json!({"behaviors": [sound()]}).to_string();
        let start = before.find("endpoint.mechanism == fifo").expect("the condition");
        let column = start + condition[..at].chars().count() + 1;
        assert_eq!((error.line, error.column as usize), (1, column), "{condition}: {error}");
        assert!(error.what.starts_with("behavior L90, clause open: where: "), "{error}");
        assert!(error.what.contains(part), "{condition}: {error}");
    }
    let many = vec!["actor.uid == 1"; 65].join(" and ");
    assert!(with_condition(&many).expect_err("too many").what.contains("more than 64 tests"));
}

/// The tests of the sound behavior's first clause with another condition.
fn compiled(condition: &str) -> String {
    let mut behavior = sound();
    behavior["clauses"]["open"]["where"] = json!(condition);
    // Every field is of some kind of event.
    behavior["clauses"]["open"]["ipc"] = KindTag::ALL.iter().map(|kind| kind.name()).collect();
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
fn conditions_have_names_and_build_on_one_another() {
    let fault = |conditions: Value| {
        let text = json!({"conditions": {"linux": conditions}}).to_string();
        from_json(text.as_bytes()).expect_err("a fault").to_string()
    };
    let good = json!({"conditions": {"linux": {"own_a": "tags has access.write", "own_b": {"where": ["own_a or", "not own_a"]}}}});
    assert!(from_json(good.to_string().as_bytes()).is_ok());
    for (conditions, part) in [
        (json!({"own_b": "own_a", "own_c": "actor.uid == 1"}), "condition own_b: `own_a` is no field"),
        (json!({"Own": "actor.uid == 1"}), "condition Own: the name"),
        (json!({"tags": "actor.uid == 1"}), "condition tags: the name"),
        (json!({"unlisted_fifo": "actor.uid == 1"}), "is taken"),
        (json!({"own": {"when": "actor.uid == 1"}}), "did you mean `where`?"),
    ] {
        let what = fault(conditions);
        assert!(what.contains(part), "{what}");
    }
    let linux_only = json!({"conditions": {"beos": {}}}).to_string();
    assert!(from_json(linux_only.as_bytes()).expect_err("a fault").what.contains("`beos` is no platform"));
    let twice: Vec<String> = (1..20).map(|n| format!("\"d{n}\": \"d{} or d{}\"", n - 1, n - 1)).collect();
    let text = format!("{{\"conditions\": {{\"linux\": {{\"d0\": \"actor.uid == 1\", {}}}}}}}", twice.join(", "));
    assert!(from_json(text.as_bytes()).expect_err("too many").what.contains("more than 64 tests"));
}

#[test]
fn what_is_not_said_is_the_obvious() {
    let catalog = load(&sound()).expect("a catalog");
    let behavior = &catalog.behaviors()[0];
    assert_eq!(behavior.initiator, [0]);
    assert_eq!(behavior.clauses[0].at, [AnchorPath::Walk(Base::Endpoint, Vec::new())]);
    assert_eq!(behavior.clauses[1].weight, 300);
    assert_eq!(behavior.explanation, "{A} opened {ipc}");
}

#[test]
fn errors_of_files_name_the_file_the_behavior_and_the_clause() {
    let text = "// mine\n{\n  \"behaviors\": [{\n    \"code\": \"L90\", \"id\": \"linux.a.b\", \"anchor\": \"process\",\n    \"clauses\": {\n      // é\n      \"run\": {\"execution\": \"process_start\", \"weight\": \"x\"},\n    },\n  }],\n}";
    let error = from_json(text.as_bytes()).expect_err("a fault").in_file("own.jsonc");
    let expected = "own.jsonc:7:55: behavior L90, clause run: weight: should be a whole number, is a text";
    assert_eq!(error.to_string(), expected);
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
        user["clauses"]["open"]["ipc"] = json!("evidence(fifo_opened)");
        if provides {
            user["provides"] = json!("more");
        }
        json!({"behaviors": [giver, user]})
    };
    assert!(document(&evidence(false)).is_ok());
    let good = |name: Value| json!({"known_good": [{"mechanisms": "fifo", "names": [name]}]});
    let bad = |name: Value| json!({"known_bad": [{"mechanisms": "fifo", "names": [name]}]});
    let cases = [
        (evidence(true), "behaviors[1].provides"),
        (json!({"behaviors": [sound(), sound()]}), "behaviors[1].id"),
        (json!({"behavior": []}), "behavior"),
        (json!({"lists": {"unix.x": {"basename": "x"}}}), "lists.unix.x"),
        (json!({"lists": {"unix.x": {"source": "x"}}}), "lists.unix.x"),
        (json!({"lists": {"unix.x": {"basname": "x", "source": "x"}}}), "lists.unix.x.basname"),
        (json!({"lists": {"unix.x": {"token": "x", "source": "x"}}}), "lists.unix.x.token"),
        (json!({"lists": {"unix.x": {"include": "unix.y", "source": "x"}}}), "lists.unix.x.include"),
        (json!({"lists": {"unix.x": {"include": "linux.host_root", "source": "x"}}}), "lists.unix.x.include"),
        (json!({"lists": {"unix.shells": {"scope": "text", "token": "x", "source": "x"}}}), "lists.unix.shells"),
        (json!({"lists": {"unix.x": {"entries": [{"exact": "x"}]}}}), "lists.unix.x.entries[0]"),
        (json!({"lists": {"unix.x": {"entries": [{"source": "x"}]}}}), "lists.unix.x.entries[0]"),
        (json!({"known_good": [{"mechanisms": "lunch", "names": []}]}), "known_good[0].mechanisms"),
        (good(json!({"name": "/x"})), "known_good[0].names[0]"),
        (good(json!({"name": "/<what>", "source": "x"})), "known_good[0].names[0].name"),
        (good(json!({"name": "/x", "owners": ["list:no"], "source": "x"})), "known_good[0].names[0].owners[0]"),
        (good(json!({"name": "/x", "confidence": 900, "source": "x"})), "known_good[0].names[0].confidence"),
        (bad(json!({"name": "/x", "confidence": 0, "source": "x"})), "known_bad[0].names[0].confidence"),
        (bad(json!({"name": "/x", "source": "x"})), "known_bad[0].names[0]"),
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
        ("linux.path.memory", "/memfd:x (deleted)", true),
        ("linux.path.memory", "/usr/bin/x (deleted)", true),
        ("mac.path.downloads", "/Users/x/downloads/y", true),
        ("mac.path.user_writable", "/private/tmp/x", true),
        ("com.elevated", "{3e5fc7f9-9a51-4367-9063-a120244fbec7}", true),
        ("com.elevated", r"dllhost.exe /Processid:{3E5FC7F9-9A51-4367-9063-A120244FBEC7}", true),
        ("com.hijack_target", "{3e5fc7f9-9a51-4367-9063-a120244fbec7}", false),
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
    let good = json!({"about": "t", "where": "actor.signing == unsigned", "confidence": 100, "source": "t"});
    for (member, value, path) in [
        ("where", json!(""), "where"),
        ("where", json!("parent.image is unknown"), "where"),
        ("where", json!("actor.uid == 1 or parent.uid == 1"), "where"),
        ("where", json!("actor.signing == sealed"), "where"),
        ("confidence", json!(0), "confidence"),
        ("confidence", json!(-501), "confidence"),
        ("weight", json!(1), "weight"),
    ] {
        let mut bad = good.clone();
        bad[member] = value;
        let text = json!({"reputations": {"macos": [good.clone(), bad]}}).to_string();
        let expected = format!("reputations.macos[1].{path}");
        assert_eq!(from_json(text.as_bytes()).expect_err("a fault").path, expected);
    }
}
