//! Long texts: what is matched of them.

use alloc::vec::Vec;
use core::ops::Range;

use super::kind::Kind;
use super::model::Event;
use super::text::Text;

/// Bytes of the longest text that is matched whole.
pub(crate) const WHOLE: usize = 8 << 10;
/// Bytes that are matched of each end of a longer one.
const END: usize = WHOLE / 2;
/// What stands in place of the rest.
const REST: &[u8] = b" ... ";

/// Most long texts of an event.
const TEXTS: usize = 5;

macro_rules! texts {
    ($name:ident $($mutable:tt)?) => {
        /// The texts of an event that may be long and are no names: of a name only a part is kept anyway.
        fn $name<'t, 'e>(event: &'t $($mutable)? Event<'e>) -> [Option<&'t $($mutable)? Option<Text<'e>>>; TEXTS] {
            let of_kind = match & $($mutable)? event.kind {
                Kind::ProcessStart(k) => {
                    [Some(& $($mutable)? k.script), Some(& $($mutable)? k.creator.command_line), None]
                }
                Kind::ProcessAccess(k) => [Some(& $($mutable)? k.target.command_line), None, None],
                Kind::RemoteThread(k) => [Some(& $($mutable)? k.target.command_line), None, None],
                Kind::MemoryWrite(k) => [Some(& $($mutable)? k.target.command_line), None, None],
                Kind::FdDup(k) => [Some(& $($mutable)? k.target.command_line), None, None],
                Kind::EndpointCreate(k) | Kind::EndpointConnect(k) => {
                    [Some(& $($mutable)? k.peer.command_line), None, None]
                }
                Kind::RegistrySet(k) | Kind::RegistryQuery(k) => {
                    [Some(& $($mutable)? k.path), Some(& $($mutable)? k.data), None]
                }
                Kind::DdeRequest(k) => [Some(& $($mutable)? k.topic), Some(& $($mutable)? k.item), None],
                Kind::AppleEvent(k) => [Some(& $($mutable)? k.text), None, None],
                Kind::ScriptRun(k) => [Some(& $($mutable)? k.path), Some(& $($mutable)? k.text), None],
                Kind::ServiceInstall(k) => [Some(& $($mutable)? k.command), None, None],
                Kind::TaskRegister(k) => [Some(& $($mutable)? k.command), None, None],
                Kind::TaskRun(k) => {
                    [Some(& $($mutable)? k.command), Some(& $($mutable)? k.process.command_line), None]
                }
                Kind::LaunchItemAdd(k) => [Some(& $($mutable)? k.program), None, None],
                Kind::SensorState(k) => [Some(& $($mutable)? k.detail), None, None],
                Kind::ServiceChange(k) => [Some(& $($mutable)? k.detail), None, None],
                Kind::FileAccess(k) => [Some(& $($mutable)? k.path), None, None],
                _ => [None, None, None],
            };
            let [first, second, third] = of_kind;
            [
                Some(& $($mutable)? event.actor.command_line),
                Some(& $($mutable)? event.parent.command_line),
                first,
                second,
                third,
            ]
        }
    };
}

texts!(texts);
texts!(texts_mut mut);

/// Whether an event has a text that is not matched whole.
pub(crate) fn has_long_text(event: &Event<'_>) -> bool {
    texts(event).into_iter().flatten().flatten().any(|text| text.len() > WHOLE)
}

/// The event with the two ends of each long text in its place, and the number of these texts. `buffer` is reused space.
pub(crate) fn cut<'e>(event: &Event<'e>, buffer: &'e mut Vec<u8>) -> (Event<'e>, u64) {
    buffer.clear();
    let mut event = event.clone();
    let mut cut: [Option<Range<usize>>; TEXTS] = Default::default();
    for (cut, text) in cut.iter_mut().zip(texts(&event)) {
        if let Some(text) = text.copied().flatten().filter(|text| text.len() > WHOLE) {
            let begin = buffer.len();
            buffer.extend([&text[..END], REST, &text[text.len() - END..]].into_iter().flatten());
            *cut = Some(begin..buffer.len());
        }
    }
    let buffer: &'e [u8] = buffer;
    let mut count = 0;
    for (cut, text) in cut.into_iter().zip(texts_mut(&mut event)) {
        if let (Some(cut), Some(text)) = (cut, text) {
            *text = buffer.get(cut);
            count += 1;
        }
    }
    (event, count)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{Event, Kind, WHOLE, cut, has_long_text};
    use crate::event::{Os, ScriptRun};
    use crate::time::Timestamp;

    #[test]
    fn of_long_texts_both_ends_are_left() {
        let mut event = Event::new(Os::Windows, Timestamp(1), Kind::ScriptRun(ScriptRun::default()));
        let whole = [b'w'; WHOLE];
        event.actor.command_line = Some(&whole);
        assert!(!has_long_text(&event));
        let long = [b"begin", &[b'x'; WHOLE][..], b"end"].concat();
        let Kind::ScriptRun(script) = &mut event.kind else { return };
        script.text = Some(&long);
        assert!(has_long_text(&event));
        let mut buffer = Vec::new();
        let (event, count) = cut(&event, &mut buffer);
        let Kind::ScriptRun(script) = &event.kind else { return };
        let text = script.text.unwrap();
        assert_eq!((count, event.actor.command_line), (1, Some(&whole[..])));
        assert!(text.starts_with(b"begin") && text.ends_with(b"xxend") && text.len() == WHOLE + 5, "{}", text.len());
    }
}
