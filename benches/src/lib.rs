//! What the benchmarks share: telemetry to feed, floors to compare with, an allocator that counts.

pub mod count;
pub mod floor;
pub mod generate;
pub mod linux;
pub mod records;
pub mod render;
pub mod wrap;
