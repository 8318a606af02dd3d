//! The guard around every exported function: no panic leaves the library, and no two calls use a handle at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, TryLockError};

use crate::status::{IPCSENTRY_ERR_BUSY, IPCSENTRY_ERR_PANIC, IPCSENTRY_ERR_POISONED, ipcsentry_status};

/// The result of a function's body: `Ok` with success or information, `Err` with an error.
pub(crate) type Outcome = Result<ipcsentry_status, ipcsentry_status>;

/// Runs a function's body. A panic is a bug of the library and becomes [`IPCSENTRY_ERR_PANIC`].
pub(crate) fn guard(body: impl FnOnce() -> Outcome) -> ipcsentry_status {
    // Unwind safety: a body changes only values in an `Exclusive`, which a panic poisons.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(status) | Err(status)) => status,
        Err(payload) => {
            // Dropping the payload could panic again, so it is leaked.
            core::mem::forget(payload);
            IPCSENTRY_ERR_PANIC
        }
    }
}

/// A value that only one call at a time may use. A panic poisons it for good.
#[derive(Debug)]
pub(crate) struct Exclusive<T>(Mutex<T>);

impl<T> Exclusive<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Lends the value to `body`. Never blocks: a second call at the same time returns an error.
    pub(crate) fn with(&self, body: impl FnOnce(&mut T) -> Outcome) -> Outcome {
        match self.0.try_lock() {
            Ok(mut value) => body(&mut value),
            Err(TryLockError::WouldBlock) => Err(IPCSENTRY_ERR_BUSY),
            Err(TryLockError::Poisoned(_)) => Err(IPCSENTRY_ERR_POISONED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Exclusive, guard};
    use crate::status::{IPCSENTRY_ERR_BUSY, IPCSENTRY_ERR_PANIC, IPCSENTRY_ERR_POISONED, IPCSENTRY_OK};

    #[test]
    fn a_panic_is_a_status_and_poisons_the_handle() {
        let value = Exclusive::new(1);
        assert_eq!(guard(|| value.with(|_| Ok(IPCSENTRY_OK))), IPCSENTRY_OK);
        assert_eq!(guard(|| value.with(|_| panic!("a bug, on purpose"))), IPCSENTRY_ERR_PANIC);
        assert_eq!(guard(|| value.with(|_| Ok(IPCSENTRY_OK))), IPCSENTRY_ERR_POISONED);
        assert_eq!(guard(|| value.with(|_| Ok(IPCSENTRY_OK))), IPCSENTRY_ERR_POISONED);
    }

    #[test]
    fn a_second_call_at_once_is_refused() {
        let value = Exclusive::new(1);
        let outcome = guard(|| {
            value.with(|_| {
                assert_eq!(guard(|| value.with(|_| Ok(IPCSENTRY_OK))), IPCSENTRY_ERR_BUSY);
                Ok(IPCSENTRY_OK)
            })
        });
        assert_eq!(outcome, IPCSENTRY_OK);
    }
}
