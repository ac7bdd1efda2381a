//! How many instructions does a cheap question take? For a machine on which times are too noisy.
//!
//! ```text
//! apt-get install valgrind
//! cargo run --release --manifest-path benches/Cargo.toml --bin instructions
//! ```
//!
//! Runs itself under callgrind, once with so many calls of a job and once with twice as many: the difference, divided, is what one call takes, the
//! loop around it included. Without valgrind it says so and ends.

use std::process::Command;

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
];

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
