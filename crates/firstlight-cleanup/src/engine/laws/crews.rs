//! The workers of a simulation: what the engine called, and where each of them stands.

use std::time::Duration;

use crate::engine::{After, Call, Crew, Engine, Standing};
use crate::job::Job;
use crate::outcome::Outcome;

pub(super) struct Worker {
    pub(super) crew: Crew,
    pub(super) at: At,
}

/// Where a worker is.
pub(super) enum At {
    Coming,
    /// It is about to ask what is next.
    Asking,
    /// It has a clean-up; one that ends without being run has no row.
    Busy {
        job: Box<Job>,
        row: Option<usize>,
        outcome: Option<Outcome>,
    },
    Parked {
        until: Option<Duration>,
        called: bool,
    },
}

impl Worker {
    pub(super) fn standing(&self) -> Standing {
        match self.at {
            At::Coming => Standing::Coming,
            At::Asking | At::Busy { .. } => Standing::AtWork,
            At::Parked { .. } => Standing::Parked,
        }
    }

    /// Whether it will look without being called, by this time.
    fn looks_by(&self, time: Duration) -> bool {
        match self.at {
            At::Coming | At::Asking => true,
            At::Busy { .. } => false,
            At::Parked { until, called } => called || until.is_some_and(|until| until <= time),
        }
    }
}

/// Does what the engine wants done after the lock.
pub(super) fn act(workers: &mut Vec<Worker>, after: After) {
    for (crew, call) in [(Crew::Home, after.home), (Crew::Helpers, after.helpers)] {
        match call {
            Call::Nobody => {}
            Call::Spawn => workers.push(Worker { crew, at: At::Coming }),
            Call::Wake => {
                let mut sleepers = workers.iter_mut().filter(|worker| worker.crew == crew);
                let sleeper = sleepers.find_map(|worker| match &mut worker.at {
                    At::Parked { called, .. } => Some(called),
                    _ => None,
                });
                let called = sleeper.expect("there is one to wake");
                assert!(!std::mem::replace(called, true), "woken twice");
            }
        }
    }
    if let Some(over) = after.over {
        over.cancel();
    }
}

/// No stranded work: of each crew somebody looks for what comes up at `time`, or as many are busy as there is room for.
///
/// For what is not due yet one who is busy is enough: a place that the other crew gives up is taken only when somebody must look.
pub(super) fn somebody_looks(
    workers: &[Worker],
    engine: &Engine,
    most: usize,
    time: Duration,
) -> Result<(), String> {
    let of = |crew| workers.iter().filter(move |worker| worker.crew == crew);
    let busy = |crew| of(crew).filter(|worker| matches!(worker.at, At::Busy { .. })).count();
    for (crew, other) in [(Crew::Home, Crew::Helpers), (Crew::Helpers, Crew::Home)] {
        if crew == Crew::Helpers && !engine.helped {
            continue;
        }
        let asks = of(other).filter(|worker| matches!(worker.at, At::Asking)).count();
        let room = most.saturating_sub(busy(other) + asks).max(1);
        let enough = if engine.ready.is_empty() { 1 } else { room };
        if busy(crew) < enough && !of(crew).any(|worker| worker.looks_by(time)) {
            return Err(format!("nobody of {crew:?} looks by {time:?}"));
        }
    }
    Ok(())
}

/// At most one of a crew sleeps, and at most one is on its way.
pub(super) fn are_counted(workers: &[Worker], engine: &mut Engine, most: usize) {
    let mut busy = 0;
    for crew in [Crew::Home, Crew::Helpers] {
        let of = |which: fn(&At) -> bool| {
            workers.iter().filter(|worker| worker.crew == crew && which(&worker.at)).count()
        };
        let asleep = of(|at| matches!(at, At::Parked { called: false, .. }));
        let coming = of(|at| matches!(at, At::Coming | At::Parked { called: true, .. }));
        assert!(asleep <= 1 && coming <= 1, "{crew:?}: {asleep} sleep, {coming} come");
        let at_work = of(|at| matches!(at, At::Asking | At::Busy { .. }));
        assert_eq!(engine.staff(crew).busy(), at_work, "{crew:?}");
        busy += of(|at| matches!(at, At::Busy { .. }));
    }
    assert!(busy <= most + usize::from(engine.helped), "{busy} at a time");
}
