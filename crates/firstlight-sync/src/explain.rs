use crate::list::List;
use crate::source_report::SourceReport;
use crate::text::clean;
use crate::tracker::Tracker;

/// The longest line, in bytes: eight sources with the longest names fit.
const MAX_LINE: usize = 2048;

pub(crate) fn explain(tracker: &Tracker) -> String {
    let (shared, name) = (tracker.shared(), tracker.name());
    // One look: between two, the last source may be done.
    let (outcome, mut pending) =
        shared.watched.read(|state| (state.outcome.clone(), shared.reports(state)));
    let line = match outcome {
        Some(Err(error)) => error.to_string(),
        Some(Ok(synced)) => {
            let sum =
                |count: fn(&SourceReport) -> u64| synced.sources().iter().map(count).sum::<u64>();
            format!(
                "{name} is synced after {:.1} s: {}; {} sources, {} relevant, {} irrelevant, {} rejected, {} abandoned",
                synced.took().as_secs_f64(),
                synced.verdict(),
                synced.sources().len(),
                sum(|source| source.relevant),
                sum(|source| source.irrelevant),
                sum(|source| source.rejected),
                sum(|source| source.abandoned),
            )
        }
        None => {
            let all = pending.len();
            pending.retain(SourceReport::is_pending);
            format!("{name} waits for {} of {all} sources: {}", pending.len(), List(&pending))
        }
    };
    clean(line, MAX_LINE).into_string()
}
