use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project::{pin_project, pinned_drop};
use tokio::task::Unconstrained;
use tokio::time::Sleep;

use super::about::About;
use super::error::message;
use super::{StepError, StepFailure, StepLimit};
use crate::contain::contain;
use crate::gate::Gate;
use crate::human::Human;
use crate::reason::Reason;

/// What all steps have, whatever their work is: a gate, a limit, and that each end reaches the gate.
#[pin_project(PinnedDrop)]
pub(super) struct Course<'g> {
    gate: &'g Gate,
    about: About,
    limit: StepLimit,
    at: At,
    #[pin]
    alarm: Option<Unconstrained<Sleep>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Running,
    End,
}

impl<'g> Course<'g> {
    /// Without a name the step is all that the gate waits for: its success opens it.
    pub(super) fn new(gate: &'g Gate, step: Option<Reason>, limit: StepLimit) -> Self {
        let clock = gate.clock().clone();
        let set = gate.set().name.clone();
        let about = About { set, gate: gate.name().clone(), step, began: clock.now(), clock };
        Self { gate, about, limit, at: At::Start, alarm: None }
    }

    /// Polls the work until it ends or its time is over, and not once more.
    pub(super) fn poll<T, E: fmt::Display>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        work: impl FnOnce(&mut Context<'_>, &About) -> Poll<Result<T, StepFailure<E>>>,
    ) -> Poll<Result<T, StepError<E>>> {
        let begins_with = match self.at {
            At::End => return Poll::Pending,
            At::Running => None,
            At::Start => Some(self.as_mut().begin()),
        };
        if begins_with == Some(Duration::ZERO) {
            return Poll::Ready(self.end(Err(StepFailure::OverBudget)));
        }
        let mut this = self.as_mut().project();
        let polled = catch_unwind(AssertUnwindSafe(|| {
            if let Some(time) = begins_with.filter(|time| *time < Duration::MAX) {
                // On the set's runtime, whoever polls. Out of tokio's cooperation: work that uses up its turn
                // each time would keep it from ringing.
                let _entered = this.gate.set().runtime.enter();
                this.alarm.set(Some(tokio::task::unconstrained(tokio::time::sleep(time))));
            }
            match work(cx, this.about) {
                Poll::Ready(ended) => Poll::Ready(Some(ended)),
                Poll::Pending => match this.alarm.as_pin_mut() {
                    // It panics when the set's runtime has ended, which is none of the work's doing.
                    Some(alarm) => match contain(|| alarm.poll(cx)) {
                        Some(rung) => rung.map(|()| None),
                        None => Poll::Ready(Some(Err(StepFailure::Panicked(Reason::new(
                            "the runtime that watches its time has ended",
                        ))))),
                    },
                    None => Poll::Pending,
                },
            }
        }));
        let ended = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Some(ended))) => ended,
            Ok(Poll::Ready(None)) => Err(StepFailure::TimedOut { after: self.about.age() }),
            Err(payload) => Err(StepFailure::Panicked(message(payload))),
        };
        Poll::Ready(self.end(ended))
    }

    /// Names the step to its gate, so that a hanging one is seen while it hangs. Returns the time that it has.
    fn begin(self: Pin<&mut Self>) -> Duration {
        let this = self.project();
        let time = this.limit.remaining();
        if time > Duration::ZERO {
            *this.at = At::Running;
            this.about.began = this.about.clock.now();
            let step = this.about.step.as_ref().map_or("running", Reason::as_str);
            this.gate.syncing(match time {
                Duration::MAX => Reason::new(step),
                time => Reason::new(format!("{step}, at most {}", Human(time))),
            });
        }
        time
    }

    fn end<T, E: fmt::Display>(
        self: Pin<&mut Self>,
        ended: Result<T, StepFailure<E>>,
    ) -> Result<T, StepError<E>> {
        let this = self.project();
        let about = this.about;
        *this.at = At::End;
        match ended {
            Ok(value) => {
                match &about.step {
                    None => this.gate.ready(),
                    Some(_) => {
                        this.gate
                            .syncing(about.with(format_args!("done in {}", Human(about.age()))));
                    }
                }
                about.ended("ready", None);
                Ok(value)
            }
            Err(failure) => {
                let reason = about.with(&failure);
                this.gate.failed(reason.clone());
                about.ended(failure.outcome(), Some(&reason));
                Err(StepError { gate: about.gate.clone(), step: about.step.clone(), failure })
            }
        }
    }
}

#[pinned_drop]
impl PinnedDrop for Course<'_> {
    fn drop(self: Pin<&mut Self>) {
        let this = self.project();
        let reason = match *this.at {
            At::End => return,
            At::Start => this.about.with("cancelled before it began"),
            At::Running => {
                this.about.with(format_args!("cancelled after {}", Human(this.about.age())))
            }
        };
        this.gate.failed(reason.clone());
        this.about.ended("cancelled", Some(&reason));
    }
}

impl fmt::Debug for Course<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Course")
            .field("gate", &self.about.gate)
            .field("step", &self.about.step)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
