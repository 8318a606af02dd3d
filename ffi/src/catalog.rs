//! Catalogs.

use ipcsentry::Catalog;

use crate::error::ipcsentry_error;
use crate::guard::guard;
use crate::ptr::{self, Handle, Out};
use crate::status::{IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// What is to be detected, compiled. A reference: the catalog itself goes with the last handle and engine that use it.
///
/// Lifetime and threads: yours until `ipcsentry_catalog_free`; immutable, may be used by several threads at once.
#[derive(Debug)]
pub struct ipcsentry_catalog(Catalog);

impl Handle for ipcsentry_catalog {}

impl ipcsentry_catalog {
    pub(crate) fn get(&self) -> Catalog {
        self.0.clone()
    }
}

/// The catalog that ships with the library. Compiled at the first call, shared by all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_builtin(catalog: *mut *mut ipcsentry_catalog) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let out = unsafe { Out::new(catalog)? };
        out.set(ptr::give(ipcsentry_catalog(Catalog::builtin())));
        Ok(IPCSENTRY_OK)
    })
}

/// A catalog from JSON. On `IPCSENTRY_ERR_CATALOG` what is wrong is written to `error`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_from_json(
    json: ipcsentry_text,
    catalog: *mut *mut ipcsentry_catalog,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (json, out, error) = unsafe { (json.bytes()?, Out::new(catalog)?, Out::optional(error)) };
        let compiled = Catalog::from_json(json).map_err(|e| ipcsentry_error::from(e).report(error))?;
        out.set(ptr::give(ipcsentry_catalog(compiled)));
        Ok(IPCSENTRY_OK)
    })
}

/// Another handle on the same catalog, for an owner of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_retain(
    catalog: *const ipcsentry_catalog,
    shared: *mut *mut ipcsentry_catalog,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalog, out) = unsafe { (ptr::borrow(catalog)?, Out::new(shared)?) };
        out.set(ptr::give(ipcsentry_catalog(catalog.get())));
        Ok(IPCSENTRY_OK)
    })
}

/// Frees a handle; engines made with it go on. NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_free(catalog: *mut ipcsentry_catalog) {
    // SAFETY: by the header's contract.
    unsafe { ptr::free(catalog) }
}
