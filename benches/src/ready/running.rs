//! From the opening of the last gate to a task that waits for it, running, on the same thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::task::yield_now;

use crate::contest::time;
use crate::poll::real_time;
use crate::ready::door::Door;

/// Opens so many doors, one after the other, each with a task behind it that must have run before the next.
///
/// # Panics
/// When a task does not run, or does not find what it waited for.
pub fn run(doors: usize, door: impl Fn(usize) -> Door) -> Duration {
    let runtime = real_time();
    let ran = Arc::new(AtomicUsize::new(0));
    let mut doors: Vec<_> = (0..doors).map(|_| door(1)).collect();
    for waiter in doors.iter_mut().flat_map(|door| std::mem::take(&mut door.waiters)) {
        let ran = Arc::clone(&ran);
        drop(runtime.spawn(async move {
            if waiter.await {
                ran.fetch_add(1, Relaxed);
            }
        }));
    }
    runtime.block_on(async {
        // Once round for each batch of tasks that a runtime polls between two looks at its main task.
        for _ in 0..=doors.len() {
            yield_now().await;
        }
        assert_eq!(ran.load(Relaxed), 0, "a wait is over too early");
    });
    let open = async {
        for (opened, door) in doors.iter_mut().enumerate() {
            door.open();
            while ran.load(Relaxed) <= opened {
                yield_now().await;
            }
        }
    };
    time(|| runtime.block_on(open))
}
