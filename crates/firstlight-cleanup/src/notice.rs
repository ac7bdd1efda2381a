use std::time::Duration;

use crate::key::Key;
use crate::outcome::Outcome;
use crate::reason::Reason;

/// Something that happened to a clean-up: what an observer is told.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Notice<'a> {
    /// What happened.
    pub what: What<'a>,
    /// The clean-up's name.
    pub name: &'static str,
    /// What it acts on.
    pub key: Option<&'a Key>,
    /// Why it runs; of an armed guard none yet.
    pub reason: Option<Reason>,
    /// How long it is armed, or detached.
    pub age: Duration,
    /// How many attempts were begun.
    pub attempts: u32,
}

/// What happened to a clean-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum What<'a> {
    /// Its async part was handed over.
    Detached,
    /// Its sync part panicked, and said so.
    SyncPanicked(&'a str),
    /// An attempt did not answer well, said so, and another one follows.
    Retrying(&'a str),
    /// It ended.
    Ended(Outcome),
    /// Its guard is armed for longer than [`with_warn_after`](crate::Settings::with_warn_after) allows.
    ArmedLong,
}
