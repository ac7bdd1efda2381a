use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff;
use backon::{BackoffBuilder, ExponentialBuilder};
use fastrand::Rng;

use super::{Cell, Seen, World, nanos};

/// Many starts seen by a peer that knows only how often it has asked: its delays, from a seed.
pub fn delays<I>(world: World, starts: u64, delays: impl Fn(u64) -> I) -> Cell
where
    I: Iterator<Item = Duration>,
{
    let mut die = Rng::with_seed(world as u64);
    let mut cell = Cell::default();
    for seed in 0..starts {
        let ready_at = world.start(&mut die).ready_at();
        let (mut now, mut polls) = (0_u64, 1);
        let mut delays = delays(seed);
        cell.add(loop {
            if now >= ready_at {
                break Seen::Ready { ready_at, delay: now - ready_at, polls };
            }
            let Some(delay) = delays.next() else { break Seen::GaveUp };
            now = now.saturating_add(nanos(delay));
            polls += 1;
        });
    }
    cell
}

/// The same delay for ever.
pub fn fixed(interval: Duration) -> impl Iterator<Item = Duration> {
    std::iter::repeat(interval)
}

/// backon's delays with these settings.
pub fn backon(settings: ExponentialBuilder, seed: u64) -> impl Iterator<Item = Duration> {
    settings.with_jitter_seed(seed).build()
}

/// backoff's default: its own delays without their die, which cannot be seeded, times ours: ± 50 %, as its own.
pub fn backoff_default(seed: u64) -> impl Iterator<Item = Duration> {
    let mut die = Rng::with_seed(seed);
    let mut bare = ExponentialBackoff {
        randomization_factor: 0.0,
        max_elapsed_time: None,
        ..ExponentialBackoff::default()
    };
    std::iter::from_fn(move || bare.next_backoff().map(|delay| delay.mul_f64(0.5 + die.f64())))
}

/// The documented rule of Kubernetes' Go type `wait.Backoff`, written anew: 1 s, doubled, up to 10 % on top, cap 30 s.
///
/// The cap acts before the jitter, and once it has acted the delay stays there.
pub fn k8s_backoff(seed: u64) -> impl Iterator<Item = Duration> {
    let mut die = Rng::with_seed(seed);
    let cap = Duration::from_secs(30);
    let mut next = Duration::from_secs(1);
    std::iter::from_fn(move || {
        let delay = next;
        next = (next * 2).min(cap);
        Some(delay.mul_f64(1.0 + 0.1 * die.f64()))
    })
}
