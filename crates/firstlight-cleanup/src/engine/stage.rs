/// How far the end of a janitor has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Open,
    /// The drain is in this phase.
    Closing {
        phase: usize,
    },
    /// The drain is over.
    Closed,
}
