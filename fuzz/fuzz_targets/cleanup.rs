//! Laws: whatever is armed, dropped, disarmed, claimed, cancelled and drained in whatever order, every clean-up that is armed happens
//! once or is accounted for once; clean-ups of one key never overlap; a drain ends in its time; nothing panics.
#![no_main]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arbitrary::Arbitrary;
use firstlight_cleanup::{
    Attempt, Claim, Cleanup, Failure, Janitor, Outcome, Run, Settings, Stats, Tracked,
};
use libfuzzer_sys::fuzz_target;

const KEYS: [&str; 3] = ["a", "b", "c"];
/// What a panic says that is to be contained.
const PLANNED: &str = "planned";
const PHASES: [&str; 3] = ["streams", "rows", "unknown"];

#[derive(Debug, Arbitrary)]
struct Script {
    concurrency: u8,
    queue: u8,
    steps: Vec<Step>,
    deadline: u8,
}

#[derive(Debug, Arbitrary)]
enum Step {
    Arm(Plan),
    Drop(u8),
    Disarm(u8),
    Run(u8),
    Claim(u8),
    Cancel(u8),
    /// Lets the workers work, for so many milliseconds.
    Pass(u8),
    Close,
    /// A drain that is given up after so many milliseconds.
    Drain(u8),
}

#[derive(Debug, Arbitrary)]
struct Plan {
    idempotent: bool,
    key: Option<u8>,
    claimed: bool,
    phase: Option<u8>,
    delay: u8,
    deadline: u8,
    /// How long an attempt takes.
    takes: u8,
    /// How many of its attempts do not succeed, and how.
    fails: u8,
    how: How,
    sync_panics: bool,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum How {
    Fails,
    Fatally,
    Panics,
    Hangs,
}

/// What is known of one clean-up.
#[derive(Default)]
struct Fate {
    once: bool,
    synced: AtomicUsize,
    began: AtomicUsize,
    done: AtomicUsize,
}

/// Marks a key as being cleaned up, while it lives.
struct Alone(Arc<AtomicUsize>);

impl Alone {
    fn new(running: &Arc<AtomicUsize>) -> Self {
        assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "two of one key at a time");
        Self(Arc::clone(running))
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

struct World {
    janitor: Janitor,
    guards: Vec<(Tracked, Arc<Fate>)>,
    /// Of those whose guards were dropped or run.
    fired: Vec<Arc<Fate>>,
    /// Of those that were refused or disarmed.
    spared: Vec<Arc<Fate>>,
    runs: Vec<(Run, Arc<Fate>)>,
    claims: [Option<Claim>; 3],
    /// How many of a key are being cleaned up.
    running: [Arc<AtomicUsize>; 3],
}

fn ms(time: u8) -> Duration {
    Duration::from_millis(time.into())
}

impl World {
    fn new(janitor: Janitor) -> Self {
        let (guards, fired, spared, runs) = Default::default();
        let (claims, running) = Default::default();
        Self { janitor, guards, fired, spared, runs, claims, running }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Arm(plan) => self.arm(&plan),
            Step::Drop(which) => {
                if let Some((guard, fate)) = take(&mut self.guards, which) {
                    drop(guard);
                    assert_eq!(fate.synced.load(Ordering::SeqCst), 1, "the sync part runs in Drop");
                    self.fired.push(fate);
                }
            }
            Step::Disarm(which) => {
                if let Some((guard, fate)) = take(&mut self.guards, which) {
                    assert!(guard.disarm().is_some());
                    self.spared.push(fate);
                }
            }
            Step::Run(which) => {
                if let Some((guard, fate)) = take(&mut self.guards, which) {
                    self.runs.push((guard.run(), Arc::clone(&fate)));
                    self.fired.push(fate);
                }
            }
            Step::Claim(key) => {
                let key = usize::from(key % 3);
                let claim = self.janitor.claim(KEYS[key]);
                let old = self.claims[key].replace(claim);
                assert!(old.is_none_or(|old| !old.is_current()));
            }
            Step::Cancel(key) => {
                let fence = self.janitor.fence(KEYS[usize::from(key % 3)]);
                let _ = tokio::time::timeout(ms(key), fence.cancel()).await;
            }
            Step::Pass(time) => tokio::time::sleep(ms(time)).await,
            Step::Close => self.janitor.close(),
            Step::Drain(time) => {
                let drain = self.janitor.drain(ms(time) * 2);
                let _ = tokio::time::timeout(ms(time), drain).await;
                assert!(self.janitor.is_closing());
            }
        }
    }

    fn arm(&mut self, plan: &Plan) {
        let fate = Arc::new(Fate { once: !plan.idempotent, ..Fate::default() });
        let key = plan.key.map(|key| usize::from(key % 3));
        let running = key.map(|key| Arc::clone(&self.running[key]));
        let (takes, fails, how) = (ms(plan.takes), u32::from(plan.fails % 4), plan.how);
        let counts = Arc::clone(&fate);
        let factory = move |attempt: Attempt| {
            let alone = running.as_ref().map(Alone::new);
            let counts = Arc::clone(&counts);
            let began = counts.began.fetch_add(1, Ordering::SeqCst);
            assert_eq!(began + 1, attempt.number() as usize);
            async move {
                let _alone = alone;
                tokio::time::sleep(takes).await;
                if attempt.number() <= fails {
                    match how {
                        How::Fails => return Err(Failure::retry("fails")),
                        How::Fatally => return Err(Failure::fatal("fails")),
                        How::Panics => panic!("{PLANNED}"),
                        How::Hangs => std::future::pending().await,
                    }
                }
                counts.done.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        };
        let (counts, panics) = (Arc::clone(&fate), plan.sync_panics);
        let sync = move |_| {
            counts.synced.fetch_add(1, Ordering::SeqCst);
            assert!(!panics, "{PLANNED}");
        };
        let mut cleanup = if plan.idempotent {
            Cleanup::idempotent("idempotent", factory).with_sync(sync).boxed()
        } else {
            Cleanup::once("once", move |attempt| factory(attempt)).with_sync(sync).boxed()
        };
        cleanup = cleanup.with_delay(ms(plan.delay)).with_deadline(ms(plan.deadline) * 8);
        if let Some(key) = key {
            cleanup = cleanup.with_key(KEYS[key]);
            if let Some(claim) = self.claims[key].as_ref().filter(|_| plan.claimed) {
                cleanup = cleanup.with_claim(claim);
            }
        }
        if let Some(phase) = plan.phase {
            cleanup = cleanup.with_phase(PHASES[usize::from(phase % 3)]);
        }
        match self.janitor.track(cleanup) {
            Ok(guard) => self.guards.push((guard, fate)),
            Err(_) => {
                assert!(self.janitor.is_closing());
                self.spared.push(fate);
            }
        }
    }

    async fn end(&mut self, deadline: Duration) {
        self.fired.extend(self.guards.drain(..).map(|(_, fate)| fate));
        let began = tokio::time::Instant::now();
        let report = self.janitor.drain(deadline).await;
        // The moment in which what is interrupted lets go, and the ticks of timers.
        assert!(began.elapsed() <= deadline + ms(60), "{:?}", began.elapsed());
        assert_eq!(report.took, began.elapsed());
        self.janitor.assert_idle();
        let fates = self.fired.iter();
        let done: usize = fates.map(|fate| fate.done.load(Ordering::SeqCst)).sum();
        let stats = self.janitor.stats();
        assert_eq!(stats.completed, done as u64);
        assert_eq!(stats.detached, self.fired.len() as u64);
        assert_eq!(ended(&stats), stats.detached, "each ends once");
        for fate in &self.fired {
            assert_eq!(fate.synced.load(Ordering::SeqCst), 1);
            assert!(fate.done.load(Ordering::SeqCst) <= 1);
            assert!(!fate.once || fate.began.load(Ordering::SeqCst) <= 1);
        }
        for fate in &self.spared {
            assert_eq!(fate.synced.load(Ordering::SeqCst), 0);
            assert_eq!(fate.began.load(Ordering::SeqCst), 0);
        }
        for (run, fate) in self.runs.drain(..) {
            let completed = run.await == Outcome::Completed;
            assert_eq!(completed, fate.done.load(Ordering::SeqCst) == 1);
        }
    }
}

fn take<T>(among: &mut Vec<T>, which: u8) -> Option<T> {
    let at = usize::from(which).checked_rem(among.len())?;
    Some(among.swap_remove(at))
}

fn ended(stats: &Stats) -> u64 {
    stats.completed + stats.rescued + stats.superseded + unclean(stats)
}

fn unclean(stats: &Stats) -> u64 {
    let begun = stats.timed_out + stats.failed + stats.panicked + stats.interrupted;
    begun + stats.lost + stats.overflowed
}

/// Panics that are planned are the janitor's to contain; any other ends the process, also where it would be contained.
fn end_at_a_panic() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let planned = info.payload_as_str().is_some_and(|text| text.contains(PLANNED));
        if !planned {
            hook(info);
        }
    }));
}

fuzz_target!(init: end_at_a_panic(), |script: Script| {
    let swept = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&swept);
    let settings = Settings::new("fuzz")
        .with_concurrency(usize::from(script.concurrency % 5))
        .with_queue(usize::from(script.queue % 20))
        .with_phase(PHASES[0], 1)
        .with_phase(PHASES[1], 2)
        .with_sweeper(move |left| {
            assert!(left.outcome().is_some_and(|outcome| !outcome.is_clean()), "{left}");
            counts.fetch_add(1, Ordering::SeqCst);
        });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut world = World::new(Janitor::with(settings));
        for step in script.steps.into_iter().take(200) {
            world.step(step).await;
        }
        world.end(ms(script.deadline)).await;
        assert_eq!(swept.load(Ordering::SeqCst) as u64, unclean(&world.janitor.stats()));
    });
});
