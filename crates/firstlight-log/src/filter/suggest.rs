use super::level::{named, nearest};
use super::parse::{directive, pieces, separates};
use super::problem::Problem;
use super::target::MAX_TARGET;

/// What may have been meant by a directive that has this problem: something that is understood.
pub(super) fn suggest(text: &str, problem: Problem) -> Option<String> {
    if text.len() > MAX_TARGET {
        return None;
    }
    let (target, level) = match text.split_once('=') {
        Some((target, level)) => (target.trim(), Some(level.trim())),
        None => (text, None),
    };
    let meant = match problem {
        Problem::Level => format!("{target}={}", nearest(unquoted(level?))?.0),
        Problem::MisspeltLevel => nearest(target)?.0.to_owned(),
        Problem::NoLevel => format!("{target}=trace"),
        Problem::NoTarget => level?.to_owned(),
        Problem::Character(_) | Problem::Modules => mended(target, level),
        Problem::Unseparated => separated(text),
        Problem::Slash => without_slash(text),
        Problem::Span | Problem::TargetTooLong | Problem::TooMany | Problem::TooLong => {
            return None;
        }
    };
    let understood = pieces(&meant).all(|(_, piece)| directive(piece).is_ok());
    // White space may stand around "=", a line's end among it; in what is shown it may not.
    let meant: String = meant.split_whitespace().collect();
    (understood && !meant.is_empty()).then_some(meant)
}

/// Quotes that a shell did not take away, wildcards, single colons and loose ends.
fn mended(target: &str, level: Option<&str>) -> String {
    let target = unquoted(target).trim_end_matches('*');
    let modules: Vec<_> = target.split(':').filter(|module| !module.is_empty()).collect();
    let target = modules.join("::");
    match level.map(unquoted) {
        Some(level) if target.is_empty() => level.to_owned(),
        Some(level) => format!("{target}={level}"),
        None if target.is_empty() => "trace".to_owned(),
        None => target,
    }
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\'', '`'])
}

fn separated(text: &str) -> String {
    let words: Vec<_> = text.split(separates).filter(|word| !word.is_empty()).collect();
    match words[..] {
        [target, level]
            if named(target).is_none() && named(level).is_some() && !target.contains('=') =>
        {
            format!("{target}={level}")
        }
        _ => words.join(","),
    }
}

fn without_slash(text: &str) -> String {
    let before = text.split('/').next().unwrap_or_default().trim();
    if named(before).is_some() || before.contains('=') {
        before.to_owned()
    } else {
        text.replace('/', "::")
    }
}
