use std::time::Duration;

use support::{Mode, Outcome, Row, Value};

use crate::NAME;

/// What a run came to; nothing where it was not measured.
#[derive(Debug, Default, Clone)]
pub(crate) struct Measured {
    pub(crate) leader_ready: Option<Duration>,
    pub(crate) follower_ready: Option<Duration>,
    pub(crate) first_resource: Option<Duration>,
    pub(crate) take_over: Option<Duration>,
    pub(crate) readiness_polls: Option<u64>,
    pub(crate) readiness_changes: Option<u64>,
    pub(crate) early_snapshots: Option<u64>,
    pub(crate) state_empty: Option<String>,
    pub(crate) state_error: Option<String>,
    pub(crate) state_gone: Option<String>,
}

impl Measured {
    /// Takes in what a poller counted.
    pub(crate) fn polled(&mut self, (polls, changes): (u64, u64)) {
        *self.readiness_polls.get_or_insert(0) += polls;
        *self.readiness_changes.get_or_insert(0) += changes;
    }

    pub(crate) fn row(self, mode: Mode, outcome: Outcome) -> Row {
        Row::new(NAME, mode, "", outcome)
            .with("leader_ready", Value::Seconds(self.leader_ready))
            .with("follower_ready", Value::Seconds(self.follower_ready))
            .with("first_resource", Value::Seconds(self.first_resource))
            .with("take_over", Value::Seconds(self.take_over))
            .with("readiness_polls", Value::Count(self.readiness_polls))
            .with("readiness_changes", Value::Count(self.readiness_changes))
            .with("early_snapshots", Value::Count(self.early_snapshots))
            .with("state_empty", Value::Name(self.state_empty))
            .with("state_error", Value::Name(self.state_error))
            .with("state_gone", Value::Name(self.state_gone))
    }
}

/// Whether the rows of both modes show what the README says.
pub(crate) fn check(rows: &[Row]) -> Result<(), String> {
    sentences(rows).ok_or_else(|| "a value is missing".to_owned())?
}

/// The sentences of the README, in its order; `None` when a row or a value is not there.
fn sentences(rows: &[Row]) -> Option<Result<(), String>> {
    let row = |mode| rows.iter().find(|row| row.mode == mode);
    let (broken, fixed) = (row(Mode::Broken)?, row(Mode::Fixed)?);
    let follower = |row: &Row| row.seconds("follower_ready");
    let (leads, led) = (broken.seconds("leader_ready")?, fixed.seconds("leader_ready")?);
    let changes = |row: &Row| row.count("readiness_changes");
    let early = rows.iter().map(|row| row.count("early_snapshots")).sum::<Option<u64>>()?;
    let states = |row: &Row| {
        Some(["state_empty", "state_error", "state_gone"].map(|key| match row.value(key) {
            Some(Value::Name(name)) => name.clone(),
            _ => None,
        }))
    };
    let [empty, error, gone] = states(fixed)?;
    let [_, broken_error, broken_gone] = states(broken)?;
    let live = |row: &Row| Some([row.seconds("first_resource")?, row.seconds("take_over")?]);
    let has_follower = broken.outcome == Outcome::Deadline && follower(broken).is_none();
    let sentences = [
        ("the follower of broken is not ready in time, and its leader is", has_follower),
        ("both instances of fixed are ready", fixed.outcome == Outcome::Ready),
        (
            "no leader is waited for in fixed",
            led > Duration::ZERO && leads > Duration::ZERO && follower(fixed).is_some(),
        ),
        (
            "the first resource arrives, and another one leads when the leader is killed",
            live(broken).is_some() && live(fixed).is_some(),
        ),
        (
            "in fixed nothing of this changes a readiness",
            changes(fixed)? == 0 && fixed.count("readiness_polls")? > 0,
        ),
        ("the follower of broken becomes ready by a resource", changes(broken)? > 0),
        ("no client is told anything before the first output", early == 0),
        ("fixed says that there is nothing", empty? == "no configuration"),
        ("fixed says that something is wrong", error? == "configuration error"),
        ("fixed says that the API server is gone", gone? == "no connection"),
        (
            "broken says the same of what is wrong and of what is gone",
            broken_error? == broken_gone?,
        ),
    ];
    let wrong = sentences.into_iter().find(|(_, holds)| !holds);
    Some(wrong.map_or(Ok(()), |(sentence, _)| Err(format!("not true in this run: {sentence}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed() -> Measured {
        let second = Some(Duration::from_secs(1));
        let name = |name: &str| Some(name.to_owned());
        Measured {
            leader_ready: second,
            follower_ready: second,
            first_resource: second,
            take_over: second,
            readiness_polls: Some(100),
            readiness_changes: Some(0),
            early_snapshots: Some(0),
            state_empty: name("no configuration"),
            state_error: name("configuration error"),
            state_gone: name("no connection"),
        }
    }

    fn broken() -> Measured {
        let ready = Some("ready".to_owned());
        let states = [Some("pending".to_owned()), ready.clone(), ready];
        let [state_empty, state_error, state_gone] = states;
        let readiness_changes = Some(1);
        Measured {
            follower_ready: None,
            readiness_changes,
            state_empty,
            state_error,
            state_gone,
            ..fixed()
        }
    }

    /// A check must be able to fail, in each of its sentences.
    #[test]
    fn each_sentence_can_be_wrong() {
        let check_of = |broken: Measured, fixed: Measured| {
            check(&[
                broken.row(Mode::Broken, Outcome::Deadline),
                fixed.row(Mode::Fixed, Outcome::Ready),
            ])
        };
        assert_eq!(check_of(broken(), fixed()), Ok(()));
        let second = Some(Duration::from_secs(1));
        let other = || Some("something else".to_owned());
        for (broken, fixed, told) in [
            (Measured { follower_ready: second, ..broken() }, fixed(), "not ready in time"),
            (broken(), Measured { follower_ready: None, ..fixed() }, "no leader is waited for"),
            (broken(), Measured { take_over: None, ..fixed() }, "another one leads"),
            (broken(), Measured { readiness_changes: Some(1), ..fixed() }, "changes a readiness"),
            (Measured { readiness_changes: Some(0), ..broken() }, fixed(), "by a resource"),
            (broken(), Measured { early_snapshots: Some(1), ..fixed() }, "before the first output"),
            (broken(), Measured { state_empty: other(), ..fixed() }, "nothing"),
            (broken(), Measured { state_error: other(), ..fixed() }, "something is wrong"),
            (broken(), Measured { state_gone: other(), ..fixed() }, "is gone"),
            (Measured { state_gone: other(), ..broken() }, fixed(), "broken says the same"),
            (Measured { leader_ready: None, ..broken() }, fixed(), "a value is missing"),
            (broken(), Measured { state_gone: None, ..fixed() }, "a value is missing"),
        ] {
            let wrong = check_of(broken, fixed).expect_err(told);
            assert!(wrong.contains(told), "{wrong}");
        }
        let late = [
            broken().row(Mode::Broken, Outcome::Deadline),
            fixed().row(Mode::Fixed, Outcome::Deadline),
        ];
        assert!(check(&late).is_err_and(|wrong| wrong.contains("both instances of fixed")));
        assert!(check(&[]).is_err());
    }
}
