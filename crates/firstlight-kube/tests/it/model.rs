//! Any order of events, against a small model.

use firstlight_ready::{GateState, Hysteresis, Mode, Readiness, Spec};
use kube::runtime::watcher::Event;
use proptest::prelude::*;

use crate::support::{Rig, Told, list_failed, object, watch_error};

#[derive(Debug, Clone, Copy)]
enum Say {
    Init,
    Listed,
    Done,
    Apply,
    Delete,
    Error(u16),
    Gone,
    Later(u64),
    End,
}

fn say() -> impl Strategy<Value = Say> {
    prop_oneof![
        4 => Just(Say::Init),
        6 => Just(Say::Listed),
        2 => Just(Say::Done),
        2 => Just(Say::Apply),
        1 => Just(Say::Delete),
        3 => prop_oneof![Just(403), Just(500), Just(429)].prop_map(Say::Error),
        1 => Just(Say::Gone),
        2 => (1_u64..300).prop_map(Say::Later),
        1 => Just(Say::End),
    ]
}

/// What must be true, whatever was told.
#[derive(Debug, Default)]
struct Model {
    synced: bool,
    listed: u64,
    ended: bool,
}

impl Model {
    fn hear(&mut self, say: Say) {
        if self.ended {
            return;
        }
        match say {
            Say::Init => self.listed = 0,
            Say::Listed => self.listed += 1,
            Say::Done => self.synced = true,
            Say::End => self.ended = true,
            _ => {}
        }
    }
}

fn told(say: Say, revision: u64) -> Option<Told> {
    Some(match say {
        Say::Init => Ok(Event::Init),
        Say::Listed => Ok(Event::InitApply(object("a", revision))),
        Say::Done => Ok(Event::InitDone),
        Say::Apply => Ok(Event::Apply(object("a", revision))),
        Say::Delete => Ok(Event::Delete(object("a", revision))),
        Say::Error(code) => list_failed(code, "no"),
        Say::Gone => watch_error(410, "too old"),
        Say::Later(_) | Say::End => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Never ready before the first complete list, never un-ready after it; ended early is failed; a state that says
    /// trouble has a reason; and all who wait are woken as soon as there is something to know.
    #[test]
    fn the_first_complete_list_is_what_opens_it(
        says in prop::collection::vec(say(), 0..60),
        mode in prop_oneof![Just(Mode::Latched), Just(Mode::Live(Hysteresis::default()))],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let mut rig = Rig::of(Spec::new("cm").mode(mode).without_deadline());
            let waiters: Vec<_> = waiters(&rig.readiness);
            tokio::task::yield_now().await;
            let mut model = Model::default();
            for (revision, say) in says.iter().enumerate() {
                model.hear(*say);
                match (told(*say, revision as u64), say) {
                    (Some(told), _) => drop(rig.tell([told])),
                    (None, Say::Later(seconds)) => {
                        tokio::time::advance(std::time::Duration::from_secs(*seconds)).await;
                        rig.drive();
                    }
                    (None, _) => rig.end(),
                }
                let gate = rig.gate();
                prop_assert_eq!(gate.open, model.synced, "{:?}", gate.state);
                prop_assert_eq!(rig.readiness.is_ready(), model.synced);
                prop_assert_eq!(gate.flips, u64::from(model.synced), "it never closes");
                let early_end = model.ended && !model.synced;
                prop_assert_eq!(gate.state == GateState::Failed, early_end);
                if matches!(gate.state, GateState::Degraded | GateState::Failed) {
                    prop_assert!(gate.reason.is_some());
                }
                if !model.synced && !model.ended {
                    let shown = gate.progress.map_or(0, |progress| progress.done);
                    prop_assert!(shown >= model.listed, "{shown}");
                }
            }
            // As many yields as there are tasks: all that were woken have run.
            for _ in 0..waiters.len() + 1 {
                tokio::task::yield_now().await;
            }
            let woken = waiters.iter().all(tokio::task::JoinHandle::is_finished);
            prop_assert_eq!(woken, model.synced || model.ended);
            for waiter in waiters {
                waiter.abort();
            }
            Ok(())
        })?;
    }
}

fn waiters(readiness: &Readiness) -> Vec<tokio::task::JoinHandle<bool>> {
    let wait = |_| {
        let wait = readiness.wait().into_future();
        tokio::spawn(async move { wait.await.is_ok() })
    };
    (0..5).map(wait).collect()
}
