use super::sync::{Ordering, fence};

/// Hands a value over until what was handed over last is what there is.
///
/// Any number of threads may do so at once, without a lock. Who has read an older value, and was slow, must not leave it
/// behind: so each looks again after it has written. The fences pair with each other. Of two threads one fence is the first:
/// either its value is written before the other's, or the other sees that there is a newer one.
pub(super) fn settle<T: Copy + PartialEq>(read: impl Fn() -> T, write: impl Fn(T)) {
    let mut written = None;
    loop {
        fence(Ordering::SeqCst);
        let value = read();
        if written == Some(value) {
            return;
        }
        write(value);
        written = Some(value);
    }
}

#[cfg(all(test, firstlight_loom))]
mod loom_models {
    use loom::sync::Arc;
    use loom::sync::atomic::{AtomicU64, Ordering};
    use loom::thread;

    use super::settle;

    /// One thread has a new value, another hands over what it finds: the newest one is left behind.
    #[test]
    fn loom_who_is_slow_leaves_no_older_value_behind() {
        loom::model(|| {
            let cells = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
            let export = |cells: &[AtomicU64; 2]| {
                let read = || cells[0].load(Ordering::Acquire);
                settle(read, |value| cells[1].store(value, Ordering::Relaxed));
            };
            let other = Arc::clone(&cells);
            let scraper = thread::spawn(move || export(&other));
            cells[0].store(1, Ordering::Release);
            export(&cells);
            scraper.join().expect("it ends");
            assert_eq!(cells[1].load(Ordering::Relaxed), 1);
        });
    }
}
