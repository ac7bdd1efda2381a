//! Bytes and allocations by a counting allocator: for each poller and attempt, for each gate and waiter, for each answer, for each guard, for each line, for each probe and watcher.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin memory [-- [cleanup] [grpc] [http] [log] [poll] [ready] [--smoke]]
//! ```

mod cleanup;
mod grpc;
mod http;
mod log;
mod poll;
mod ready;

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [log::CHILD, peer] = arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return log::here(peer);
    }
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    let smoke = asked("--smoke");
    let all = !["cleanup", "grpc", "http", "log", "poll", "ready"].into_iter().any(asked);
    if all || asked("poll") {
        poll::memory(smoke);
        println!();
    }
    if all || asked("ready") {
        ready::memory(smoke);
        println!();
    }
    if all || asked("cleanup") {
        cleanup::memory(smoke);
    }
    if all || asked("http") {
        println!();
        http::memory(smoke);
    }
    if all || asked("grpc") {
        println!();
        grpc::memory(smoke);
    }
    if all || asked("log") {
        println!();
        log::memory();
    }
}

/// Bytes of each of so many that are allocated now and were not when the region began.
fn live(region: &Region<'_, System>, n: u64) -> i64 {
    let change = region.change();
    (change.bytes_allocated as i64 - change.bytes_deallocated as i64) / n as i64
}
