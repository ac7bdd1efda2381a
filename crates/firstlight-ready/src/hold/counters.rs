/// What became of all holds; for metrics.
///
/// At any time `defers` is `recoveries` + `bounded_publishes` + `forgotten` + those that are held now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counters {
    /// Holds that were begun.
    pub defers: u64,
    /// Holds that ended with a whole item.
    pub recoveries: u64,
    /// Holds that ended with half of an item, since their time was over.
    pub bounded_publishes: u64,
    /// Holds that ended since their item has gone.
    pub forgotten: u64,
    /// Holds whose time was over and whose receiver had to keep what it had.
    pub withheld: u64,
    /// Holds whose time was over and which let their part fail.
    pub failed: u64,
    /// Items that could not be held, since too many were.
    pub refused: u64,
}
