//! The crate from outside.

#[path = "it/acquire.rs"]
mod acquire;
#[path = "it/attacks.rs"]
mod attacks;
#[path = "it/bad_drops.rs"]
mod bad_drops;
#[path = "it/bad_ends.rs"]
mod bad_ends;
#[path = "it/bad_use.rs"]
mod bad_use;
#[path = "it/bad_values.rs"]
mod bad_values;
#[path = "it/basics.rs"]
mod basics;
#[path = "it/batch.rs"]
mod batch;
#[path = "it/capture.rs"]
mod capture;
#[path = "it/child.rs"]
mod child;
#[path = "it/claims.rs"]
mod claims;
#[path = "it/commit.rs"]
mod commit;
#[path = "it/drain.rs"]
mod drain;
#[path = "it/everywhere.rs"]
mod everywhere;
#[path = "it/fence.rs"]
mod fence;
#[path = "it/inventory.rs"]
mod inventory;
#[path = "it/messages.rs"]
mod messages;
#[path = "it/observer.rs"]
mod observer;
#[path = "it/phases.rs"]
mod phases;
#[path = "it/pitfalls.rs"]
mod pitfalls;
#[path = "it/processes.rs"]
mod processes;
#[path = "it/races.rs"]
mod races;
#[path = "it/reasons.rs"]
mod reasons;
#[path = "it/remainder.rs"]
mod remainder;
#[path = "it/report.rs"]
mod report;
#[path = "it/retry.rs"]
mod retry;
#[path = "it/scene.rs"]
mod scene;
#[path = "it/shield.rs"]
mod shield;
#[path = "it/speed.rs"]
mod speed;
#[path = "it/sqlx_begin.rs"]
mod sqlx_begin;
#[path = "it/stack.rs"]
mod stack;
#[path = "it/stack_laws.rs"]
mod stack_laws;
#[path = "it/storm.rs"]
mod storm;
#[path = "it/support.rs"]
mod support;
#[path = "it/ways_of_ending.rs"]
mod ways_of_ending;
#[path = "it/witness.rs"]
mod witness;
