use std::time::Duration;

use support::{Mode, Outcome, Row, Value};

use crate::BEFORE_MAIN;
use crate::container::Step;
use crate::scene::{LATE_BY, Variant};

/// Much more than one run differs from the next.
const MARGIN: Duration = Duration::from_millis(500);

/// The sentences of the README, in its order; `None` when a row or a value is not there.
pub(crate) fn check(rows: &[Row]) -> Option<Result<(), String>> {
    let of = |mode| rows.iter().filter(move |row| row.mode == mode);
    let row = |mode, variant: Variant| of(mode).find(|row| row.variant == variant.name());
    let both = |variant| Some((row(Mode::Broken, variant)?, row(Mode::Fixed, variant)?));
    let plain = row(Mode::Broken, Variant::Plain)?;
    let (_, slow) = both(Variant::Slow)?;
    let (unheard, late) = both(Variant::Late)?;
    let (unread, unhindered) = both(Variant::Unread)?;
    let (hanging, bounded) = both(Variant::Hang)?;
    // Without control groups there is no such row.
    let throttled = row(Mode::Fixed, Variant::Throttled);
    // Elsewhere nobody can say when a process began.
    let linux = cfg!(target_os = "linux");
    let sentences = [
        (
            "broken loses lines of every container",
            of(Mode::Broken).all(|row| lost(row).is_some_and(|lost| lost > 0)),
        ),
        (
            "fixed loses none that anybody reads",
            of(Mode::Fixed)
                .filter(|row| row.variant != unhindered.variant)
                .all(|row| lost(row) == Some(0)),
        ),
        (
            "broken parses four times, and fixed once",
            plain.count("parses")? == 4
                && of(Mode::Broken).all(|row| row.count("parses").is_some_and(|n| n <= 4))
                && of(Mode::Fixed).all(|row| row.count("parses") == Some(1)),
        ),
        (
            "a logger that is waited for takes broken longer, and fixed not",
            longer(both(Variant::Documented)?)?,
        ),
        (
            "a slow file system holds broken up four times, and fixed once, which blames the step",
            longer(both(Variant::Slow)?)? && blames(slow, Step::Config.name()),
        ),
        (
            "the late main of broken loses the lines of its dependency, too",
            !linux || lost(unheard)? > 4,
        ),
        ("that of fixed says that it began late, and blames that", !linux || began_late(late)),
        ("so does the throttled one", throttled.is_none_or(began_late)),
        ("a reader that stalls holds broken up, and fixed not", longer(both(Variant::Stalled)?)?),
        (
            "without a reader broken is killed, and fixed ends by itself",
            took(unread).is_none() && took(unhindered).is_some(),
        ),
        (
            "a step that hangs is the end of broken, and fixed names it in time",
            took(hanging).is_none()
                && took(bounded).is_some()
                && bounded.outcome == Outcome::Deadline
                && blames(bounded, Step::Register.name()),
        ),
        (
            "broken blames nothing",
            of(Mode::Broken).all(|row| matches!(row.value("blamed"), Some(Value::Name(None)))),
        ),
    ];
    let wrong = sentences.into_iter().find(|(_, holds)| !holds);
    Some(wrong.map_or(Ok(()), |(sentence, _)| Err(format!("not true in this run: {sentence}"))))
}

fn lost(row: &Row) -> Option<u64> {
    row.count("lines_written")?.checked_sub(row.count("lines_kept")?)
}

fn took(row: &Row) -> Option<Duration> {
    row.seconds("time_to_exit")
}

/// Whether the first took longer than the second, or did not end at all.
fn longer((broken, fixed): (&Row, &Row)) -> Option<bool> {
    let fixed = took(fixed)?;
    Some(took(broken).is_none_or(|broken| broken > fixed + MARGIN))
}

fn began_late(row: &Row) -> bool {
    row.seconds("premain").is_some_and(|age| age >= LATE_BY) && blames(row, BEFORE_MAIN)
}

fn blames(row: &Row, what: &str) -> bool {
    matches!(row.value("blamed"), Some(Value::Name(Some(name))) if name == what)
}
