//! How late do schedules see readiness, and for how many polls? Deterministic: the same bytes each time.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin schedules [-- --smoke]
//! ```
//!
//! 200 000 starts for each cell (`--smoke`: 2 000), first poll at 0, polls take no time. Rust peers are driven through their own crates; Go's
//! `wait.Backoff` is its documented rule, written anew. kube's `DefaultBackoff` cannot be had without kube's HTTP client; it *is* backon's, with the settings below.

use std::time::Duration;

use backon::ExponentialBuilder;
use firstlight_benches::simulation::{
    Cell, Promise, Told, World, aws_waiter, backoff_default, backon, delays, fixed, fixed_timeout,
    growing_timeout, k8s_backoff, ours, parallel, promise,
};
use firstlight_poll::{AttemptTimeout, Envelope};

fn main() {
    let smoke = std::env::args().any(|argument| argument == "--smoke");
    let starts = if smoke { 2_000 } else { 200_000 };
    let draws = if smoke { 10_000 } else { 1_000_000 };
    lateness(starts);
    hung(starts);
    targets(starts);
    promises(draws);
}

type Job<R> = Box<dyn FnOnce() -> R + Send>;
type Measure = fn(World, u64) -> Cell;
type Row = (String, &'static str, Measure);
type Preset = (&'static str, fn() -> Envelope);

const LOCAL: fn(u64) -> Envelope = |seed| Envelope::local().with_seed(seed);
const REMOTE: fn(u64) -> Envelope = |seed| Envelope::remote().with_seed(seed);

fn lateness(starts: u64) {
    println!(
        "## Lateness after readiness: mean s / p99 s / polls / worst delay over time (starts of 1 s and more)\n"
    );
    let mut rows: Vec<Row> = Vec::new();
    macro_rules! row {
        ($name:expr, $told:expr, $cell:expr) => {
            rows.push(($name.to_owned(), $told, $cell))
        };
    }
    row!("Envelope::local()", "informative", |w, n| ours(w, Told::Informative, n, LOCAL));
    row!("", "11/12 early, last dominates", |w, n| ours(w, Told::LastDominates, n, LOCAL));
    row!("", "0/12 until ready", |w, n| ours(w, Told::NothingDone, n, LOCAL));
    row!("", "refused until ready", |w, n| ours(w, Told::Refused, n, LOCAL));
    row!("Envelope::remote()", "informative", |w, n| ours(w, Told::Informative, n, REMOTE));
    row!("", "11/12 early, last dominates", |w, n| ours(w, Told::LastDominates, n, REMOTE));
    row!("", "0/12 until ready", |w, n| ours(w, Told::NothingDone, n, REMOTE));
    row!("", "refused until ready", |w, n| ours(w, Told::Refused, n, REMOTE));
    row!("fixed 1 s (wait4x, dockerize)", "any", |w, n| {
        delays(w, n, |_| fixed(Duration::from_secs(1)))
    });
    row!("fixed 2 s (k3s)", "any", |w, n| delays(w, n, |_| fixed(Duration::from_secs(2))));
    row!("k8s wait.Backoff 1 s x2 +10 % cap 30 s (rule)", "any", |w, n| delays(w, n, k8s_backoff));
    row!("backon default", "any", |w, n| {
        delays(w, n, |seed| backon(ExponentialBuilder::default(), seed))
    });
    row!("backon unlimited", "any", |w, n| {
        delays(w, n, |seed| backon(ExponentialBuilder::default().without_max_times(), seed))
    });
    row!("backon unlimited, jitter", "any", |w, n| {
        let settings = ExponentialBuilder::default().without_max_times().with_jitter();
        delays(w, n, move |seed| backon(settings, seed))
    });
    row!("backoff default (die seeded)", "any", |w, n| delays(w, n, backoff_default));
    row!("kube DefaultBackoff (its settings of backon)", "any", |w, n| {
        let settings = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(800))
            .with_max_delay(Duration::from_secs(30))
            .with_factor(2.0)
            .with_jitter()
            .without_max_times();
        delays(w, n, move |seed| backon(settings, seed))
    });
    row!("AWS waiter 2 s to 120 s", "any answer", aws_waiter);

    let jobs = rows
        .iter()
        .flat_map(|&(_, _, cell)| {
            World::ALL.map(|world| -> Job<_> { Box::new(move || cell(world, starts)) })
        })
        .collect();
    let cells = parallel(jobs);
    heading(&["schedule", "status"]);
    for ((name, told, _), cells) in rows.iter().zip(cells.chunks(World::ALL.len())) {
        let cells: Vec<_> = cells.iter().map(lateness_cell).collect();
        println!("| {name} | {told} | {} |", cells.join(" | "));
    }
    println!();
}

fn lateness_cell(cell: &Cell) -> String {
    let figures = format!(
        "{:.3} / {:.2} / {:.1} / {:.1} %",
        cell.mean(),
        cell.p99(),
        cell.polls(),
        cell.worst_share() * 100.0
    );
    if cell.gave_up() > 0.0 {
        format!("gives up {:.0} %, else {figures}", cell.gave_up() * 100.0)
    } else {
        figures
    }
}

fn hung(starts: u64) {
    println!("## Targets that hang before they are ready: mean s / p99 s / polls\n");
    let rows: [(&str, Measure); 4] = [
        ("local(), AttemptTimeout::local()", |w, n| {
            growing_timeout(w, n, LOCAL, AttemptTimeout::local())
        }),
        ("remote(), AttemptTimeout::remote()", |w, n| {
            growing_timeout(w, n, REMOTE, AttemptTimeout::remote())
        }),
        ("fixed 1 s, time-out 1 s", |w, n| {
            fixed_timeout(w, n, Duration::from_secs(1), Duration::from_secs(1))
        }),
        ("fixed 2 s, time-out 15 s (k3s)", |w, n| {
            fixed_timeout(w, n, Duration::from_secs(2), Duration::from_secs(15))
        }),
    ];
    let jobs = rows
        .iter()
        .flat_map(|&(_, cell)| {
            World::ALL.map(|world| -> Job<_> { Box::new(move || cell(world, starts)) })
        })
        .collect();
    let cells = parallel(jobs);
    heading(&["loop"]);
    for ((name, _), cells) in rows.iter().zip(cells.chunks(World::ALL.len())) {
        let figures =
            |cell: &Cell| format!("{:.3} / {:.2} / {:.1}", cell.mean(), cell.p99(), cell.polls());
        let cells: Vec<_> = cells.iter().map(figures).collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
    println!();
}

/// What we aim at for log-normal starts: the mean delay, and where it is stated the mean number of polls.
fn targets(starts: u64) {
    println!("## Targets, log-normal starts\n");
    println!("| what | mean s | polls | target | met |");
    println!("|---|---|---|---|---|");
    let world = World::LogNormal;
    for (name, cell, most, polls) in [
        ("local(), informative", ours(world, Told::Informative, starts, LOCAL), 0.10, Some(50.0)),
        ("local(), no status", ours(world, Told::Refused, starts, LOCAL), 0.35, None),
        ("remote(), informative", ours(world, Told::Informative, starts, REMOTE), 0.35, None),
        ("remote(), no status", ours(world, Told::Refused, starts, REMOTE), 0.60, None),
        (
            "local(), hung probes",
            growing_timeout(world, starts, LOCAL, AttemptTimeout::local()),
            0.50,
            None,
        ),
    ] {
        let met = cell.mean() <= most && polls.is_none_or(|polls| cell.polls() <= polls);
        let polls = polls.map_or_else(String::new, |polls| format!(" at <= {polls} polls"));
        println!(
            "| {name} | {:.3} | {:.1} | <= {most:.2} s{polls} | {} |",
            cell.mean(),
            cell.polls(),
            if met { "yes" } else { "NO" }
        );
    }
    println!();
}

fn heading(first: &[&str]) {
    let columns: Vec<_> = first.iter().copied().chain(World::ALL.map(World::name)).collect();
    println!("| {} |", columns.join(" | "));
    println!("|{}", "---|".repeat(columns.len()));
}

fn promises(draws: u64) {
    println!(
        "## Envelope::bound, starts between 1 ms and 15 min: largest share of what is promised\n"
    );
    println!("| schedule | status | draws | delay / bound | polls / bound | broken |");
    println!("|---|---|---|---|---|---|");
    let envelopes: [Preset; 2] =
        [("Envelope::local()", Envelope::local), ("Envelope::remote()", Envelope::remote)];
    let rows: Vec<_> = envelopes
        .into_iter()
        .flat_map(|envelope| {
            [Promise::Informative, Promise::Uninformative, Promise::Adversarial]
                .map(|says| (envelope, says))
        })
        .collect();
    let jobs = rows
        .iter()
        .zip(0..)
        .map(|(&((_, envelope), says), row)| -> Job<_> {
            Box::new(move || promise(envelope, says, draws, row << 32))
        })
        .collect();
    let mut broken = 0;
    for (((name, _), says), found) in rows.iter().zip(parallel(jobs)) {
        println!(
            "| {name} | {says:?} | {} | {:.4} | {:.4} | {} |",
            found.draws, found.delay, found.polls, found.broken
        );
        broken += found.broken;
    }
    assert_eq!(broken, 0, "the stated bound was broken");
}
