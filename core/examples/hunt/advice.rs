//! Which telemetry to collect when an input held no event that a behavior reads.

use ipcsentry::decode::Format;
use ipcsentry::engine::FormatCount;

/// Columns: platform, kind of event, number of behaviors that use it, records it is read from. A test generates the
/// file from the catalog.
const COLLECT: &str = include_str!("collect.tsv");
/// Most kinds of events that are listed for a platform.
const KINDS: usize = 5;
/// Most sensors that are listed for a kind.
const SENSORS: usize = 6;

/// Advice for each platform that has one of these formats, as lines.
pub(crate) fn of<'f>(formats: impl Iterator<Item = &'f FormatCount>) -> Vec<String> {
    let mut platforms: Vec<&str> = formats.flat_map(|format| platforms(format.format)).copied().collect();
    platforms.sort_unstable();
    platforms.dedup();
    platforms.into_iter().flat_map(advice).collect()
}

const fn platforms(format: Format) -> &'static [&'static str] {
    match format {
        Format::EvtxJson
        | Format::WindowsFlatJson
        | Format::MaxPatrolJson
        | Format::WindowsText
        | Format::SentinelJson
        | Format::VelociraptorJson
        | Format::EvtxEcmdJson
        | Format::GetWinEventJson
        | Format::ChainsawJson
        | Format::HayabusaJson => &["Windows"],
        Format::Auditd
        | Format::LaurelJson
        | Format::AuomsJson
        | Format::TetragonJson
        | Format::KunaiJson
        | Format::FalcoJson => &["Linux"],
        Format::EsloggerJson
        | Format::UnifiedLogJson
        | Format::UnifiedLogText
        | Format::JamfJson
        | Format::SantaJson
        | Format::SantaLog => &["macOS"],
        Format::WindowsXml => &["Windows", "Linux"],
        Format::OsqueryJson => &["Linux", "macOS"],
        _ => &["Windows", "Linux", "macOS"],
    }
}

fn advice(platform: &str) -> Vec<String> {
    let mut lines =
        vec![format!("collect instead what behaviors of {platform} need most (core/docs/behaviors.md has all):")];
    let rows = COLLECT.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    for row in rows.filter(|row| row.first() == Some(&platform)).take(KINDS) {
        let sensors: Vec<&str> = row[3].split("; ").collect();
        let more = if sensors.len() > SENSORS { " …" } else { "" };
        lines.push(format!("  {}: {}{more}", row[1], sensors[..sensors.len().min(SENSORS)].join("; ")));
    }
    lines
}
