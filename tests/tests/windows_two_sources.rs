//! An action in two logs (Sysmon 1 and Security 4688, System 7045 and Security 4697) is one action with two pieces of
//! evidence. A second record of a known action does not revise an alert.

use ipcsentry::decode::Format;
use ipcsentry::scenario::{self, Telemetry};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_tests::recordings::finish;
use serde_json::{Value, json};

#[test]
fn a_second_log_adds_evidence_and_no_alert() {
    for id in ["win.getsystem.echo_service", "win.remote.service", "win.uac.elevated_com"] {
        let scenario = scenario::all().iter().find(|s| s.id() == id).expect("a scenario of that name");
        let files = scenario.render(Telemetry::Evtx).expect("evtx can show it");
        let records: Vec<Value> = files[0]
            .bytes
            .split(|&b| b == b'\n')
            .filter(|l| !l.is_empty())
            .map(|l| serde_json::from_slice(l).expect("a line is JSON"))
            .collect();
        let both: Vec<Value> = records.iter().flat_map(|r| [Some(r.clone()), counterpart(r)]).flatten().collect();
        assert!(both.len() > records.len(), "{id} has no event that two logs record");
        let (one, two) = (hunt(&records), hunt(&both));
        let findings = |alerts: &[Alert]| alerts.iter().map(|a| (a.code.clone(), a.level)).collect::<Vec<_>>();
        assert_eq!(findings(&one), findings(&two), "{id}");
        let evidence = |alerts: &[Alert]| alerts.iter().map(|a| a.evidence.len()).sum::<usize>();
        assert!(evidence(&two) > evidence(&one), "{id}: {} pieces of evidence", evidence(&two));
    }
}

/// The same action in the Security log, some milliseconds later.
fn counterpart(record: &Value) -> Option<Value> {
    let (system, data) = (&record["Event"]["System"], &record["Event"]["EventData"]);
    let mut counterpart = record.clone();
    let (code, details) = match (system["Channel"].as_str()?, system["EventID"].as_u64()?) {
        ("Microsoft-Windows-Sysmon/Operational", 1) => {
            let (domain, user) = data["User"].as_str()?.split_once('\\')?;
            let level = match data["IntegrityLevel"].as_str()? {
                "Medium" => "S-1-16-8192",
                "High" => "S-1-16-12288",
                _ => "S-1-16-16384",
            };
            let hex = |value: &Value| value.as_u64().map(|n| format!("{n:#x}"));
            // The subject created it, and it runs as the target.
            let (from, creator) = data["ParentUser"].as_str().and_then(|u| u.split_once('\\')).unwrap_or(("-", "-"));
            let details = json!({
                "SubjectDomainName": from, "SubjectUserName": creator,
                "TargetDomainName": domain, "TargetUserName": user, "TargetLogonId": data["LogonId"],
                "NewProcessId": hex(&data["ProcessId"]), "NewProcessName": data["Image"],
                "ProcessId": hex(&data["ParentProcessId"]), "ParentProcessName": data["ParentImage"],
                "CommandLine": data["CommandLine"], "MandatoryLabel": level,
            });
            (4688, details)
        }
        ("System", 7045) => (
            4697,
            json!({
                "ServiceName": data["ServiceName"], "ServiceFileName": data["ImagePath"],
                "SubjectUserName": "x", "SubjectLogonId": "0x1",
            }),
        ),
        _ => return None,
    };
    let time = system["TimeCreated"]["#attributes"]["SystemTime"].as_str()?;
    counterpart["Event"]["System"] = json!({
        "Provider": {"#attributes": {"Name": "Microsoft-Windows-Security-Auditing"}},
        "EventID": code,
        "TimeCreated": {"#attributes": {"SystemTime": time}},
        "EventRecordID": system["EventRecordID"].as_u64()? + 50_000,
        "Channel": "Security",
        "Computer": system["Computer"],
    });
    counterpart["Event"]["EventData"] = details;
    Some(counterpart)
}

/// The last revision of each alert.
fn hunt(records: &[Value]) -> Vec<Alert> {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let stream = engine.open_stream(StreamOptions::new(Format::EvtxJson));
    for record in records {
        engine.feed_bytes(stream, format!("{record}\n").as_bytes());
    }
    engine.close_stream(stream);
    finish(&mut engine)
}
