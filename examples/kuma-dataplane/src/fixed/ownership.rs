use crate::store::{Owned, StoreError};

/// Whose a row is, as far as one question to the store can tell.
#[derive(Debug)]
pub(crate) enum Ownership {
    /// Ours to delete, at this epoch; none when there is no row any more.
    Mine(Option<u64>),
    /// Somebody else's: another control plane's, or a newer session's of this one.
    Other(Owned),
    /// Not to be known: the answer is older than what we wrote ourselves.
    Unknown(Owned),
    /// No answer.
    Error(StoreError),
}

impl Ownership {
    /// `epoch`: what our registration was given, if its answer came. `newest`: whether no newer session of the dataplane has begun here,
    /// looked at after the answer.
    pub(crate) fn of(
        answer: Result<Option<Owned>, StoreError>,
        me: &str,
        epoch: Option<u64>,
        newest: bool,
    ) -> Self {
        match answer {
            Err(error) => Self::Error(error),
            Ok(None) => Self::Mine(None),
            Ok(Some(row)) if row.owner != me => Self::Other(row),
            Ok(Some(row)) => match epoch {
                Some(epoch) if row.epoch > epoch => Self::Other(row),
                Some(epoch) if row.epoch < epoch => Self::Unknown(row),
                Some(epoch) => Self::Mine(Some(epoch)),
                // Our registration never answered. Sessions claim before they register, so this row is of no newer one.
                None if newest => Self::Mine(Some(row.epoch)),
                None => Self::Other(row),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Operation, Status};

    #[test]
    fn a_row_is_ours_only_where_owner_and_epoch_are() {
        let row = |owner: &str, epoch| {
            Some(Owned { owner: owner.to_owned(), epoch, status: Status::Offline })
        };
        // The row, our epoch if it is known, whether no newer session has begun here.
        for (answer, epoch, newest, expected) in [
            (None, Some(5), true, "mine"),
            (None, None, false, "mine"),
            (row("me", 5), Some(5), true, "mine 5"),
            // A newer session has begun and has not registered: deleting ours does it no harm.
            (row("me", 5), Some(5), false, "mine 5"),
            (row("me", 6), Some(5), true, "other"),
            (row("me", 4), Some(5), true, "unknown"),
            (row("me", 4), None, true, "mine 4"),
            (row("me", 6), None, false, "other"),
            (row("you", 5), Some(5), true, "other"),
            (row("you", 4), None, true, "other"),
        ] {
            let told = format!("{answer:?} {epoch:?} {newest}");
            let whose = match Ownership::of(Ok(answer), "me", epoch, newest) {
                Ownership::Mine(None) => "mine".to_owned(),
                Ownership::Mine(Some(epoch)) => format!("mine {epoch}"),
                Ownership::Other(_) => "other".to_owned(),
                Ownership::Unknown(_) => "unknown".to_owned(),
                Ownership::Error(_) => "error".to_owned(),
            };
            assert_eq!(whose, expected, "{told}");
        }
        let error = StoreError::Refused {
            operation: Operation::Owner,
            dataplane: String::new(),
            what: String::new(),
        };
        assert!(matches!(Ownership::of(Err(error), "me", None, true), Ownership::Error(_)));
    }
}
