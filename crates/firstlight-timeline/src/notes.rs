use crate::timeline::Timeline;

/// What is missing from a timeline, for the end of a text; nothing if nothing is.
pub(crate) fn of(timeline: &Timeline) -> String {
    let notes = list(timeline);
    if notes.is_empty() { notes } else { format!("\n({notes})") }
}

/// The same for the middle of a line.
pub(crate) fn list(timeline: &Timeline) -> String {
    let dropped = match timeline.dropped {
        0 => None,
        n => Some(format!("{} dropped", count(n))),
    };
    let mended = match timeline.mended {
        0 => None,
        n => Some(format!("{} put right", count(n))),
    };
    dropped.into_iter().chain(mended).collect::<Vec<_>>().join(", ")
}

pub(crate) fn count(n: u64) -> String {
    if n == 1 { "1 span".to_owned() } else { format!("{n} spans") }
}
