//! Catalogues.

use ipcsentry::Catalogue;

use crate::error::ipcsentry_error;
use crate::guard::guard;
use crate::ptr::{self, Handle, Out};
use crate::status::{IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// What is to be detected, compiled. A reference: the catalogue itself goes with the last handle and engine that use it.
///
/// Lifetime and threads: yours until `ipcsentry_catalogue_free`; immutable, may be used by several threads at once.
#[derive(Debug)]
pub struct ipcsentry_catalogue(Catalogue);

impl Handle for ipcsentry_catalogue {}

impl ipcsentry_catalogue {
    pub(crate) fn get(&self) -> Catalogue {
        self.0.clone()
    }
}

/// The catalogue that ships with the library. Compiled at the first call, shared by all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalogue_builtin(catalogue: *mut *mut ipcsentry_catalogue) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let out = unsafe { Out::new(catalogue)? };
        out.set(ptr::give(ipcsentry_catalogue(Catalogue::builtin())));
        Ok(IPCSENTRY_OK)
    })
}

/// A catalogue from JSON. On `IPCSENTRY_ERR_CATALOGUE` what is wrong is written to `error`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalogue_from_json(
    json: ipcsentry_text,
    catalogue: *mut *mut ipcsentry_catalogue,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (json, out, error) = unsafe { (json.bytes()?, Out::new(catalogue)?, Out::optional(error)) };
        let compiled = Catalogue::from_json(json).map_err(|e| ipcsentry_error::from(e).report(error))?;
        out.set(ptr::give(ipcsentry_catalogue(compiled)));
        Ok(IPCSENTRY_OK)
    })
}

/// Another handle on the same catalogue, for an owner of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalogue_share(
    catalogue: *const ipcsentry_catalogue,
    shared: *mut *mut ipcsentry_catalogue,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalogue, out) = unsafe { (ptr::borrow(catalogue)?, Out::new(shared)?) };
        out.set(ptr::give(ipcsentry_catalogue(catalogue.get())));
        Ok(IPCSENTRY_OK)
    })
}

/// Frees a handle; engines made with it go on. NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalogue_free(catalogue: *mut ipcsentry_catalogue) {
    // SAFETY: by the header's contract.
    unsafe { ptr::free(catalogue) }
}
