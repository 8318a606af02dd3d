//! Catalogs.

use ipcsentry::Catalog;

use crate::error::ipcsentry_error;
use crate::guard::guard;
use crate::ptr::{self, Handle, Out};
use crate::status::{IPCSENTRY_NONE, IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// A compiled catalog: the behaviors to detect. The handle is a reference; the catalog is freed with the last handle
/// and engine that use it.
///
/// Lifetime and threads: yours until `ipcsentry_catalog_free`; immutable, may be used by several threads at once.
#[derive(Debug)]
pub struct ipcsentry_catalog(Catalog);

impl Handle for ipcsentry_catalog {}

impl ipcsentry_catalog {
    pub(crate) fn get(&self) -> Catalog {
        self.0.clone()
    }

    /// The catalog, as long as the handle.
    pub(crate) const fn catalog(&self) -> &Catalog {
        &self.0
    }
}

/// The built-in catalog. It is compiled at the first call and shared by all handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_builtin(catalog: *mut *mut ipcsentry_catalog) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let out = unsafe { Out::new(catalog)? };
        out.set(ptr::give(ipcsentry_catalog(Catalog::builtin())));
        Ok(IPCSENTRY_OK)
    })
}

/// Compiles a catalog from JSON. On `IPCSENTRY_ERR_CATALOG` the error is written to `error`, which may be NULL.
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

/// Makes a catalog that extends this one with a JSON document: one behavior, or an object with any of `lists`,
/// `known_good`, `known_bad`, `conditions`, `reputations` and `behaviors`. On `IPCSENTRY_ERR_CATALOG` the error is
/// written to `error`, which may be NULL. `catalog` stays as it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_extend(
    catalog: *const ipcsentry_catalog,
    json: ipcsentry_text,
    extended: *mut *mut ipcsentry_catalog,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalog, json, out, error) =
            unsafe { (ptr::borrow(catalog)?, json.bytes()?, Out::new(extended)?, Out::optional(error)) };
        let compiled = catalog.0.extend(json).map_err(|e| ipcsentry_error::from(e).report(error))?;
        out.set(ptr::give(ipcsentry_catalog(compiled)));
        Ok(IPCSENTRY_OK)
    })
}

/// Makes a catalog that is this one without the behavior of the given code or id. On `IPCSENTRY_ERR_CATALOG` the error
/// is written to `error`, which may be NULL. `catalog` stays as it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_without(
    catalog: *const ipcsentry_catalog,
    name: ipcsentry_text,
    reduced: *mut *mut ipcsentry_catalog,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalog, name, out, error) =
            unsafe { (ptr::borrow(catalog)?, name.bytes()?, Out::new(reduced)?, Out::optional(error)) };
        let name = String::from_utf8_lossy(name);
        let compiled = catalog.0.without(&[&name]).map_err(|e| ipcsentry_error::from(e).report(error))?;
        out.set(ptr::give(ipcsentry_catalog(compiled)));
        Ok(IPCSENTRY_OK)
    })
}

/// Returns a warning by its number, from 0: a list or condition that no rule reads, in the built-in rules or in
/// extensions. `warning` has the place and the text, and is yours to free. `IPCSENTRY_NONE` when there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_warning(
    catalog: *const ipcsentry_catalog,
    number: usize,
    warning: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalog, out) = unsafe { (ptr::borrow(catalog)?, Out::new(warning)?) };
        let Some(found) = catalog.0.warnings().get(number) else { return Ok(IPCSENTRY_NONE) };
        out.set(ptr::give(ipcsentry_error::from(found.clone())));
        Ok(IPCSENTRY_OK)
    })
}

/// Makes another handle on the same catalog, for a second owner.
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

/// Frees a handle; engines made with it keep the catalog. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_free(catalog: *mut ipcsentry_catalog) {
    // SAFETY: by the header's contract.
    unsafe { ptr::free(catalog) }
}
