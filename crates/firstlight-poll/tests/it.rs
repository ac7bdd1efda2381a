//! `firstlight-poll` from outside.

#[path = "it/blocking.rs"]
mod blocking;
#[path = "it/budgets.rs"]
mod budgets;
#[path = "it/classes.rs"]
mod classes;
#[path = "it/confirm.rs"]
mod confirm;
#[path = "it/group.rs"]
mod group;
#[path = "it/interrupts.rs"]
mod interrupts;
#[path = "it/laws.rs"]
mod laws;
#[path = "it/logs.rs"]
mod logs;
#[path = "it/misuse.rs"]
mod misuse;
#[path = "it/report.rs"]
mod report;
#[path = "it/runtimes.rs"]
mod runtimes;
#[path = "it/shared.rs"]
mod shared;
#[path = "it/statuses.rs"]
mod statuses;
#[path = "it/target.rs"]
mod target;
