use tracing::Level;

use super::rig::{LONG, held_up, info};
use crate::writer::Limits;

#[test]
fn what_was_kept_early_finds_room_where_there_is_none_and_takes_none_from_others() {
    for limits in [Limits::new(0), Limits::new(200), Limits::new(200).lossless()] {
        let (writer, page) = held_up(Limits { capacity: limits.capacity.max(40), ..limits });
        let early: Vec<_> = (0..100).map(|number| format!("early {number}")).collect();
        early
            .iter()
            .for_each(|line| writer.push_early(Level::DEBUG, format!("{line}\n").as_bytes()));
        let has_room = limits.capacity > 0;
        if has_room {
            info(&writer, "late");
        }
        page.go();
        assert_eq!(writer.flush(LONG), Ok(()));
        let late = has_room.then(|| "late".to_owned());
        let all: Vec<_> = ["first".to_owned()].into_iter().chain(early).chain(late).collect();
        assert_eq!(page.lines(), all);
        assert_eq!((writer.stats().dropped(), writer.stats().waiting()), (0, 0));
    }
}

#[test]
fn what_was_kept_early_comes_too_late_for_a_writer_that_is_closed() {
    let (writer, page) = held_up(Limits::default());
    page.go();
    assert_eq!(writer.flush(LONG), Ok(()));
    writer.close(LONG).expect("nothing waits");
    writer.push_early(Level::WARN, b"early\n");
    assert_eq!((page.text(), writer.stats().dropped_of(Level::WARN)), ("first\n".to_owned(), 1));
}
