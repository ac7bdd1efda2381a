use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Refused;
use crate::name::Name;
use crate::not_ready::NotReady;
use crate::opened::Opened;
use crate::set::Set;
use crate::sync::{Rule, Watch};
use crate::waiting::Waiting;

/// A wait for some gates; made by [`Readiness::wait_gate`](crate::Readiness::wait_gate), `wait_any` and `wait_all`.
///
/// It ends when they are open (all of them at one moment, or any), and otherwise as [`Wait`](crate::Wait) does: a wait
/// for all when one has failed, a wait for any when all have. What is polled again after its end looks again.
///
/// # Cancel safety
/// Dropping it ends the wait, and nothing else.
#[derive(Debug)]
#[must_use = "nothing is waited for until it is awaited"]
pub struct WaitGates {
    waiting: Waiting,
    gates: Vec<Name>,
    rule: Rule,
}

impl WaitGates {
    pub(crate) fn new<N: AsRef<str>>(
        set: &Arc<Set>,
        rule: Rule,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, Refused> {
        // The caller's iterator is other people's code: not under the lock.
        let names: Vec<N> = names.into_iter().collect();
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        if names.is_empty() {
            return Err(Refused::NothingToWaitFor { set: set.name.clone() });
        }
        let (gates, ids) = set.shared.look(|machine, _| {
            let found = names.iter().map(|name| {
                let id = machine.find(name).ok_or_else(|| set.unknown("gate", name))?;
                let name = machine.name_of(id).ok_or_else(|| set.unknown("gate", name))?;
                Ok::<_, Refused>((name.clone(), id))
            });
            found.collect::<Result<(Vec<_>, Vec<_>), _>>()
        })?;
        let waiting = Waiting::new(set.clone(), Watch::gates(rule, ids));
        Ok(Self { waiting, gates, rule })
    }

    /// Ends it after so long from now, by tokio's time. Default: it has no time of its own.
    ///
    /// At 0 it looks once; a time too long to be named never comes.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.waiting.set_timeout(timeout);
        self
    }

    /// Ends it at this moment. Default: it has no time of its own.
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.waiting.set_deadline(deadline);
        self
    }

    /// Goes on waiting though a gate has failed: for those whose parts try again. Default: that ends it.
    pub fn through_failures(mut self) -> Self {
        self.waiting.set_through_failures();
        self
    }
}

impl Future for WaitGates {
    type Output = Result<Opened, NotReady>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let (gates, rule) = (&this.gates, this.rule);
        let polled = this.waiting.poll(cx, |set| what(&set.name, gates, rule));
        polled.map_ok(|first| Opened {
            gates: match rule {
                Rule::AnyGate => gates.get(first).cloned().into_iter().collect(),
                _ => gates.clone(),
            },
            at: this.waiting.of().shared.clock().now(),
        })
    }
}

/// `any of the gates a, b of orders`.
fn what(set: &Name, gates: &[Name], rule: Rule) -> String {
    const SHOWN: usize = 8;
    if let [gate] = gates {
        return format!("gate {gate} of {set}");
    }
    let which = if rule == Rule::AnyGate { "any of the gates" } else { "one of the gates" };
    let shown: Vec<_> = gates.iter().take(SHOWN).map(Name::as_str).collect();
    let more = match gates.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{which} {}{more} of {set}", shown.join(", "))
}
