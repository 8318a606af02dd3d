//! Code shared by the benchmarks: generated telemetry, baselines, and a counting allocator.

pub mod c;
pub mod count;
pub mod estate;
pub mod floor;
pub mod generate;
pub mod linux;
pub mod records;
pub mod render;
pub mod rules;
pub mod wrap;
