//! What can happen to a set of gates, for the model and for those who feed it.

use std::time::Duration;

use firstlight_ready::{Expiry, GateState, Kind, OnDrop, Phase};

pub(crate) const NEVER: u64 = u64::MAX;

pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(NEVER)
}

#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) name: usize,
    pub(crate) kind: Kind,
    pub(crate) expiry: Expiry,
    pub(crate) shared: bool,
    pub(crate) latched: bool,
    /// So many reports in a row; one is any report, and written as 0.
    pub(crate) rise: u32,
    pub(crate) fall: u32,
    pub(crate) dwell: u64,
    pub(crate) silence: u64,
    pub(crate) empty_after: u64,
    pub(crate) within: u64,
    pub(crate) stall: u64,
    pub(crate) on_drop: OnDrop,
    /// From 1; 0 for none.
    pub(crate) stage: usize,
    /// By name.
    pub(crate) after: Vec<usize>,
    pub(crate) role: Option<usize>,
    pub(crate) views: Vec<&'static str>,
}

#[derive(Debug, Clone)]
pub(crate) enum Fact {
    Declare(Rules),
    Seal,
    /// Gates are numbered in the order of their declaration.
    Report(usize, GateState),
    Beat(usize),
    Drop(usize),
    Role(usize, bool),
    End(Phase),
    Tick,
}
