//! Feeds events that the agent made itself.

use core::mem::MaybeUninit;

use ipcsentry::Accepted;

use super::model::{blank, ipcsentry_event};
use super::reading::{Fault, Reading};
use crate::engine::{Inner, ipcsentry_engine};
use crate::error::ipcsentry_error;
use crate::guard::guard;
use crate::ptr::{self, Out};
use crate::status::{
    IPCSENTRY_DRAIN, IPCSENTRY_DUPLICATE, IPCSENTRY_ERR_MEMORY, IPCSENTRY_ERR_NULL, IPCSENTRY_LATE, IPCSENTRY_OK,
    IPCSENTRY_RECORD_ERRORS, ipcsentry_status,
};

/// Errors that a call keeps.
const ERRORS: usize = 16;

/// The result of a call that fed events.
///
/// Lifetime and threads: plain numbers, written during the call.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ipcsentry_batch_report {
    /// Events that were read, from the first on, faulty ones included. With `IPCSENTRY_DRAIN` fewer than were given.
    pub taken: u64,
    /// Those of them that came later than the lateness allows; they were judged.
    pub late: u64,
    /// Those of them that were fed before; they were not judged again.
    pub duplicates: u64,
    /// Those of them that were faulty and not judged; see `ipcsentry_engine_poll_error`.
    pub errors: u64,
    /// Written as zero.
    pub reserved: [u64; 4],
}

/// Feeds one event. `IPCSENTRY_LATE` if it came later than the lateness allows; it was judged. `IPCSENTRY_DUPLICATE` if
/// it was fed before; it was not judged again. A faulty event returns its error and is not judged;
/// `ipcsentry_engine_poll_error` then has the member that is wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_feed(
    engine: *mut ipcsentry_engine,
    event: *const ipcsentry_event,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let engine = unsafe { ptr::borrow(engine)? };
        if event.is_null() {
            return Err(IPCSENTRY_ERR_NULL);
        }
        engine.with(|inner| {
            inner.errors.clear();
            // SAFETY: by the header's contract.
            Ok(match unsafe { inner.feed(event, 0)? } {
                Accepted::Late => IPCSENTRY_LATE,
                Accepted::Duplicate => IPCSENTRY_DUPLICATE,
                _ => IPCSENTRY_OK,
            })
        })
    })
}

/// Feeds `count` events that stand one behind the other, in order. `IPCSENTRY_RECORD_ERRORS` if some were faulty: the
/// others were judged. `IPCSENTRY_DRAIN` if half the room for waiting alerts is used: poll the alerts, then feed the
/// events from number `taken` of the report on. `report` may be NULL only if `count` is 1.
///
/// A list of the processes that run when the agent starts is such a batch: events of kind
/// `IPCSENTRY_KIND_PROCESS_SEEN`, parents before their children.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_feed_batch(
    engine: *mut ipcsentry_engine,
    events: *const ipcsentry_event,
    count: usize,
    report: *mut ipcsentry_batch_report,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, out) = unsafe { (ptr::borrow(engine)?, Out::optional(report)) };
        if count > 0 && events.is_null() || count != 1 && out.is_none() {
            return Err(IPCSENTRY_ERR_NULL);
        }
        engine.with(|inner| {
            inner.errors.clear();
            let mut report = ipcsentry_batch_report::default();
            let mut drain = false;
            // SAFETY: by the header's contract.
            let events = unsafe { ptr::structures(events, count)? };
            for (number, event) in (0..).zip(events) {
                if inner.engine.should_drain() {
                    drain = true;
                    break;
                }
                // SAFETY: by the header's contract.
                match unsafe { inner.feed(event, number) } {
                    Ok(Accepted::Late) => report.late += 1,
                    Ok(Accepted::Duplicate) => report.duplicates += 1,
                    Ok(_) => {}
                    Err(_) => report.errors += 1,
                }
                report.taken += 1;
            }
            if let Some(out) = out {
                out.set(report);
            }
            Ok(match (drain, report.errors) {
                (true, _) => IPCSENTRY_DRAIN,
                (false, 0) => IPCSENTRY_OK,
                (false, _) => IPCSENTRY_RECORD_ERRORS,
            })
        })
    })
}

impl Inner {
    /// Feeds one event; keeps its error for the caller to poll, if it is wrong.
    ///
    /// # Safety
    /// `event` points to an event, and every pointer in it is NULL or good.
    unsafe fn feed(&mut self, event: *const ipcsentry_event, number: u64) -> Result<Accepted, ipcsentry_status> {
        let mut room = MaybeUninit::uninit();
        // SAFETY: by this function's contract.
        let event = unsafe { ptr::input_in_place(event, &mut room) }.and_then(|event| event.ok_or(IPCSENTRY_ERR_NULL));
        let record = event.map_or(0, |event| event.record);
        let whole = |status| Fault { status, place: String::new() };
        // SAFETY: by this function's contract.
        let fed = event.map_err(whole).and_then(|event| unsafe { self.feed_read(event) });
        fed.map_err(|fault| {
            let status = fault.status;
            if self.errors.len() < ERRORS {
                self.errors.push_back(ipcsentry_error::of_event(fault, record, number));
            }
            status
        })
    }

    /// # Safety
    /// Every pointer in `event` is NULL or good.
    unsafe fn feed_read(&mut self, event: &ipcsentry_event) -> Result<Accepted, Fault> {
        let longest = self.engine.limits().max_record_bytes;
        loop {
            // SAFETY: by this function's contract.
            let mut reading = unsafe { Reading::new(&mut self.scratch, longest) };
            let mut read = blank();
            event.read(&mut reading, &mut read);
            let lacking = reading.end()?;
            if lacking == 0 {
                return Ok(self.engine.feed(&read));
            }
            let reserved = self.scratch.try_reserve(lacking);
            reserved.map_err(|_| Fault { status: IPCSENTRY_ERR_MEMORY, place: String::new() })?;
            self.scratch.resize(self.scratch.len() + lacking, 0);
        }
    }
}
