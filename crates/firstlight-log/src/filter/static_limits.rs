use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing_log::AsTrace;

use super::Filter;

/// Tells when the build leaves out what the filter asks for (pitfall L12).
///
/// The features `max_level_*` and `release_max_level_*` of tracing and of log, turned on by any crate of the
/// build, take such calls out of the program: no filter brings them back.
pub(crate) fn static_limits(filter: &Filter) -> Option<String> {
    told(filter.max_level(), STATIC_MAX_LEVEL, log::STATIC_MAX_LEVEL.as_trace())
}

pub(super) fn told(asked: LevelFilter, tracing: LevelFilter, log: LevelFilter) -> Option<String> {
    let limits: Vec<_> = [("tracing", tracing), ("log", log)]
        .into_iter()
        .filter(|(_, limit)| *limit < asked)
        .map(|(library, limit)| match limit {
            LevelFilter::OFF => format!("all of {library}"),
            limit => format!("all of {library} that is more detailed than {limit}"),
        })
        .collect();
    (!limits.is_empty()).then(|| {
        format!(
            "the filter asks for {asked}, but this build leaves out {} (features max_level_* or release_max_level_*)",
            limits.join(" and ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFF: LevelFilter = LevelFilter::OFF;
    const INFO: LevelFilter = LevelFilter::INFO;
    const DEBUG: LevelFilter = LevelFilter::DEBUG;
    const TRACE: LevelFilter = LevelFilter::TRACE;

    #[test]
    fn l12_what_the_build_leaves_out_is_told_when_the_filter_asks_for_it() {
        for (asked, tracing, log, left_out) in [
            (TRACE, TRACE, TRACE, None),
            (INFO, INFO, INFO, None),
            (OFF, OFF, OFF, None),
            (INFO, DEBUG, INFO, None),
            (DEBUG, INFO, TRACE, Some("all of tracing that is more detailed than info")),
            (TRACE, TRACE, DEBUG, Some("all of log that is more detailed than debug")),
            (INFO, TRACE, OFF, Some("all of log")),
            (
                TRACE,
                OFF,
                INFO,
                Some("all of tracing and all of log that is more detailed than info"),
            ),
        ] {
            let told = told(asked, tracing, log);
            let expected = left_out.map(|left_out| {
                format!(
                    "the filter asks for {asked}, but this build leaves out {left_out} (features max_level_* or \
                     release_max_level_*)"
                )
            });
            assert_eq!(told, expected, "{asked} {tracing} {log}");
        }
    }

    #[test]
    fn l12_this_build_leaves_nothing_out() {
        assert_eq!(static_limits(&Filter::parse("off,db=trace").0), None);
    }
}
