//! What a variant may change: names, programs, accounts, pids, times, order. All drawn from one seed.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use crate::event::Os;
use crate::time::{HOUR, MILLISECOND, Timestamp};

/// 2025-03-03T09:12:00Z: when every scenario of seed 0 begins.
const START: i64 = 1_740_993_120;

/// A small generator (SplitMix64): the same numbers for the same seed everywhere.
#[derive(Clone, Debug)]
pub(super) struct Dice {
    state: u64,
    /// Seed 0 keeps time and pace as they are written.
    plain: bool,
}

impl Dice {
    pub(super) fn new(id: &str, seed: u64) -> Self {
        let named = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        Self { state: named ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), plain: seed == 0 }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        (self.next() % u64::from(limit.max(1))) as u32
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list.get(self.below(list.len() as u32) as usize).copied().unwrap_or_default()
    }

    /// Lower-case letters.
    fn letters(&mut self, count: u32) -> String {
        (0..count).map(|_| char::from(b'a' + self.below(26) as u8)).collect()
    }

    pub(super) fn guid(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        bytes[8..].copy_from_slice(&self.next().to_be_bytes());
        bytes
    }

    /// An order of what happens at one moment: all orders that chance allows, where `may_swap` says of two neighbors
    /// whether they may change places. Seed 0 keeps the order that is written.
    pub(super) fn shuffle<T>(&mut self, list: &mut [T], may_swap: impl Fn(&T, &T) -> bool) {
        for _ in 0..list.len() {
            for at in 1..list.len() {
                if !self.plain && may_swap(&list[at - 1], &list[at]) && self.below(2) == 0 {
                    list.swap(at - 1, at);
                }
            }
        }
    }

    /// How fast the scenario goes, against what is written.
    pub(super) fn pace(&mut self) -> f64 {
        let pace = 0.7 + f64::from(self.below(500)) / 1000.0;
        if self.plain { 1.0 } else { pace }
    }

    pub(super) fn start(&mut self) -> Timestamp {
        let later = i64::from(self.below(200 * 24)) * HOUR + i64::from(self.below(3_600_000)) * MILLISECOND;
        Timestamp::from_unix(START, if self.plain { 0 } else { later })
    }
}

/// The names of one variant.
#[derive(Clone, Debug)]
pub(super) struct Names(Vec<(&'static str, String)>);

impl Names {
    /// Draws every name; `{tool}` and `{tool2}` are never the same.
    pub(super) fn choose(dice: &mut Dice, os: Os) -> Self {
        const TOOLS: [&str; 8] = ["ledger", "quarry", "osprey", "tallow", "brine", "spindle", "corvid", "mortar"];
        const USERS: [&str; 8] = ["ida", "noor", "tomas", "wren", "pavel", "amara", "juno", "eskil"];
        const HOSTS: [&str; 6] = ["OAK", "BIRCH", "ROWAN", "LARCH", "ALDER", "HAZEL"];
        const FOLDERS: [&str; 6] = ["stage", "drop", "work", "update", "pkg", "build"];
        const SHELLS: [&str; 6] = ["dash", "bash", "zsh", "ksh93", "busybox", "mksh"];
        const INTERPRETERS: [&str; 7] = ["python3.11", "python3", "perl", "ruby3.1", "php8.2", "node", "lua5.4"];
        const RELAYS: [&str; 6] = ["nc.openbsd", "nc.traditional", "ncat", "socat", "telnet", "netcat"];
        const SHARED: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];
        let tool = |dice: &mut Dice| format!("{}{}", dice.pick(&TOOLS), dice.letters(2));
        let (first, second) = (tool(dice), format!("{}x", tool(dice)));
        let host = format!("{}-{:02}", dice.pick(&HOSTS), dice.below(100));
        let host = if os == Os::Windows { host } else { host.to_ascii_lowercase() };
        let pipe = match dice.below(3) {
            0 => dice.letters(6),
            1 => format!("{}_{}", dice.letters(4), dice.below(9000)),
            _ => format!("{}{}", dice.letters(3), dice.below(90_000)),
        };
        let socket = format!(".{}.sock", dice.letters(5));
        let mut names = Vec::from([
            ("tool", first),
            ("tool2", second),
            ("host", host),
            ("user", dice.pick(&USERS).to_string()),
            ("user2", format!("{}s", dice.pick(&USERS))),
            ("pipe", pipe),
            ("sock", socket),
            ("fifo", format!("{}{}", dice.letters(4), dice.below(100))),
            ("queue", format!("{}q", dice.letters(5))),
            ("dir", format!("{}-{}", dice.pick(&FOLDERS), dice.below(100))),
            ("service", format!("{}{}", dice.letters(5), dice.below(100))),
            ("number", (1000 + dice.below(9000)).to_string()),
            ("ip", format!("203.0.113.{}", 1 + dice.below(250))),
            ("lan", format!("10.20.{}.{}", dice.below(250), 1 + dice.below(250))),
            ("port", (4000 + dice.below(5000)).to_string()),
        ]);
        if os == Os::Linux {
            names.extend([
                ("shell", dice.pick(&SHELLS).to_string()),
                ("script", dice.pick(&INTERPRETERS).to_string()),
                ("relay", dice.pick(&RELAYS).to_string()),
                ("shared", dice.pick(&SHARED).to_string()),
                ("uid", (1000 + dice.below(400)).to_string()),
                ("uid2", (1400 + dice.below(400)).to_string()),
                ("ses", (2 + dice.below(60)).to_string()),
                ("ses2", (70 + dice.below(60)).to_string()),
            ]);
        }
        Self(names)
    }

    /// Draws the names anew that a program makes up with every run.
    pub(super) fn draw_random(&mut self, dice: &mut Dice) {
        for (name, chosen) in &mut self.0 {
            let random = |dice: &mut Dice| -> String {
                (0..4).map(|_| format!("{}{}", dice.letters(1), dice.below(10))).collect()
            };
            match *name {
                "pipe" | "fifo" | "queue" | "service" | "dir" => *chosen = random(dice),
                "sock" => *chosen = format!(".{}.sock", random(dice)),
                _ => {}
            }
        }
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v)
    }
}

/// Puts names and pids into every text. What stands in braces and is neither stays (class ids do).
pub(super) fn fill(value: &mut Value, names: &Names, letters: &[&str], pids: &[u32]) {
    match value {
        Value::String(text) if text.contains('{') => {
            for (name, chosen) in &names.0 {
                *text = text.replace(&format!("{{{name}}}"), chosen);
            }
            for (letter, pid) in letters.iter().zip(pids) {
                *text = text.replace(&format!("{{pid:{letter}}}"), &pid.to_string());
                *text = text.replace(&format!("{{hexpid:{letter}}}"), &format!("{pid:x}"));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|v| fill(v, names, letters, pids)),
        Value::Object(members) => members.values_mut().for_each(|v| fill(v, names, letters, pids)),
        _ => {}
    }
}
