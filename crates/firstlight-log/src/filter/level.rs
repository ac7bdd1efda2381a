use tracing::level_filters::LevelFilter;

/// When no directive says one.
pub(super) const DEFAULT: LevelFilter = LevelFilter::INFO;

const NAMES: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// What levels are called elsewhere: syslog, log4j, Python, Android, npm.
const ALIASES: [(&str, &str); 17] = [
    ("all", "trace"),
    ("crit", "error"),
    ("critical", "error"),
    ("emerg", "error"),
    ("err", "error"),
    ("fatal", "error"),
    ("finest", "trace"),
    ("information", "info"),
    ("none", "off"),
    ("notice", "info"),
    ("quiet", "off"),
    ("severe", "error"),
    ("silent", "off"),
    ("silly", "trace"),
    ("verbose", "trace"),
    ("warning", "warn"),
    ("warnings", "warn"),
];

/// What is one slip from a level's name, and a target that many have.
const TARGETS: [&str; 1] = ["warp"];

/// The longest word that is compared with the names.
const MAX_WORD: usize = 16;

/// How sure it is that a word was meant as a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// A number, or what others call a level.
    Known,
    /// One letter missing, too many or wrong, or two in the wrong order.
    OneSlip,
    TwoSlips,
}

/// The level that a word names. (The empty word, which tracing takes for `error`, names none.)
pub(super) fn named(word: &str) -> Option<LevelFilter> {
    if word.is_empty() { None } else { word.parse().ok() }
}

/// The level that a word, which names none, was perhaps meant to name.
pub(super) fn nearest(word: &str) -> Option<(&'static str, Likeness)> {
    if word.is_empty() {
        return None;
    }
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(("trace", Likeness::Known));
    }
    if word.len() > MAX_WORD {
        return None;
    }
    let word = word.to_ascii_lowercase();
    if let Some((_, name)) = ALIASES.iter().find(|(alias, _)| *alias == word) {
        return Some((name, Likeness::Known));
    }
    let slips = |name: &&'static str| match strsim::osa_distance(&word, name) {
        0 | 1 => Some((*name, Likeness::OneSlip)),
        // Two slips would make anything of "off": "on" too.
        2 if name.len() > 3 => Some((*name, Likeness::TwoSlips)),
        _ => None,
    };
    NAMES.iter().filter_map(slips).min_by_key(|(_, likeness)| *likeness)
}

/// Whether a word that stands alone is rather a misspelt level than a target.
pub(super) fn is_misspelt(word: &str) -> bool {
    if !word.chars().all(char::is_alphanumeric) || TARGETS.contains(&word) {
        return false;
    }
    nearest(word).is_some_and(|(name, likeness)| match likeness {
        Likeness::Known | Likeness::OneSlip => true,
        // Many short words are two slips from one of the short names: "main" from "warn".
        Likeness::TwoSlips => {
            name.len() == 5
                && word.chars().next().map(|c| c.to_ascii_lowercase()) == name.chars().next()
        }
    })
}
