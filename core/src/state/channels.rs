//! What a host sends over each channel: the stores that its records lie in, and how far each reaches.

use crate::event::{Channel, Class, Classes, Event};
use crate::time::Timestamp;
use crate::util::saved::{saved, small};

/// Channels of a host that are told apart. What comes over more of them is counted as one, of no known channel.
const CHANNELS: usize = 8;
/// Named pipes with known-bad names from which on, if no others came, a filter lets only such names pass: every Windows
/// host opens pipes of the system all day.
const FILTERED: u32 = 3;

/// What a host sent over one channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SentOver {
    pub(crate) channel: Channel,
    classes: Classes,
    pub(crate) events: u64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    /// The longest silence between two events, in nanoseconds, and when it ended.
    pub(crate) gap: i64,
    pub(crate) gap_end: Timestamp,
    /// How far an event lay at most before one that came earlier, in nanoseconds, and when it happened.
    pub(crate) back: i64,
    pub(crate) back_at: Timestamp,
    /// Named pipes that were created or opened: with known-bad names, and with others.
    bad_pipes: u32,
    other_pipes: u32,
}

impl SentOver {
    const NOTHING: Self = Self {
        channel: Channel::Unknown,
        classes: Classes::NONE,
        events: 0,
        first: Timestamp::MAX,
        last: Timestamp::MIN,
        gap: 0,
        gap_end: Timestamp::MIN,
        back: 0,
        back_at: Timestamp::MIN,
        bad_pipes: 0,
        other_pipes: 0,
    };

    /// Whether an event of the class came over it.
    pub(crate) const fn has(&self, class: Class) -> bool {
        self.classes.contains(class)
    }

    /// Whether a filter seems to stand before its named pipes that lets only known-bad names pass.
    pub(crate) const fn is_filtered(&self) -> bool {
        self.bad_pipes >= FILTERED && self.other_pipes == 0
    }

    fn add(&mut self, class: Class, time: Timestamp) {
        self.classes.add(class);
        self.events += 1;
        if self.events == 1 {
            (self.first, self.last) = (time, time);
        }
        self.first = self.first.min(time);
        if time > self.last {
            // Times that differ by centuries are as far apart as can be told.
            let silence = time.0.saturating_sub(self.last.0);
            if silence > self.gap {
                (self.gap, self.gap_end) = (silence, time);
            }
            self.last = time;
        } else {
            let back = self.last.0.saturating_sub(time.0);
            if back > self.back {
                (self.back, self.back_at) = (back, time);
            }
        }
    }
}

/// The channels of a host, in the order in which they came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channels([SentOver; CHANNELS]);

impl Channels {
    pub(crate) const NONE: Self = Self([SentOver::NOTHING; CHANNELS]);

    /// Notes an event and its class.
    pub(super) fn note(&mut self, event: &Event<'_>, class: Class) {
        let sent = self.of(event.source.channel);
        sent.add(class, event.time);
    }

    /// Notes a named pipe that was created or opened.
    pub(crate) fn note_pipe(&mut self, channel: Channel, is_known_bad: bool) {
        let sent = self.of(channel);
        let count = if is_known_bad { &mut sent.bad_pipes } else { &mut sent.other_pipes };
        *count = count.saturating_add(1);
    }

    #[inline]
    fn of(&mut self, channel: Channel) -> &mut SentOver {
        // Most hosts send nearly everything over their first channel.
        if self.0[0].channel == channel && self.0[0].events > 0 {
            return &mut self.0[0];
        }
        self.of_others(channel)
    }

    #[inline(never)]
    fn of_others(&mut self, channel: Channel) -> &mut SentOver {
        let is_its = |sent: &SentOver| sent.channel == channel || sent.events == 0;
        let at = self.0[..CHANNELS - 1].iter().position(is_its).unwrap_or(CHANNELS - 1);
        let sent = &mut self.0[at];
        if at < CHANNELS - 1 {
            sent.channel = channel;
        }
        sent
    }

    /// What came over each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &SentOver> {
        self.0.iter().filter(|sent| sent.events > 0)
    }

    /// When the first event came over a channel.
    pub(crate) fn first(&self, channel: Channel) -> Option<Timestamp> {
        self.iter().find(|sent| sent.channel == channel).map(|sent| sent.first)
    }
}

saved!(SentOver { channel, classes, events, first, last, gap, gap_end, back, back_at, bad_pipes, other_pipes }
    where |sent| small(sent.events));
saved!(Channels { 0 });

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{CHANNELS, Channels, Class};
    use crate::event::{Channel, Event, Kind, KindTag, Os, ProcessStart};
    use crate::time::{HOUR, SECOND, Timestamp};

    fn sent(channel: Channel, time: i64) -> Event<'static> {
        let mut event = Event::new(Os::Windows, Timestamp(time), Kind::ProcessStart(ProcessStart::default()));
        event.source.channel = channel;
        event
    }

    #[test]
    fn each_channel_has_its_own_span_and_longest_silence() {
        let mut channels = Channels::NONE;
        let class = Class::kind(KindTag::ProcessStart);
        for (channel, time) in [
            (Channel::Sysmon, HOUR),
            (Channel::Security, 5),
            (Channel::Sysmon, 3 * HOUR),
            (Channel::Sysmon, 2 * HOUR),
            (Channel::Sysmon, 3 * HOUR + SECOND),
        ] {
            channels.note(&sent(channel, time), class);
        }
        let told: Vec<_> =
            channels.iter().map(|s| (s.channel, s.events, s.first.0, s.last.0, s.gap, s.gap_end.0, s.back)).collect();
        assert_eq!(
            told,
            [
                (Channel::Sysmon, 4, HOUR, 3 * HOUR + SECOND, 2 * HOUR, 3 * HOUR, HOUR),
                (Channel::Security, 1, 5, 5, 0, i64::MIN, 0),
            ]
        );
        assert_eq!(channels.iter().next().map(|sent| sent.back_at.0), Some(2 * HOUR));
        assert!(channels.iter().all(|sent| sent.has(class) && !sent.has(Class::kind(KindTag::Logon))));
        assert_eq!((channels.first(Channel::Security), channels.first(Channel::System)), (Some(Timestamp(5)), None));
    }

    #[test]
    fn pipes_with_known_bad_names_alone_are_those_of_a_filter() {
        let mut channels = Channels::NONE;
        channels.note(&sent(Channel::Sysmon, 1), Class::kind(KindTag::ProcessStart));
        for is_filtered in [false, false, true, true] {
            channels.note_pipe(Channel::Sysmon, true);
            assert!(channels.iter().all(|sent| sent.is_filtered() == is_filtered));
        }
        channels.note_pipe(Channel::Sysmon, false);
        assert!(channels.iter().all(|sent| !sent.is_filtered()));
    }

    #[test]
    fn what_comes_over_too_many_channels_is_counted_as_one() {
        let mut channels = Channels::NONE;
        let known = || Channel::ALL.iter().filter(|channel| **channel != Channel::Unknown);
        for channel in known() {
            channels.note(&sent(*channel, 1), Class::kind(KindTag::ProcessStart));
        }
        let told: Vec<_> = channels.iter().map(|sent| (sent.channel, sent.events)).collect();
        assert_eq!(told.len(), CHANNELS);
        assert_eq!(told[CHANNELS - 1], (Channel::Unknown, (known().count() - (CHANNELS - 1)) as u64));
        assert!(told[..CHANNELS - 1].iter().all(|(channel, events)| *channel != Channel::Unknown && *events == 1));
    }
}
