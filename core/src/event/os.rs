//! The platforms.

use super::wire::enumeration;

enumeration! {
    /// The operating system an event comes from; decides which analytic may judge it.
    pub enum Os {
        /// Windows (AN1357).
        Windows = 0,
        /// Linux (AN1358).
        Linux = 1,
        /// macOS (AN1359).
        Macos = 2,
    }
}
