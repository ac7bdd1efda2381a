use crate::writer::WriterStats;

/// What became of what was logged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Early events that wait for a configuration.
    pub waiting: usize,
    /// Early events for which there was no room.
    pub evicted: u64,
    /// Events that were logged by a sink itself, and went nowhere.
    pub from_sinks: u64,
    /// Each sink by its name, and what became of its lines.
    pub sinks: Vec<(String, WriterStats)>,
}
