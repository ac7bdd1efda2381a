use std::time::Duration;

use firstlight_ready::hold::Limits;

/// How long an item may be kept back when nothing else is said.
///
/// gRPC and Envoy give up on a resource 15 s after they have asked for it.
const HOLD: Duration = Duration::from_secs(5);

/// What a server keeps back, for how long, and how many streams it takes.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) holding: Holding,
    pub(crate) max_streams: usize,
    pub(crate) max_names: usize,
    pub(crate) max_request: usize,
}

/// What becomes of what is not whole.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Holding {
    /// Each item for itself, for a bounded time.
    PerItem(Limits),
    /// It is sent as it is.
    None,
    /// Nothing at all is sent while anything is missing.
    AllOrNothing,
}

impl Default for Settings {
    /// Holds of 5 s, 4096 streams, 16 384 names of one type, requests of 1 MiB.
    fn default() -> Self {
        Self {
            holding: Holding::PerItem(Limits::new(HOLD)),
            max_streams: 4096,
            max_names: 16_384,
            max_request: 1 << 20,
        }
    }
}

impl Settings {
    /// Sets how long items that are not whole are kept back, and what then.
    ///
    /// Keep it below the 15 s after which clients give up. At 0 nothing is held.
    #[must_use]
    pub fn with_holds(mut self, limits: Limits) -> Self {
        self.holding = Holding::PerItem(limits);
        self
    }

    /// Answers at once with what there is, whole or not, and without an order of adding and removing.
    ///
    /// To show what that does to clients; do not serve so.
    #[must_use]
    pub fn without_holds(mut self) -> Self {
        self.holding = Holding::None;
        self
    }

    /// Tells nobody anything while any reference is missing, without a bound: what kgateway #13868 did.
    ///
    /// To show the outage of it; do not serve so.
    #[must_use]
    pub fn all_or_nothing(mut self) -> Self {
        self.holding = Holding::AllOrNothing;
        self
    }

    /// Sets how many streams there may be at a time; more are refused with RESOURCE_EXHAUSTED. At 0 all are.
    #[must_use]
    pub fn with_max_streams(mut self, streams: usize) -> Self {
        self.max_streams = streams;
        self
    }

    /// Sets how many names of one type a stream may ask for; one that asks for more ends with
    /// RESOURCE_EXHAUSTED.
    #[must_use]
    pub fn with_max_names(mut self, names: usize) -> Self {
        self.max_names = names;
        self
    }

    /// Sets how large a request may be, in bytes; a stream with a larger one ends with OUT_OF_RANGE.
    #[must_use]
    pub fn with_max_request(mut self, bytes: usize) -> Self {
        self.max_request = bytes;
        self
    }
}
