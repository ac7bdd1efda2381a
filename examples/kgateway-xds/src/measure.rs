use std::time::Duration;

use support::{Mode, Outcome, Row, Value};
use tokio::time::Instant;

use crate::NAME;

/// A call, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) sent: Instant,
    pub(crate) ok: bool,
}

/// What a run came to; nothing where it was not measured.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) requests: Option<u64>,
    pub(crate) failed: Option<u64>,
    pub(crate) longest_outage: Option<Duration>,
    pub(crate) time_to_ready: Option<Duration>,
    pub(crate) time_to_first_configuration: Option<Duration>,
    pub(crate) flickers: Option<u64>,
}

impl Measured {
    /// Takes in what one client's calls came to.
    pub(crate) fn add(&mut self, mut calls: Vec<Call>, flickers: u64) {
        calls.sort_unstable_by_key(|call| call.sent);
        let failed = calls.iter().filter(|call| !call.ok).count() as u64;
        let add = |sum: &mut Option<u64>, more: u64| *sum = Some(sum.unwrap_or(0) + more);
        add(&mut self.requests, calls.len() as u64);
        add(&mut self.failed, failed);
        add(&mut self.flickers, flickers);
        self.longest_outage = self.longest_outage.max(Some(longest_outage(&calls)));
    }

    pub(crate) fn row(self, mode: Mode, outcome: Outcome) -> Row {
        Row::new(NAME, mode, "", outcome)
            .with("requests", Value::Count(self.requests))
            .with("failed", Value::Count(self.failed))
            .with("longest_outage", Value::Seconds(self.longest_outage))
            .with("time_to_ready", Value::Seconds(self.time_to_ready))
            .with("time_to_first_configuration", Value::Seconds(self.time_to_first_configuration))
            .with("flickers", Value::Count(self.flickers))
    }
}

/// Of one client's calls in their order: from the first that failed to the next that did not, or to the last.
fn longest_outage(calls: &[Call]) -> Duration {
    let mut since: Option<Instant> = None;
    let mut longest = Duration::ZERO;
    for call in calls {
        if let Some(since) = since {
            longest = longest.max(call.sent - since);
        }
        since = if call.ok { None } else { since.or(Some(call.sent)) };
    }
    longest
}

/// Whether the rows of both modes show what the README says.
pub(crate) fn check(rows: &[Row]) -> Result<(), String> {
    sentences(rows).ok_or_else(|| "a value is missing".to_owned())?
}

/// The sentences of the README, in its order; `None` when a row or a value is not there.
fn sentences(rows: &[Row]) -> Option<Result<(), String>> {
    let row = |mode| rows.iter().find(|row| row.mode == mode);
    let (broken, fixed) = (row(Mode::Broken)?, row(Mode::Fixed)?);
    let ready = |row: &Row| row.seconds("time_to_ready");
    let configured = |row: &Row| row.seconds("time_to_first_configuration");
    let gap = |row: &Row| Some(configured(row)?.saturating_sub(ready(row)?));
    let sentences = [
        ("every run ends with ready", rows.iter().all(|row| row.outcome == Outcome::Ready)),
        ("broken loses requests", broken.count("failed")? > 0),
        ("broken takes configurations away", broken.count("flickers")? > 0),
        ("broken is ready before it can say anything", ready(broken)? < configured(broken)?),
        ("fixed loses no request", fixed.count("failed")? == 0),
        ("fixed takes no configuration away", fixed.count("flickers")? == 0),
        ("fixed is ready when it can say everything", gap(fixed)? < gap(broken)?),
    ];
    let wrong = sentences.into_iter().find(|(_, holds)| !holds);
    Some(wrong.map_or(Ok(()), |(sentence, _)| Err(format!("not true in this run: {sentence}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_lasts_from_the_first_failure_to_the_next_success() {
        let start = Instant::now();
        // Each is sent 10 ms after the one before.
        for (calls, millis) in [
            ("", 0),
            ("....", 0),
            ("..x.", 10),
            ("x.xx.x", 20),
            (".xxx", 20),
            ("x", 0),
            ("xx.x..xxxx.", 40),
        ] {
            let calls = calls.chars().zip(0..).map(|(call, n)| Call {
                sent: start + Duration::from_millis(10) * n,
                ok: call == '.',
            });
            let calls: Vec<_> = calls.collect();
            assert_eq!(longest_outage(&calls), Duration::from_millis(millis), "{calls:?}");
        }
    }

    #[test]
    fn clients_add_up_and_the_longest_outage_is_that_of_one() {
        let start = Instant::now();
        let call = |n: u32, ok| Call { sent: start + Duration::from_secs(1) * n, ok };
        let mut measured = Measured::default();
        measured.add(vec![call(2, true), call(0, false), call(1, false)], 1);
        measured.add(vec![call(0, false), call(1, true)], 2);
        let expected = Measured {
            requests: Some(5),
            failed: Some(3),
            longest_outage: Some(Duration::from_secs(2)),
            flickers: Some(3),
            ..Measured::default()
        };
        assert_eq!(measured, expected);
    }
}
