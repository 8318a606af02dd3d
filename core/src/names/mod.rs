//! Names: every spelling of one object becomes one name, and patterns are matched against it.

mod glob;
mod normalize;
mod template;

pub(crate) use glob::{Fold, Folded, Glob, ImagePattern, base_name};
pub(crate) use normalize::{NameKind, basename, pipe};
pub(crate) use template::Stated;
pub use template::Template;
