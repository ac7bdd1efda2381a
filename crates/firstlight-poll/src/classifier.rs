use std::time::Duration;

use crate::error_class::ErrorClass;

/// The table that says of each [`ErrorClass`] whether to go on waiting.
///
/// It is pure, one line a class:
///
/// | class | default | because |
/// |---|---|---|
/// | refused, reset, closed, unreachable, name-lookup, timeout, server, protocol, exit, missing, other | transient | what a start looks like; a name appears when its service does |
/// | unauthorized (401) | fatal after 10 s | credentials are loaded late; 401 for ever is wrong credentials |
/// | forbidden (403) | fatal after 60 s | RBAC bootstraps after the port answers (kubernetes/minikube#8804; rancher/rke#527 stopped too early) |
/// | not-found (404), rejected (other 4xx) | fatal after 10 s | routes appear during a start (kubectl wait got this wrong for five years) |
/// | unknown-service | fatal after 60 s | a gRPC server registers its services one by one |
/// | tls-untrusted, tls-handshake | fatal after 10 s | certificates are written and rotated during a start (k3s-io/k3s#57) |
/// | tls-expired, redirect, config | fatal at once | no wait repairs them |
///
/// A grace runs from the first attempt of the class. Another kind of answer ends it; a time-out does not, and
/// does not count as an attempt (its time does).
///
/// ```
/// use std::time::Duration;
/// use firstlight_poll::{Classifier, Disposition, ErrorClass, Grace};
///
/// let patient = Classifier::default()
///     .with(ErrorClass::Unauthorized, Disposition::Until(Grace::time(Duration::from_secs(60))));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classifier {
    table: [Disposition; ErrorClass::ALL.len()],
}

/// What an error of a class means for the wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Go on waiting.
    Transient,
    /// Go on waiting until the grace is over, then it is fatal.
    Until(Grace),
    /// Stop at once.
    Fatal,
}

/// How long errors of one class may last without a break.
///
/// A time, a number of attempts, or whichever is over first. 0 of either makes the class fatal at once;
/// [`Duration::MAX`] and [`u32::MAX`] make it transient in practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grace {
    time: Duration,
    attempts: u32,
}

/// An unbroken run of errors of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streak {
    /// How many attempts in a row ended with the class; the first makes it 1.
    pub attempts: u32,
    /// The time from the first of them to the last.
    pub lasting: Duration,
}

impl Classifier {
    /// Makes a table in which every class is transient.
    pub const fn all_transient() -> Self {
        Self { table: [Disposition::Transient; ErrorClass::ALL.len()] }
    }

    /// The default.
    pub(crate) const fn documented() -> Self {
        const fn until(seconds: u64) -> Disposition {
            Disposition::Until(Grace::time(Duration::from_secs(seconds)))
        }
        Self::all_transient()
            .with(ErrorClass::Unauthorized, until(10))
            .with(ErrorClass::Forbidden, until(60))
            .with(ErrorClass::NotFound, until(10))
            .with(ErrorClass::Rejected, until(10))
            .with(ErrorClass::UnknownService, until(60))
            .with(ErrorClass::TlsUntrusted, until(10))
            .with(ErrorClass::TlsHandshake, until(10))
            .with(ErrorClass::TlsExpired, Disposition::Fatal)
            .with(ErrorClass::Redirect, Disposition::Fatal)
            .with(ErrorClass::Config, Disposition::Fatal)
    }

    /// Returns the same table with another line for this class.
    pub const fn with(mut self, class: ErrorClass, disposition: Disposition) -> Self {
        self.table[class.index()] = disposition;
        self
    }

    /// Returns the line of a class.
    pub const fn disposition(&self, class: ErrorClass) -> Disposition {
        self.table[class.index()]
    }

    /// Tells whether a streak of errors of this class ends the wait.
    pub fn is_fatal(&self, class: ErrorClass, streak: Streak) -> bool {
        match self.disposition(class) {
            Disposition::Transient => false,
            Disposition::Until(grace) => grace.is_over(streak),
            Disposition::Fatal => true,
        }
    }
}

impl Default for Classifier {
    fn default() -> Self {
        Self::documented()
    }
}

impl Grace {
    /// Makes a grace that is over when the class has lasted this long.
    pub const fn time(time: Duration) -> Self {
        Self { time, attempts: u32::MAX }
    }

    /// Makes a grace that is over with the attempt of this number.
    pub const fn attempts(attempts: u32) -> Self {
        Self { time: Duration::MAX, attempts }
    }

    /// Makes it over with the attempt of this number as well.
    pub const fn or_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    fn is_over(self, streak: Streak) -> bool {
        streak.lasting >= self.time || streak.attempts >= self.attempts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_table_is_the_documented_one() {
        use Disposition::{Fatal, Transient, Until};
        let seconds = |s| Until(Grace::time(Duration::from_secs(s)));
        for class in ErrorClass::ALL {
            let expected = match class {
                ErrorClass::Unauthorized | ErrorClass::NotFound | ErrorClass::Rejected => {
                    seconds(10)
                }
                ErrorClass::TlsUntrusted | ErrorClass::TlsHandshake => seconds(10),
                ErrorClass::Forbidden | ErrorClass::UnknownService => seconds(60),
                ErrorClass::TlsExpired | ErrorClass::Redirect | ErrorClass::Config => Fatal,
                _ => Transient,
            };
            assert_eq!(Classifier::default().disposition(class), expected, "{class}");
        }
    }

    #[test]
    fn a_grace_is_over_by_time_or_by_count_whichever_comes_first() {
        let s = Duration::from_secs;
        let streak = |attempts, lasting| Streak { attempts, lasting };
        for (grace, streak, over) in [
            (Grace::time(s(10)), streak(99, s(9)), false),
            (Grace::time(s(10)), streak(1, s(10)), true),
            (Grace::time(s(0)), streak(1, s(0)), true),
            (Grace::attempts(3), streak(2, s(999)), false),
            (Grace::attempts(3), streak(3, s(0)), true),
            (Grace::attempts(0), streak(1, s(0)), true),
            (Grace::time(s(10)).or_attempts(3), streak(3, s(1)), true),
            (Grace::time(s(10)).or_attempts(3), streak(2, s(10)), true),
            (Grace::time(s(10)).or_attempts(3), streak(2, s(9)), false),
        ] {
            let table =
                Classifier::all_transient().with(ErrorClass::Other, Disposition::Until(grace));
            assert_eq!(table.is_fatal(ErrorClass::Other, streak), over, "{grace:?} {streak:?}");
        }
    }
}
