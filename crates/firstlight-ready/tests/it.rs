//! `firstlight-ready` from outside.

#[path = "it/blocking_steps.rs"]
mod blocking_steps;
#[path = "it/budgets.rs"]
mod budgets;
#[path = "it/child.rs"]
mod child;
#[path = "it/compare.rs"]
mod compare;
#[path = "it/deadlines.rs"]
mod deadlines;
#[path = "it/drain.rs"]
mod drain;
#[path = "it/driver.rs"]
mod driver;
#[path = "it/drop.rs"]
mod drop;
#[path = "it/events.rs"]
mod events;
#[path = "it/explain.rs"]
mod explain;
#[path = "it/facts.rs"]
mod facts;
#[path = "it/foreign_code.rs"]
mod foreign_code;
#[path = "it/hold_laws.rs"]
mod hold_laws;
#[path = "it/holds.rs"]
mod holds;
#[path = "it/lame_duck.rs"]
mod lame_duck;
#[path = "it/laws.rs"]
mod laws;
#[path = "it/limits.rs"]
mod limits;
#[path = "it/machine_laws.rs"]
mod machine_laws;
#[path = "it/messages.rs"]
mod messages;
#[path = "it/misuse.rs"]
mod misuse;
#[path = "it/model.rs"]
mod model;
#[path = "it/model_gate.rs"]
mod model_gate;
#[path = "it/names.rs"]
mod names;
#[path = "it/order.rs"]
mod order;
#[path = "it/peers.rs"]
mod peers;
#[path = "it/sealing.rs"]
mod sealing;
#[path = "it/sealing_rules.rs"]
mod sealing_rules;
#[path = "it/set.rs"]
mod set;
#[cfg(all(unix, feature = "signal"))]
#[path = "it/signals.rs"]
mod signals;
#[path = "it/states.rs"]
mod states;
#[path = "it/step_limits.rs"]
mod step_limits;
#[path = "it/steps.rs"]
mod steps;
#[path = "it/support.rs"]
mod support;
#[path = "it/transitions.rs"]
mod transitions;
#[path = "it/view_changes.rs"]
mod view_changes;
#[path = "it/waiting.rs"]
mod waiting;
