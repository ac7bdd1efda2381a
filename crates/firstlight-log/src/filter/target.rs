use std::cmp::Ordering;

use super::problem::Problem;
use crate::text::is_unfit;

/// The longest target of a directive, in bytes.
pub(super) const MAX_TARGET: usize = 256;

/// Compares targets; `-` and `_` are the same.
pub(super) fn same(a: &str, b: &str) -> Ordering {
    a.bytes().map(underscored).cmp(b.bytes().map(underscored))
}

/// Whether a target is that module, or within it.
pub(super) fn is_within(target: &str, module: &str) -> bool {
    let Some((own, rest)) = target.split_at_checked(module.len()) else { return false };
    (rest.is_empty() || rest.starts_with("::")) && same(own, module).is_eq()
}

fn underscored(byte: u8) -> u8 {
    if byte == b'-' { b'_' } else { byte }
}

/// Checks what stands for a target in a directive.
///
/// An event may have any text for its target. But what is refused here is in hardly any, and is what a slip
/// looks like.
pub(super) fn check(target: &str) -> Result<(), Problem> {
    if let Some(c) = target.chars().find(|c| is_suspicious(*c)) {
        return Err(Problem::Character(c));
    }
    if target.split("::").any(|module| module.is_empty() || module.contains(':')) {
        return Err(Problem::Modules);
    }
    if target.len() > MAX_TARGET {
        return Err(Problem::TargetTooLong);
    }
    Ok(())
}

fn is_suspicious(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '*' | '?' | '\\' | '(' | ')' | '|' | '!') || is_unfit(c)
}
