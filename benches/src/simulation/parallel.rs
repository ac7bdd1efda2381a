use std::sync::Mutex;
use std::thread;

/// Does every job, on all cores, and returns the results in the order of the jobs.
pub fn parallel<R: Send>(jobs: Vec<Box<dyn FnOnce() -> R + Send + '_>>) -> Vec<R> {
    let mut results: Vec<Option<R>> = jobs.iter().map(|_| None).collect();
    {
        let queue = Mutex::new(jobs.into_iter().zip(&mut results));
        let next = || queue.lock().ok()?.next();
        let work = || {
            while let Some((job, slot)) = next() {
                *slot = Some(job());
            }
        };
        thread::scope(|scope| {
            for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(work);
            }
        });
    }
    results.into_iter().flatten().collect()
}
