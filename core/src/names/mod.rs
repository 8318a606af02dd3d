//! Names: normalizes all spellings of one object to one name, and matches patterns against names.

mod glob;
mod normalize;
mod pipe;
mod stability;
#[allow(unreachable_pub, reason = "part of the compiled rules, which tests of the repository read")]
mod template;
mod volume;

pub(crate) use glob::{Fold, Folded, Glob, ImagePattern, base_name};
pub(crate) use normalize::{NameKind, basename, below_home, runs_from_memory, without_alias};
pub(crate) use pipe::{ends_argument, holds_pipe_root, is_pipe, pipe, pipes_in, until_argument_ends, without_session};
pub(crate) use stability::{command_shape, stable_pattern, template};
pub(crate) use template::{Stated, Template};
