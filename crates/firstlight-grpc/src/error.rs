use firstlight_ready::{Name, Reason};

use crate::services::{MAX_SERVICE_NAME, MAX_SERVICES};

/// Why a service was not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// There is one of this name; the empty name is always taken, by the view `ready`.
    #[error("service {service:?} was added before")]
    Duplicate {
        /// Its name, bounded and cleaned.
        service: Reason,
    },
    /// Its name is longer than [`MAX_SERVICE_NAME`] bytes.
    #[error("a service name of {length} bytes is longer than {MAX_SERVICE_NAME}: {start}...")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// Its first characters, cleaned.
        start: Reason,
    },
    /// There are [`MAX_SERVICES`] already.
    #[error("service {service:?} is one more than the {MAX_SERVICES} that there can be")]
    TooMany {
        /// Its name, bounded and cleaned.
        service: Reason,
    },
    /// Its view is one of another set, whose end would not be this one's.
    #[error("service {service:?} has the view {view} of another set than {set}")]
    OtherSet {
        /// Its name, bounded and cleaned.
        service: Reason,
        /// The view.
        view: Name,
        /// The set that the health service is of.
        set: Name,
    },
}
