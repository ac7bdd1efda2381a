//! Law: whatever the settings, the heuristic and the moment of readiness, the stated bound holds (T1 and T2).
#![no_main]

use std::time::Duration;

use arbitrary::Arbitrary;
use firstlight_poll::{Envelope, ErrorClass, Moment, Rate, Schedule, Status};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    floor: u32,
    cap: u64,
    rates: (u16, u16),
    jitter: u16,
    phase: u16,
    seed: u64,
    ready_at: u32,
    hinted: bool,
    suggestions: Vec<u64>,
}

fuzz_target!(|input: Input| {
    let mut suggestions = input.suggestions.iter().copied().cycle();
    let mut envelope = Envelope::new(Duration::from_micros(input.floor.into()))
        .with_cap(Duration::from_nanos(input.cap))
        .with_rates(Rate::per_mille(input.rates.0.into()), Rate::per_mille(input.rates.1.into()))
        .with_jitter(Rate::per_mille(input.jitter.into()))
        .with_random_phase(Rate::per_mille(input.phase.into()))
        .with_seed(input.seed)
        .with_heuristic(move |_: &Moment<'_>| {
            Duration::from_nanos(suggestions.next().unwrap_or(0))
        });
    // At most a minute, so that a floor of a millisecond ends soon.
    let ready_at = Duration::from_micros(u64::from(input.ready_at) % 60_000_000);
    let bound = envelope.bound(ready_at);
    let status = Status::error(ErrorClass::Refused, "".into());
    let (mut now, mut polls) = (envelope.first(), 1);
    while now < ready_at {
        let pause = envelope.pause(&Moment { elapsed: now, unchanged: now, status: &status });
        assert!(pause.hinted <= pause.sleep);
        now = now.saturating_add(if input.hinted { pause.hinted } else { pause.sleep });
        polls += 1;
    }
    assert!(now - ready_at <= bound.lateness, "{:?} late, {bound}", now - ready_at);
    assert!(polls <= bound.polls, "{polls} polls, {bound}");
});
