//! The schedule alone: so many delays in a row, summed up.

use std::hint::black_box;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use firstlight_poll::{Envelope, ErrorClass, Moment, Pending, Schedule, Status};

/// What our schedule is told.
#[derive(Debug, Clone, Copy)]
pub enum Told {
    /// Nothing but an error.
    Refused,
    /// Progress, one step every so often.
    Progress,
}

/// Our local preset.
pub fn ours(delays: u64, told: Told) -> Duration {
    let status: Status = match told {
        Told::Refused => Status::error(ErrorClass::Refused, "".into()),
        Told::Progress => Pending::new().with_progress(3, 12).into(),
    };
    let mut schedule = Envelope::local().with_seed(1);
    let mut elapsed = Duration::ZERO;
    for _ in 0..delays {
        let moment = Moment { elapsed, unchanged: elapsed, status: &status };
        elapsed += schedule.pause(black_box(&moment)).sleep;
    }
    elapsed
}

/// backon's exponential delays with jitter.
pub fn backon(delays: u64) -> Duration {
    let settings = ExponentialBuilder::default().with_jitter().without_max_times();
    let mut backoff = settings.with_jitter_seed(1).build();
    let mut elapsed = Duration::ZERO;
    for _ in 0..delays {
        elapsed += black_box(&mut backoff).next().unwrap_or_default();
    }
    elapsed
}

/// The least: a 64-bit die and a cap.
pub fn xorshift_and_cap(delays: u64) -> Duration {
    let (mut die, mut elapsed, mut delay) = (1_u64, 0_u64, 50_000_000_u64);
    for _ in 0..delays {
        die ^= die << 13;
        die ^= die >> 7;
        die ^= die << 17;
        delay = black_box((delay * 2).min(2_000_000_000));
        elapsed += delay - die % (delay / 5);
    }
    Duration::from_nanos(elapsed)
}
