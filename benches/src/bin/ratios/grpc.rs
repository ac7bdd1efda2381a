use std::time::Duration;

use firstlight_benches::contest::Contest;
use firstlight_benches::grpc::{Ours, Peer, TonicHealth, Watchers, checks};
use firstlight_benches::ready::question;

use crate::table::{begin, print};

const TONIC: &str = "tonic-health";

/// All questions about `firstlight-grpc`.
pub(crate) fn ratios(smoke: bool) {
    let (rounds, n) = if smoke { (2, 10) } else { (31, 20_000) };
    begin();
    for (address, what) in [(false, "Check"), (true, "Check, who asks is known")] {
        let times = Contest::new(job::<Ours>(address, n))
            .against(TONIC, job::<TonicHealth>(address, n))
            .run(rounds);
        let target = if address { None } else { Some((TONIC, 1.0)) };
        print(what, n, &times, target.as_slice());
    }
    beside_a_writer(rounds.min(11), n);
    for watchers in [1_usize, 1_000, 10_000] {
        watch(rounds, if smoke { watchers.div_ceil(100) } else { watchers });
    }
}

fn job<P: Peer>(address: bool, n: u64) -> impl FnMut() {
    let peer = P::new();
    peer.turn(true);
    move || checks(&peer, address, n)
}

/// As for `is_ready`, with another gate or another service of 64 that turns all the time.
fn beside_a_writer(rounds: usize, n: u64) {
    fn job<P: question::Peer>(times: u64, of: u64) -> impl FnMut() -> Duration {
        let peer = P::new(64);
        move || question::ask_beside_a_writer(&peer, times).mul_f64(of as f64 / times as f64)
    }
    let times = Contest::timed(job::<Ours>(n, n))
        .against_timed(TONIC, job::<question::TonicHealth>(n.div_ceil(20), n))
        .run(rounds);
    print("Check, a writer on the other core", n, &times, &[(TONIC, 0.1)]);
}

fn watch(rounds: usize, watchers: usize) {
    // Enough for a round to be long against the clock's grain.
    let flips = (2_000 / watchers).clamp(1, 200) as u64;
    for (reading, what) in [(false, "are woken"), (true, "have read it")] {
        let (mut ours, mut theirs) =
            (Watchers::<Ours>::new(watchers), Watchers::<TonicHealth>::new(watchers));
        let times = Contest::timed(move || ours.flips(flips, reading))
            .against_timed(TONIC, move || theirs.flips(flips, reading))
            .run(rounds);
        let question = format!("the status turns, {watchers} watch and {what}, per watcher");
        let target = if watchers > 1 && reading { Some((TONIC, 1.0)) } else { None };
        print(&question, flips * watchers as u64, &times, target.as_slice());
    }
}
