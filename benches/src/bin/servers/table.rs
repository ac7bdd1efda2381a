use std::time::Duration;

use crate::load::{Load, Turn};

/// Begins the table.
pub(crate) fn begin() {
    println!(
        "| question | server | probes/s | processor time each | ours / axum | of one core | p50 | p99 | memory | grown by |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
}

/// A line for each server: medians of its turns. Ours is the first.
pub(crate) fn print(
    question: &str,
    load: Load,
    turns: &[[Turn; 2]],
    before: [i64; 2],
    after: [i64; 2],
) {
    let median = |mut of: Vec<f64>| {
        of.sort_unstable_by(f64::total_cmp);
        of[of.len() / 2]
    };
    for (at, server) in ["Health::serve", "axum::serve, a constant"].into_iter().enumerate() {
        let of = |what: &dyn Fn(&Turn) -> f64| {
            median(turns.iter().map(|turn| what(&turn[at])).collect())
        };
        let each = |time: Duration| time.as_secs_f64() / load.probes as f64;
        let rate = of(&|turn| 1.0 / each(turn.wall));
        let processor = of(&|turn| each(turn.processor) * 1e6);
        let share = of(&|turn| turn.processor.as_secs_f64() / turn.wall.as_secs_f64() * 100.0);
        let wait = |share: f64| {
            of(&|turn| turn.waits[(turn.waits.len() as f64 * share) as usize].as_secs_f64() * 1e6)
        };
        let ratio = match at {
            0 => {
                let ratio = |[ours, theirs]: &[Turn; 2]| {
                    ours.processor.as_secs_f64() / theirs.processor.as_secs_f64()
                };
                format!("{:.2}", median(turns.iter().map(ratio).collect()))
            }
            _ => String::new(),
        };
        println!(
            "| {question} | {server} | {rate:.0} | {processor:.1} us | {ratio} | {share:.0} % | {:.0} us | {:.0} us | {:.1} MiB | {} KiB |",
            wait(0.5),
            wait(0.99),
            after[at] as f64 / 1_024.0,
            after[at] - before[at]
        );
    }
}
