//! How many instructions does a cheap question take? For a machine on which times are too noisy.
//!
//! ```text
//! apt-get install valgrind
//! cargo run --release --manifest-path benches/Cargo.toml --bin instructions [-- PART_OF_A_QUESTION]
//! ```
//!
//! Runs itself under callgrind, once with so many calls of a job and once with twice as many: the difference, divided, is what one call takes, the
//! loop around it included. Without valgrind it says so and ends.

use std::process::Command;

use firstlight_benches::cleanup::armed;
use firstlight_benches::cleanup::disarmed;
use firstlight_benches::cleanup::shield::{self, Peer as Shield};
use firstlight_benches::cleanup::{Tally, Work};
use firstlight_benches::log::{Format, Peer as Log, Question as Logged, child};
use firstlight_benches::poll::real_time;
use firstlight_benches::ready::answer;
use firstlight_benches::ready::question::{
    self, Counter, List, LockedMap, Ours, Peer, TonicHealth, Watch,
};
use firstlight_benches::ready::update::{self, Update};
use firstlight_clock::Clock;

/// Does the job so many times.
type Job = fn(u64);

/// A question, its limit's share that ours may take, and its contenders: ours, the limit, the others.
type Question = (&'static str, Option<f64>, &'static [(&'static str, Job)]);

const QUESTIONS: &[Question] = &[
    ("is_ready, 8 gates", Some(1.1), &is_ready::<8>()),
    ("is_ready, 64 gates", Some(1.1), &is_ready::<64>()),
    ("is_ready, 1024 gates", Some(1.1), &is_ready::<1_024>()),
    (
        "update without a change of the aggregate",
        None,
        &[
            ("ours, the same again", |n| update(Update::SameAgain, n)),
            ("twice two atomic RMW, and the clock", |n| {
                update::twice_the_limit_and_the_clock(&Counter::new(3), &Clock::new(), n);
            }),
            ("ours, progress", |n| update(Update::Progress, n)),
            ("ours, it opens or closes", |n| update(Update::Flip, n)),
        ],
    ),
    (
        "verbose text of 64 checks",
        Some(0.5),
        &[
            ("ours", |n| answer::Ours::new(64).texts(n)),
            ("writeln!", |n| answer::Lines::new(answer::Ours::new(64).snapshot()).texts(n)),
            ("ours, after a change", |n| answer::Ours::new(64).changed_texts(n)),
            ("ours, from the cache", |n| answer::Ours::new(64).cached_texts(n)),
        ],
    ),
    (
        "JSON of 64 checks",
        Some(1.0),
        &[
            ("ours", |n| answer::Ours::new(64).jsons(n)),
            ("serde_json", |n| answer::Document::of(&answer::Ours::new(64)).jsons(n)),
            ("ours, after a change", |n| answer::Ours::new(64).changed_jsons(n)),
        ],
    ),
    (
        "scope guard: create + disarm",
        Some(2.0),
        &[
            ("ours", |n| disarm(disarmed::scope::<false>, n)),
            ("scopeguard", |n| disarm(disarmed::scopeguard::<false>, n)),
            ("tokio::spawn in Drop", |n| disarm(disarmed::spawn_in_drop::<false>, n)),
        ],
    ),
    (
        "tracked guard: create + disarm",
        Some(1.2),
        &[
            ("ours", |n| disarm(disarmed::tracked::<false>, n)),
            ("TaskTracker, its token", |n| disarm(disarmed::task_tracker::<false>, n)),
            ("DropGuard of a cloned token", |n| disarm(disarmed::drop_guard::<false>, n)),
        ],
    ),
    ("drop + clean-up that is ready at once, one by one", Some(1.1), &drops::<0>()),
    ("drop + clean-up that is ready at once, all at once", Some(0.7), &drops::<1>()),
    ("drop + clean-up that waits once, all at once", Some(0.8), &drops::<2>()),
    (
        "shield, never dropped",
        None,
        &[
            ("ours", |n| shielded(Shield::Ours, n)),
            ("the bare future", |n| shielded(Shield::Bare, n)),
            ("tokio-shield", |n| shielded(Shield::TokioShield, n)),
        ],
    ),
    ("enabled event, text", Some(1.05), &events::<0>()),
    ("enabled event, JSON", Some(1.05), &events::<1>()),
    ("enabled event in two spans, text", Some(1.05), &events::<2>()),
    ("span: new, enter, exit, close", Some(1.1), &events::<3>()),
    (
        "early event into the ring",
        Some(0.25),
        &[
            ("ours", |n| child::here(Log::OursEarly, Format::Text, Logged::Event, n)),
            ("fmt", |n| child::here(Log::Fmt, Format::Text, Logged::Event, n)),
            ("a ring of formatted strings", |n| {
                child::here(Log::Strings, Format::Text, Logged::Event, n);
            }),
        ],
    ),
];

/// `WHAT`: 0 text, 1 JSON, 2 text in spans, 3 spans. The writer's thread and the flush after each thousand lines are counted too.
const fn events<const WHAT: u8>() -> [(&'static str, Job); 4] {
    [
        ("ours", |n| log::<WHAT>(Log::Ours, n)),
        ("fmt", |n| log::<WHAT>(Log::Fmt, n)),
        ("reload(fmt)", |n| log::<WHAT>(Log::ReloadFmt, n)),
        ("non_blocking", |n| log::<WHAT>(Log::NonBlocking, n)),
    ]
}

fn log<const WHAT: u8>(peer: Log, n: u64) {
    let format = if WHAT == 1 { Format::Json } else { Format::Text };
    let question = match WHAT {
        2 => Logged::EventInSpans,
        3 => Logged::Span,
        _ => Logged::Event,
    };
    child::here(peer, format, question, n);
}

/// `HOW`: 0 one by one, 1 all at once, 2 all at once and each waits once.
const fn drops<const HOW: u8>() -> [(&'static str, Job); 4] {
    [
        ("ours", |n| drop_all::<HOW>(armed::scope, n)),
        ("tokio::spawn in Drop", |n| drop_all::<HOW>(armed::spawn_in_drop, n)),
        ("mpsc to a reaper", |n| drop_all::<HOW>(armed::reaper, n)),
        ("ours, tracked", |n| drop_all::<HOW>(armed::tracked, n)),
    ]
}

fn drop_all<const HOW: u8>(peer: armed::Peer, n: u64) {
    let work = if HOW == 2 { Work::WaitsOnce } else { Work::Ready };
    // There is one round more that is not timed.
    let (guards, times) = if HOW == 0 { (1, n - 1) } else { (n, 0) };
    armed::run(&real_time(), peer, work, guards, times);
}

fn shielded(peer: Shield, n: u64) {
    shield::run(&real_time(), peer, n);
}

fn disarm(peer: fn(&'static Tally) -> disarmed::Job, n: u64) {
    assert_eq!(peer(Tally::leaked())(n), n, "not each was disarmed");
}

const fn is_ready<const GATES: usize>() -> [(&'static str, Job); 6] {
    [
        ("ours", ask::<Ours, GATES>),
        ("one atomic load", ask::<Counter, GATES>),
        ("watch, borrowed", ask::<Watch, GATES>),
        ("a locked map", ask::<LockedMap, GATES>),
        ("a list of atomics", ask::<List, GATES>),
        ("tonic-health, check", ask::<TonicHealth, GATES>),
    ]
}

fn ask<P: Peer, const GATES: usize>(n: u64) {
    let peer = question::open::<P>(GATES);
    assert_eq!(question::ask(&peer, n), n, "not ready");
}

fn update(update: Update, n: u64) {
    update::Ours::new(1).run(update, n);
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let only = arguments.first().map_or("", String::as_str);
    if let [question, contender, times] = arguments.as_slice() {
        let number = |text: &str| text.parse::<usize>().expect("a number");
        let (_, job) = QUESTIONS[number(question)].2[number(contender)];
        job(number(times) as u64);
        return;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("there is no valgrind here: nothing is counted");
        return;
    }
    println!("| question | contender | instructions | of the limit's | target | met |");
    println!("|---|---|---|---|---|---|");
    for (question, (name, target, contenders)) in QUESTIONS.iter().enumerate() {
        if !name.contains(only) {
            continue;
        }
        let counts: Vec<_> = (0..contenders.len()).map(|at| count(question, at)).collect();
        for (at, (contender, _)) in contenders.iter().enumerate() {
            let ratio = counts[at] / counts[1];
            let (target, met) = match target.filter(|_| at == 0) {
                Some(target) => {
                    (format!("<= {target}"), if ratio <= target { "yes" } else { "NO" })
                }
                None => (String::new(), ""),
            };
            println!(
                "| {name} | {contender} | {:.1} | {ratio:.2} | {target} | {met} |",
                counts[at]
            );
        }
    }
}

/// What one call of a job takes.
fn count(question: usize, contender: usize) -> f64 {
    const TIMES: u64 = 1_000;
    let all = |times: u64| {
        let this = std::env::current_exe().expect("this program");
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(this)
            .args([question.to_string(), contender.to_string(), times.to_string()])
            .output()
            .expect("valgrind");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        let collected = told.lines().find_map(|line| line.split_once("Collected : "));
        collected.and_then(|(_, n)| n.trim().parse::<f64>().ok()).expect("a number of instructions")
    };
    (all(2 * TIMES) - all(TIMES)) / TIMES as f64
}
