//! Whatever happens in whatever order, the engine does what the model says: laws, not examples.

mod checks;
mod crews;
mod model;
mod moves;
mod sim;

use proptest::prelude::*;
use proptest::sample::Index;

use self::sim::Sim;

/// What can happen. An index picks one of those that are there; where there is none, nothing happens.
#[derive(Debug, Clone)]
enum Op {
    /// Its claim is of the first or the second registry, and so many claims old.
    Submit {
        delay: u64,
        time: u64,
        key: Option<usize>,
        claim: Option<(usize, usize)>,
        phase: u8,
    },
    /// One is counted that is in nobody's queue.
    CountIn,
    /// A worker that is coming, called, or whose timer is over begins; one that is there asks what is next.
    Step(Index),
    /// A clean-up in a worker's hands ends.
    End(Index),
    /// It is to be begun again.
    Again(Index, u64),
    /// A clean-up that ends without a worker ends.
    Bury(Index),
    /// A worker is dropped where it stands, and its clean-up begins anew or ends.
    Lose(Index, bool),
    /// One that sleeps has slept for long enough.
    Retire(Index),
    Claim {
        registry: usize,
        key: usize,
    },
    Cancel(usize),
    Fence(usize),
    Hasten(usize, u64),
    Phase(usize),
    Close,
    CloseIfIdle,
    Help,
    Dismiss,
    Pass(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let pick = any::<Index>;
    let key = 0..model::KEYS;
    let keyed = proptest::option::weighted(0.7, key.clone());
    let claim = proptest::option::weighted(0.4, (0..2_usize, 0..3_usize));
    let delay = prop_oneof![3 => Just(0), 2 => 0..4_u64];
    prop_oneof![
        12 => (delay, 0..12_u64, keyed, claim, 0..3_u8).prop_map(
            |(delay, time, key, claim, phase)| Op::Submit { delay, time, key, claim, phase }),
        16 => pick().prop_map(Op::Step),
        8 => pick().prop_map(Op::End),
        3 => (pick(), 0..3_u64).prop_map(|(which, pause)| Op::Again(which, pause)),
        6 => pick().prop_map(Op::Bury),
        2 => (pick(), any::<bool>()).prop_map(|(which, again)| Op::Lose(which, again)),
        1 => pick().prop_map(Op::Retire),
        3 => (0..2_usize, key.clone()).prop_map(|(registry, key)| Op::Claim { registry, key }),
        1 => key.clone().prop_map(Op::Cancel),
        2 => key.clone().prop_map(Op::Fence),
        1 => (key, 0..9_u64).prop_map(|(key, time)| Op::Hasten(key, time)),
        1 => Just(Op::CountIn),
        1 => (0..4_usize).prop_map(Op::Phase),
        1 => prop_oneof![1 => Just(Op::Close), 4 => Just(Op::CloseIfIdle)],
        1 => prop_oneof![Just(Op::Help), Just(Op::Dismiss)],
        4 => (0..3_u64).prop_map(Op::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_every_cleanup_ends_once_in_its_turn_and_none_is_stranded(
        workers in 0..4_usize,
        queue in 1..12_usize,
        ops in proptest::collection::vec(op(), 0..120),
    ) {
        let mut sim = Sim::new(workers, queue);
        for op in ops {
            sim.apply(op);
            sim.check();
        }
        sim.run_to_the_end();
    }
}
