//! What is let through: directives, as `RUST_LOG` has them.

mod complaint;
mod level;
mod parse;
mod problem;
mod static_limits;
mod suggest;
mod target;

use std::{fmt, iter};

use tracing::Level;
use tracing::level_filters::LevelFilter;

use self::target::{MAX_TARGET, same};

pub use self::complaint::Complaint;
pub use self::problem::Problem;
pub(crate) use self::static_limits::static_limits;

/// So many directives are looked at one by one; more are searched.
const FEW: usize = 8;

/// Which events are let through: a level, and others for some targets.
///
/// Read from directives, as users of `env_logger` and `EnvFilter` write them into `RUST_LOG`:
/// `info,hyper=warn,my_crate::db=trace`.
///
/// | directive | meaning |
/// |---|---|
/// | `info` | the level of all targets that no directive names |
/// | `hyper=warn` | the level of this target and of the modules in it |
/// | `hyper` | the same as `hyper=trace`, unless it looks like a misspelt level |
///
/// * Levels are `off`, `error`, `warn`, `info`, `debug`, `trace`, in small letters or capitals, or 0 to 5.
/// * The longest target that matches wins, whatever its place in the text; of directives for the same target
///   the last.
/// * A target matches whole modules: `hyper` is `hyper` and `hyper::client`, not `hyperlocal`. (The peers
///   named above compare letters only, and let `hyper=trace` open `hyperlocal` as well.)
/// * `-` and `_` are the same, so that a package's name can stand for its crate's.
/// * White space around a directive and around its `=` counts for nothing, nor does an empty directive.
/// * An empty text is `info`.
/// * Where targets are named and no level stands alone, as in `hyper=warn`, all other targets are off, as
///   with the peers. But when something was not understood, it is `info`: the level may have been in there.
///
/// What is not understood is a [`Complaint`] each, and the rest applies. That goes for spans, fields and
/// regular expressions (`[span{id=7}]=debug`, `info/pattern`), which are not supported, and for a lone word
/// that is probably no target:
///
/// * what other systems call a level: `warning`, `fatal`, `verbose`, `none` and the like;
/// * one slip from a level's name (a letter missing, too many or wrong, or two in the wrong order): `inof`,
///   `wran`;
/// * two slips from a name of five letters, when the first letter is right: `dbg`;
/// * a number above 5.
///
/// A target of such a name needs its level said: `trade=trace`. (`warp` is taken for the crate.)
///
/// # Bounds
/// The text counts up to 64 KiB, 1 000 directives, and 256 bytes a target; what is beyond is a complaint and
/// ignored.
///
/// # Examples
/// ```
/// use firstlight_log::Filter;
/// use tracing::Level;
///
/// let (filter, complaints) = Filter::parse("info,hyper=warn,sqlx=dbug");
/// assert!(!filter.enables(Level::INFO, "hyper::client"));
/// assert!(filter.enables(Level::INFO, "hyperlocal"));
/// assert_eq!(
///     complaints[0].to_string(),
///     r#"directive 3 at byte 16, "sqlx=dbug": no such level; did you mean "sqlx=debug"?"#
/// );
/// assert_eq!(filter.to_string(), "info,hyper=warn");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Of all other targets.
    default: LevelFilter,
    /// Sorted, each once, with `_` for `-`.
    targets: Box<[(Box<str>, LevelFilter)]>,
    max: LevelFilter,
    /// What every target lets through.
    min: LevelFilter,
}

impl Filter {
    /// Reads directives; what it does not understand it tells, and leaves out.
    ///
    /// Takes any text, and is done with it in a bounded time. The complaints are in the order of the text.
    #[must_use = "what was not understood is in the complaints"]
    pub fn parse(text: &str) -> (Self, Vec<Complaint>) {
        parse::parse(text)
    }

    /// Of directives for the same target the last one counts.
    fn new(default: LevelFilter, directives: Vec<(&str, LevelFilter)>) -> Self {
        let mut targets: Vec<(Box<str>, LevelFilter)> = directives
            .into_iter()
            .rev()
            .map(|(target, level)| (target.replace('-', "_").into(), level))
            .collect();
        // Stable: of the same targets the first is now the one that was last.
        targets.sort_by(|(a, _), (b, _)| a.cmp(b));
        targets.dedup_by(|(later, _), (first, _)| later == first);
        let levels = || targets.iter().map(|(_, level)| *level);
        let (max, min) =
            (levels().fold(default, LevelFilter::max), levels().fold(default, LevelFilter::min));
        Self { default, targets: targets.into(), max, min }
    }

    /// Tells the most detailed level that is let through for a target.
    pub fn level_for(&self, target: &str) -> LevelFilter {
        // Each event may come by here, and most filters are short: one look at each directive.
        if self.targets.len() <= FEW {
            let around = self.targets.iter().filter(|(known, _)| target::is_within(target, known));
            return around
                .max_by_key(|(known, _)| known.len())
                .map_or(self.default, |(_, level)| *level);
        }
        let ends = target.as_bytes().windows(2).enumerate().rev();
        let ends = ends.filter(|(_, pair)| *pair == b"::").map(|(end, _)| end);
        iter::once(target.len())
            .chain(ends)
            .filter(|end| *end <= MAX_TARGET)
            .find_map(|end| self.exactly(target.get(..end)?))
            .unwrap_or(self.default)
    }

    /// Tells whether an event of this level and target is let through.
    pub fn enables(&self, level: Level, target: &str) -> bool {
        // First what most events end at: no target wants it, or each does.
        level <= self.max && (level <= self.min || level <= self.level_for(target))
    }

    /// Returns the most detailed level that is let through for any target.
    pub fn max_level(&self) -> LevelFilter {
        self.max
    }

    fn exactly(&self, target: &str) -> Option<LevelFilter> {
        let found = self.targets.binary_search_by(|(known, _)| same(known, target));
        self.targets.get(found.ok()?).map(|(_, level)| *level)
    }
}

/// Lets `info` through.
impl Default for Filter {
    fn default() -> Self {
        Self::new(level::DEFAULT, Vec::new())
    }
}

/// Directives that read as the same filter, if they are within the bounds.
///
/// The level of all others comes first, then the targets in the order of the alphabet.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.default)?;
        self.targets.iter().try_for_each(|(target, level)| write!(f, ",{target}={level}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_filter_says_what_a_long_one_says() {
        let short =
            "info,hyper=warn,hyper::proto=trace,my-app::db=debug,a=off,a::=error,größe=warn";
        let long =
            (0..FEW).fold(short.to_owned(), |text, number| format!("{text},other{number}=trace"));
        let (short, long) = (Filter::parse(short).0, Filter::parse(&long).0);
        assert!(short.targets.len() <= FEW && long.targets.len() > FEW);
        for target in [
            "",
            "hyper",
            "hyper::",
            "hyper::client",
            "hyperlocal",
            "hyper:client",
            "hyper::proto",
            "hyper::proto::h1",
            "my_app::db",
            "my-app::db::pool",
            "my_app",
            "a",
            "a::b",
            "a:::b",
            "::a",
            "größe",
            "größe::x",
            "gr",
            "unknown",
        ] {
            assert_eq!(short.level_for(target), long.level_for(target), "{target:?}");
        }
    }
}
