use std::sync::Arc;

use crate::error::SyncError;
use crate::text::clean;

/// The longest name of a tracker, a source or an output, in bytes.
pub const MAX_NAME: usize = 128;

/// Names stand in log lines, lists and pictures, so they are made of what needs no escape in any of them.
pub(crate) fn checked(name: &str) -> Result<Arc<str>, SyncError> {
    let fits = |c: char| {
        c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '`' | '\\' | ',' | '<' | '>' | '&')
    };
    if (1..=MAX_NAME).contains(&name.len()) && name.chars().all(fits) {
        Ok(name.into())
    } else {
        Err(SyncError::BadName { name: clean(name, 64) })
    }
}
