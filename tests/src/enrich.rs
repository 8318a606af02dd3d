//! Audit text as auditd writes it with `log_format = ENRICHED`: each record is followed by the names of its numbers.

/// Enriches a log of raw records.
#[must_use]
pub fn enriched(raw: &[u8]) -> Vec<u8> {
    let mut log = Vec::new();
    for line in raw.split_inclusive(|&b| b == b'\n') {
        let record = line.strip_suffix(b"\n").unwrap_or(line);
        log.extend_from_slice(record);
        let text = String::from_utf8_lossy(record);
        let field = |name: &str| text.split(' ').find_map(|f| f.strip_prefix(name)?.strip_prefix('='));
        let mut meant = Vec::new();
        if let Some(saddr) = field("saddr") {
            meant.push(format!("SADDR={}", address(saddr)));
        }
        if text.starts_with("type=SYSCALL ") {
            meant.push("ARCH=x86_64 SYSCALL=unknown".into());
        }
        for name in ["auid", "uid", "gid", "euid", "suid", "ouid", "ogid", "oauid"] {
            if let Some(id) = field(name) {
                meant.push(format!("{}={:?}", name.to_uppercase(), account(id)));
            }
        }
        if !meant.is_empty() {
            log.push(0x1d);
            log.extend_from_slice(meant.join(" ").as_bytes());
        }
        if record.len() < line.len() {
            log.push(b'\n');
        }
    }
    log
}

/// The name of an account.
fn account(id: &str) -> String {
    match id {
        "0" => "root".into(),
        "4294967295" | "-1" => "unset".into(),
        id => format!("u{id}"),
    }
}

/// An address as ausearch interprets it.
fn address(saddr: &str) -> String {
    let bytes: Vec<u8> =
        (0..saddr.len() / 2).filter_map(|i| u8::from_str_radix(&saddr[2 * i..2 * i + 2], 16).ok()).collect();
    match bytes.as_slice() {
        [1, 0, name @ ..] => {
            let name = name.strip_prefix(&[0]).unwrap_or(name);
            let end = name.iter().position(|&b| b == 0).unwrap_or(name.len());
            format!("{{ saddr_fam=local path={} }}", String::from_utf8_lossy(&name[..end]))
        }
        [2, 0, high, low, a, b, c, d, ..] => {
            format!("{{ saddr_fam=inet laddr={a}.{b}.{c}.{d} lport={} }}", u16::from_be_bytes([*high, *low]))
        }
        _ => "{ saddr_fam=unknown }".into(),
    }
}
