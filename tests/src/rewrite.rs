//! Texts of typed events put in the place of others.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock};

use ipcsentry::event::{Event, Kind, ProcessRef, Text};

/// Puts a text in the place of another in everything that an event says.
pub fn replace(event: &mut Event<'_>, from: &str, to: &str) {
    each_text(event, &mut |text| {
        let old = String::from_utf8_lossy(text);
        if old.contains(from) {
            *text = keep(old.replace(from, to));
        }
    });
}

/// Leaks a text so that it lives until the tests end; equal texts are kept once.
#[must_use]
pub fn keep(text: String) -> &'static [u8] {
    static KEPT: OnceLock<Mutex<BTreeSet<&'static [u8]>>> = OnceLock::new();
    let mut kept = KEPT.get_or_init(Mutex::default).lock().expect("no thread panics while it holds the lock");
    if let Some(there) = kept.get(text.as_bytes()) {
        return there;
    }
    let text: &'static [u8] = Vec::leak(text.into_bytes());
    kept.insert(text);
    text
}

type Change<'c, 'a> = dyn FnMut(&mut Text<'a>) + 'c;

fn each_text<'a>(event: &mut Event<'a>, change: &mut Change<'_, 'a>) {
    process(&mut event.actor, change);
    process(&mut event.parent, change);
    match &mut event.kind {
        Kind::ProcessStart(k) => {
            all([&mut k.previous_image, &mut k.script, &mut k.job], change);
            process(&mut k.creator, change);
        }
        Kind::ProcessAccess(k) => process(&mut k.target, change),
        Kind::RemoteThread(k) => process(&mut k.target, change),
        Kind::MemoryWrite(k) => process(&mut k.target, change),
        Kind::ImageLoad(k) => all([&mut k.image], change),
        Kind::EndpointCreate(k) | Kind::EndpointConnect(k) | Kind::EndpointRemove(k) => {
            all([&mut k.endpoint.name], change);
            process(&mut k.peer, change);
        }
        Kind::ShareAccess(k) => all([&mut k.share, &mut k.name], change),
        Kind::RegistrySet(k) | Kind::RegistryQuery(k) => all([&mut k.path, &mut k.data], change),
        Kind::AppleEvent(k) => all([&mut k.target, &mut k.text], change),
        Kind::ServiceInstall(k) => all([&mut k.name, &mut k.command], change),
        Kind::TaskRegister(k) => all([&mut k.name, &mut k.command], change),
        Kind::LaunchItemAdd(k) => all([&mut k.label, &mut k.program], change),
        Kind::FileAccess(k) => all([&mut k.path], change),
        _ => {}
    }
}

fn process<'a>(process: &mut ProcessRef<'a>, change: &mut Change<'_, 'a>) {
    all([&mut process.image, &mut process.command_line, &mut process.working_folder], change);
}

fn all<'a, const N: usize>(texts: [&mut Option<Text<'a>>; N], change: &mut Change<'_, 'a>) {
    texts.into_iter().flatten().for_each(change);
}
