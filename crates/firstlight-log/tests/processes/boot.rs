//! Where and when a logger is booted, and who was there before.

use std::process::ExitCode;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use firstlight_log::{Booted, ConfigureError, Format, Outcome, Owner, Settings, Sink};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::accounts::{log_lines, numbers};
use super::child::child;

tests![
    l8_nothing_is_started_by_being_imported_and_one_thread_with_a_name_by_the_boot,
    l2_two_crates_that_boot_at_once_are_one_and_say_where_the_other_was,
    l2_after_a_foreign_subscriber_nothing_is_half_installed,
    l2_after_a_foreign_logger_of_log_tracing_is_ours_and_works,
    l2_after_both_nothing_is_touched,
    a_guard_of_the_second_boot_ends_nothing,
    a_boot_in_another_thread_than_main_is_as_good,
    a_boot_before_or_inside_a_runtime_is_as_good,
    a_boot_inside_a_scope_of_somebody_elses_subscriber_keeps_the_process,
    l13_what_is_logged_while_threads_are_torn_down_arrives,
    what_a_signal_task_logs_arrives,
];

/// The names of this process's threads.
pub(crate) fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("it is there");
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    };
    tasks.filter_map(name).map(|name| name.trim().to_owned()).collect()
}

fn count_ours() -> usize {
    threads().iter().filter(|name| name.starts_with("firstlight")).count()
}

fn text() -> Settings {
    Settings::new().with_sink(Sink::stdout().with_format(Format::Text))
}

fn configure(log: &Booted) {
    log.configure(text()).expect("configured");
}

pub(crate) fn play(part: &str) -> ExitCode {
    match part {
        "threads" => play_threads(),
        "two crates" => play_two_crates(),
        "foreign tracing" => play_foreign_tracing(),
        "foreign log" => play_foreign_log(),
        "both foreign" => play_both_foreign(),
        "second guard" => play_second_guard(),
        "in a thread" => {
            let booted = thread::spawn(|| {
                let log = firstlight_log::boot();
                configure(&log);
                log
            });
            let _log = booted.join().expect("no panic");
            log_lines();
        }
        "in a thread that ends" => {
            // Its guard is the end of logging; what comes later is written as long as the process lives.
            thread::spawn(|| configure(&firstlight_log::boot())).join().expect("no panic");
            log_lines();
            firstlight_log::exit(0);
        }
        "in a scope" => play_scope(),
        "before a runtime" => {
            let log = firstlight_log::boot();
            current_thread().block_on(async {
                configure(&log);
                log_lines();
            });
        }
        "inside a current-thread runtime" => current_thread().block_on(in_runtime()),
        "inside a multi-thread runtime" => multi_thread().block_on(in_runtime()),
        "in a task" => {
            multi_thread().block_on(async { tokio::spawn(in_runtime()).await.expect("no panic") });
        }
        "torn down" => play_torn_down(),
        "torn down early" => {
            let log = firstlight_log::boot();
            tear_down();
            configure(&log);
        }
        "signal task" => play_signal_task(),
        unknown => panic!("{unknown}"),
    }
    ExitCode::SUCCESS
}

/// The child has held everything that it asserts.
#[track_caller]
fn holds(part: &str) -> Vec<String> {
    let ran = child(&format!("boot {part}"));
    assert!(ran.status.success(), "{part}: {ran:#?}");
    ran.out
}

fn play_threads() {
    assert_eq!(threads().len(), 1, "before: {:?}", threads());
    let log = firstlight_log::boot();
    // A thread gives itself its name.
    while count_ours() == 0 {
        thread::yield_now();
    }
    assert_eq!((threads().len(), count_ours()), (2, 1), "{:?}", threads());
    assert!(threads().contains(&"firstlight-log".to_owned()));
    // The first sink takes over the thread that there is; each other one has its own.
    configure(&log);
    assert_eq!(count_ours(), 1, "{:?}", threads());
    log.set_sinks([Sink::stdout(), Sink::stderr()]).expect("they can be opened");
    // The one of the sink that was exchanged goes when that is empty, and that of the watchdog stays.
    while !(2..=3).contains(&count_ours()) {
        thread::yield_now();
    }
}

fn l8_nothing_is_started_by_being_imported_and_one_thread_with_a_name_by_the_boot() {
    holds("threads");
}

fn play_two_crates() {
    let barrier = Barrier::new(8);
    let booted: Vec<Booted> = thread::scope(|scope| {
        let boot = || {
            scope.spawn(|| {
                barrier.wait();
                firstlight_log::boot()
            })
        };
        let threads: Vec<_> = (0..8).map(|_| boot()).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let ours = Outcome { tracing: Owner::Installed, log: Owner::Installed };
    let first: Vec<_> = booted.iter().filter(|log| *log.outcome() == ours).collect();
    assert_eq!(first.len(), 1);
    let place = first[0].booted_at();
    assert!(place.file().ends_with("boot.rs"), "{place}");
    let already = Outcome { tracing: Owner::Already(place), log: Owner::Already(place) };
    assert_eq!(booted.iter().filter(|log| *log.outcome() == already).count(), 7);
    assert!(booted.iter().all(|log| log.outcome().is_ours()));
    configure(&booted[0]);
    let again = booted[7].configure(text()).expect_err("it is configured");
    assert!(matches!(again, ConfigureError::AlreadyConfigured { .. }), "{again}");
    log_lines();
}

fn l2_two_crates_that_boot_at_once_are_one_and_say_where_the_other_was() {
    assert_eq!(numbers(&holds("two crates")).len(), 5_000);
}

/// Keeps the messages of what it hears, and says which spans it knows.
#[derive(Clone, Default)]
struct Foreign(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Foreign {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        self.0.lock().expect("whole").push(event.metadata().target().to_owned());
    }
}

impl log::Log for Foreign {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0.lock().expect("whole").push(record.target().to_owned());
    }

    fn flush(&self) {}
}

impl Foreign {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("whole"))
    }

    fn subscribe(&self) {
        tracing::subscriber::set_global_default(Registry::default().with(self.clone()))
            .expect("the first");
    }

    fn log(&self) {
        log::set_boxed_logger(Box::new(self.clone())).expect("the first");
        log::set_max_level(log::LevelFilter::Info);
    }
}

/// Nothing of ours is there, and a configuration says whose fault that is.
fn is_foreign(log: &Booted, outcome: Outcome) {
    assert_eq!(*log.outcome(), outcome);
    assert!(!log.outcome().is_ours());
    let error = log.configure(text()).expect_err("it is not ours");
    assert!(matches!(error, ConfigureError::Foreign { .. }), "{error}");
    assert_eq!(count_ours(), 0, "no thread for nothing: {:?}", threads());
    assert_eq!(log.flush(Duration::ZERO), Ok(()));
    assert_eq!(*firstlight_log::boot().outcome(), outcome, "the second boot sees the same");
    assert!(!log.is_configured());
}

fn play_foreign_tracing() {
    let foreign = Foreign::default();
    foreign.subscribe();
    let log = firstlight_log::boot();
    is_foreign(&log, Outcome { tracing: Owner::Foreign, log: Owner::Untouched });
    tracing::info!(target: "hears", "still");
    log::info!(target: "nobody", "hears");
    assert_eq!(foreign.take(), ["hears"]);
    // Nobody was asked for `log`: whoever wants it can still have it.
    foreign.log();
    log::info!(target: "hears too", "now");
    assert_eq!(foreign.take(), ["hears too"]);
    let _ = std::panic::catch_unwind(|| panic!("not told"));
    assert!(foreign.take().is_empty(), "no hook for a logger that is not ours");
}

fn l2_after_a_foreign_subscriber_nothing_is_half_installed() {
    assert!(holds("foreign tracing").is_empty());
}

fn play_foreign_log() {
    let foreign = Foreign::default();
    foreign.log();
    let log = firstlight_log::boot();
    assert_eq!(*log.outcome(), Outcome { tracing: Owner::Installed, log: Owner::Foreign });
    assert!(log.outcome().is_ours());
    tracing::info!("line 0.");
    configure(&log);
    tracing::info!("line 1.");
    log::info!(target: "hears", "line 9.");
    log::debug!(target: "not", "line 9.");
    assert_eq!(foreign.take(), ["hears"], "its level is left alone");
}

fn l2_after_a_foreign_logger_of_log_tracing_is_ours_and_works() {
    assert_eq!(numbers(&holds("foreign log")), [0, 1]);
}

fn play_both_foreign() {
    let (one, two) = (Foreign::default(), Foreign::default());
    one.subscribe();
    two.log();
    is_foreign(&firstlight_log::boot(), Outcome { tracing: Owner::Foreign, log: Owner::Untouched });
    tracing::info!(target: "tracing", "still");
    log::info!(target: "log", "still");
    assert_eq!((one.take(), two.take()), (vec!["tracing".to_owned()], vec!["log".to_owned()]));
}

fn l2_after_both_nothing_is_touched() {
    assert!(holds("both foreign").is_empty());
}

fn play_second_guard() {
    let log = firstlight_log::boot();
    drop(firstlight_log::boot());
    assert!(log.stats().waiting > 0, "it has told nothing");
    configure(&log);
    drop(firstlight_log::boot());
    log_lines();
}

fn a_guard_of_the_second_boot_ends_nothing() {
    assert_eq!(numbers(&holds("second guard")).len(), 5_000);
}

fn a_boot_in_another_thread_than_main_is_as_good() {
    for part in ["in a thread", "in a thread that ends"] {
        assert_eq!(numbers(&holds(part)).len(), 5_000, "{part}");
    }
}

fn current_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn multi_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

async fn in_runtime() {
    let log = firstlight_log::boot();
    tokio::task::yield_now().await;
    configure(&log);
    log_lines();
}

fn a_boot_before_or_inside_a_runtime_is_as_good() {
    let inside = ["inside a current-thread runtime", "inside a multi-thread runtime", "in a task"];
    for part in ["before a runtime"].into_iter().chain(inside) {
        assert_eq!(numbers(&holds(part)).len(), 5_000, "{part}");
    }
}

fn play_scope() {
    let foreign = Foreign::default();
    let scoped = Registry::default().with(foreign.clone());
    let log = tracing::subscriber::with_default(scoped, || {
        let log = firstlight_log::boot();
        tracing::info!(target: "scoped", "line 9.");
        log
    });
    assert_eq!(foreign.take(), ["scoped"], "what is ours is not told there");
    assert_eq!(*log.outcome(), Outcome { tracing: Owner::Installed, log: Owner::Installed });
    assert_eq!(log.stats().waiting, 2, "what was before main, and the boot");
    tracing::info!("line 0.");
    configure(&log);
    tracing::info!("line 1.");
}

fn a_boot_inside_a_scope_of_somebody_elses_subscriber_keeps_the_process() {
    assert_eq!(numbers(&holds("in a scope")), [0, 1]);
}

/// Logs when the thread that it belongs to is torn down.
struct Late(usize);

impl Drop for Late {
    fn drop(&mut self) {
        let number = self.0;
        tracing::info_span!("the end", number).in_scope(|| tracing::info!("line {number}."));
        log::info!("line {}.", number + 1);
    }
}

thread_local! {
    static BEFORE: std::cell::OnceCell<Late> = const { std::cell::OnceCell::new() };
    static AFTER: std::cell::OnceCell<Late> = const { std::cell::OnceCell::new() };
}

/// One local that is older than what the logger keeps for the thread, and one that is younger.
fn tear_down() {
    let thread = thread::spawn(|| {
        BEFORE.with(|cell| cell.set(Late(0)).map_err(drop).expect("once"));
        tracing::info_span!("alive").in_scope(|| tracing::info!("line 10."));
        AFTER.with(|cell| cell.set(Late(2)).map_err(drop).expect("once"));
    });
    thread.join().expect("no panic");
}

fn play_torn_down() {
    let log = firstlight_log::boot();
    configure(&log);
    tear_down();
    // The main thread's own, after the guard has gone.
    AFTER.with(|cell| cell.set(Late(4)).map_err(drop).expect("once"));
}

fn l13_what_is_logged_while_threads_are_torn_down_arrives() {
    for (part, expected) in [("torn down", 6), ("torn down early", 4)] {
        let mut told = numbers(&holds(part));
        told.sort_unstable();
        assert!(told.iter().copied().eq((0..expected).chain([10])), "{part}: {told:?}");
    }
}

fn play_signal_task() {
    let log = firstlight_log::boot();
    configure(&log);
    multi_thread().block_on(async {
        use tokio::signal::unix::{SignalKind, signal};

        let mut signals = signal(SignalKind::user_defined1()).expect("it can be caught");
        let task = tokio::spawn(async move {
            signals.recv().await;
            log_lines();
        });
        let own = rustix::process::getpid();
        rustix::process::kill_process(own, rustix::process::Signal::USR1).expect("it lives");
        task.await.expect("no panic");
    });
}

fn what_a_signal_task_logs_arrives() {
    assert_eq!(numbers(&holds("signal task")).len(), 5_000);
}
