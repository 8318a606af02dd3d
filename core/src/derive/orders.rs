//! Orders: recognizes the command or job that somebody gave to a broker when the broker runs it.
//!
//! The configured and the executed command line differ in variables, quotes and XML escapes. Their last letters and
//! digits are equal.

use crate::state::{Host, HostId, HostState, Order, Principal, ProcessId, Tie};
use crate::time::{MINUTE, SECOND, Timestamp};
use crate::util::hash::Hasher;

/// The time before the start of a broker's child within which a local client acted.
pub(super) const ASKED_WITHIN: i64 = 10 * SECOND;
/// The time after an order within which its execution is due to whoever gave it.
const ORDERED_WITHIN: i64 = 10 * MINUTE;
/// Confidence of links, in thousandths: the client configured the child's command; its command line holds that command.
pub(super) const BY_ORDER: (Tie, u16) = (Tie::Order, 800);
pub(super) const BY_COMMAND_LINE: (Tie, u16) = (Tie::CommandLine, 800);
/// Letters and digits of a command from which on it is no coincidence that another command line holds it.
const SPECIFIC: u8 = 16;

/// The most letters and digits that are compared, and the fewest that identify a command.
const LONGEST: usize = 32;
const SHORTEST: usize = 6;

/// The last letters and digits of a command, behind its variables; the last one first.
#[derive(Clone, Debug)]
pub(super) struct End {
    letters: [u8; LONGEST],
    length: usize,
}

impl End {
    /// The end of a command; `None` if it has too few letters and digits.
    pub(super) fn of(command: &[u8]) -> Option<Self> {
        let mut end = Self { letters: [0; LONGEST], length: 0 };
        let mut at = command.len();
        while let Some(before) = at.checked_sub(1).filter(|_| end.length < LONGEST) {
            at = before;
            match command[at] {
                // The length of a variable's value is not known, so the end begins behind the variable.
                b'%' => match variable(&command[..at]) {
                    Some(_) if end.length >= SHORTEST => break,
                    from => at = from.unwrap_or(at),
                },
                b';' => at = entity(&command[..at]).unwrap_or(at),
                b if b.is_ascii_alphanumeric() => {
                    end.letters[end.length] = b.to_ascii_lowercase();
                    end.length += 1;
                }
                _ => {}
            }
        }
        (end.length >= SHORTEST).then_some(end)
    }

    fn letters(&self) -> &[u8] {
        &self.letters[..self.length]
    }

    /// The order to run the command that ends so.
    pub(super) fn given(&self, time: Timestamp, by: Option<Principal>) -> Order {
        Order { end: hash(self.letters()), length: self.length as u8, time, by }
    }

    /// The last order that a command which starts now carries out.
    pub(super) fn order(&self, host: &Host, now: Timestamp) -> Option<Order> {
        host.orders.last(|order| is_recent(order, now) && self.carries_out(order))
    }

    /// The last program that asked for something and whose command line holds this command, which a process runs now.
    pub(super) fn asker(
        &self,
        state: &HostState,
        host: HostId,
        process: ProcessId,
        now: Timestamp,
    ) -> Option<Principal> {
        let callers = &state.host(host)?.callers.starts;
        let finder = self.finder();
        let asked = |who| match who {
            Principal::Process(p) if p != process => {
                state.process(Some(p)).is_some_and(|p| finder.is_in(p.command_line.as_deref()))
            }
            _ => false,
        };
        // A long command is no coincidence, however late it runs.
        let within = if self.length as u8 >= SPECIFIC { ORDERED_WITHIN } else { ASKED_WITHIN };
        callers.last(now, within, asked)
    }

    /// Whether this is the end of an order's command.
    fn carries_out(&self, order: &Order) -> bool {
        self.letters().get(..usize::from(order.length)).is_some_and(|end| hash(end) == order.end)
    }

    /// A search for this end in command lines.
    pub(super) fn finder(&self) -> Finder<'_> {
        let end = self.letters();
        let mut borders = [0; LONGEST];
        let mut met = 0;
        for at in 1..end.len() {
            while met > 0 && end[met] != end[at] {
                met = usize::from(borders[met - 1]);
            }
            met += usize::from(end[met] == end[at]);
            borders[at] = met as u8;
        }
        Finder { end, borders }
    }
}

/// Whether what runs now may be due to an order. Clocks of two sources may differ by a second.
pub(super) fn is_recent(order: &Order, now: Timestamp) -> bool {
    order.time <= now + SECOND && now.distance(order.time) <= ORDERED_WITHIN
}

/// Searches command lines for an end, backward, among letters and digits alone. It visits each byte once (the algorithm
/// of Knuth, Morris and Pratt).
#[derive(Debug)]
pub(super) struct Finder<'e> {
    end: &'e [u8],
    /// By the number of letters that match, less one: how many still match when the next letter differs.
    borders: [u8; LONGEST],
}

impl Finder<'_> {
    /// Whether a command line holds the end.
    pub(super) fn is_in(&self, asking: Option<&[u8]>) -> bool {
        let (mut rest, first) = (asking.unwrap_or_default(), self.end[0]);
        // What is left must have as many letters as the end.
        while let Some(at) = memchr::memrchr2(first, first.to_ascii_uppercase(), rest) {
            if at + 1 < self.end.len() {
                return false;
            }
            rest = &rest[..at];
            let mut met = 1;
            while met > 0 {
                if met == self.end.len() {
                    return true;
                }
                let Some((&byte, before)) = rest.split_last() else { return false };
                rest = before;
                if !byte.is_ascii_alphanumeric() {
                    continue;
                }
                let letter = byte.to_ascii_lowercase();
                while met > 0 && self.end[met] != letter {
                    met = usize::from(self.borders[met - 1]);
                }
                met += usize::from(self.end[met] == letter);
            }
        }
        false
    }
}

fn hash(end: &[u8]) -> u64 {
    Hasher::new(11).bytes(end).finish()
}

/// The place where the variable begins that ends with a percent sign behind this text.
fn variable(before: &[u8]) -> Option<usize> {
    let from = memchr::memrchr(b'%', before)?;
    let name = &before[from + 1..];
    let is_name = !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'(' | b')'));
    is_name.then_some(from)
}

/// The place where the XML entity begins that ends with a semicolon behind this text.
fn entity(before: &[u8]) -> Option<usize> {
    let names = [&b"&amp"[..], b"&lt", b"&gt", b"&quot", b"&apos"];
    names.iter().find(|name| before.ends_with(name)).map(|name| before.len() - name.len())
}

/// The label of the job that an order to launchd names last: itself, or its definition's file name.
pub(super) fn label(command: &[u8]) -> Option<&[u8]> {
    let name = command.rsplit(|b| b.is_ascii_whitespace() || *b == b'/').next()?;
    Some(name.strip_suffix(b".plist").unwrap_or(name))
}

/// The last part of the command line of a task: its arguments or, without arguments, its program.
pub(super) fn command_of_task(definition: &[u8]) -> &[u8] {
    let between = |open: &[u8], close: &[u8]| {
        let from = memchr::memmem::rfind(definition, open)? + open.len();
        let length = memchr::memmem::find(&definition[from..], close)?;
        Some(&definition[from..from + length]).filter(|text| !text.trim_ascii().is_empty())
    };
    between(b"<Arguments>", b"</Arguments>").or_else(|| between(b"<Command>", b"</Command>")).unwrap_or(definition)
}

#[cfg(test)]
mod tests {
    use super::{End, command_of_task, label};
    use crate::time::Timestamp;

    fn runs(child: &[u8], order: &[u8]) -> bool {
        let order = End::of(order).map(|end| end.given(Timestamp(0), None));
        order.is_some_and(|order| End::of(child).is_some_and(|child| child.carries_out(&order)))
    }

    #[test]
    fn a_command_is_known_again_however_it_is_written() {
        assert!(runs(br"C:\Windows\system32\cmd.exe /Q /c ver > C:\o", br"%COMSPEC% /Q /c ver > C:\o"));
        assert!(runs(br"C:\Windows\svc7.exe", br"%SystemRoot%\svc7.exe"));
        let task = br"<Exec><Command>cmd.exe</Command><Arguments>/C ver &gt; C:\o.tmp 2&gt;&amp;1</Arguments></Exec>";
        assert!(runs(br"cmd.exe /C ver > C:\o.tmp 2>&1", command_of_task(task)));
        let task = br"<Exec><Arguments>/C ver &gt; %windir%\Temp\o.tmp</Arguments></Exec>";
        assert!(runs(br"cmd.exe /C ver > C:\Windows\Temp\o.tmp", command_of_task(task)));
        assert!(!runs(br"cmd.exe /C ver > C:\p.tmp 2>&1", command_of_task(task)));
        assert!(!runs(br"a.exe", br"a.exe"), "five letters tell nothing");
    }

    #[test]
    fn a_job_is_known_by_its_label() {
        for line in [
            &b"launchctl load -w /Users/u/Library/LaunchAgents/com.a.b.plist"[..],
            b"launchctl kickstart gui/501/com.a.b",
        ] {
            assert_eq!(label(line), Some(&b"com.a.b"[..]));
        }
    }

    #[test]
    fn who_asks_says_what_shall_run() {
        let child = End::of(br#"C:\x\tool.exe -run "one two""#).expect("long enough");
        let finder = child.finder();
        assert!(finder.is_in(Some(br#"sc config Spare binPath= "C:\x\tool.exe -run \"one two\"""#)));
        assert!(!finder.is_in(Some(b"sc start Spare")) && !finder.is_in(None));
    }

    #[test]
    fn a_search_finds_what_begins_again_inside_itself() {
        for (end, line, expected) in [
            (&b"aabaaab"[..], &b"x aabaabaaab y"[..], true),
            (b"abcabd", b"abcabcabd", true),
            (b"abcabd", b"abcabcabc", false),
            (b"ababab", b"ab-ab_AB", true),
            (b"ababab", b"ababa", false),
        ] {
            let end = End::of(end).expect("long enough");
            assert_eq!(end.finder().is_in(Some(line)), expected, "{line:?}");
        }
    }
}
