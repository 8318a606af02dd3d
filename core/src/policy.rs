//! Stand-in until the policy lands.

/// A policy.
#[derive(Clone, Debug, Default)]
pub struct Policy {}
