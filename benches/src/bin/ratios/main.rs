//! The ratio table: ours against the limit and the peers, by interleaved rounds, the median of each round's ratio.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin ratios [-- [cleanup] [poll] [ready] [--smoke]]
//! ```
//!
//! Times are for orientation, ratios are the result. Exits with 0 whatever the ratios are: machines differ; results that are not equal panic.

mod cleanup;
mod poll;
mod ready;
mod table;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    let smoke = asked("--smoke");
    let all = !asked("cleanup") && !asked("poll") && !asked("ready");
    if all || asked("poll") {
        poll::ratios(smoke);
        println!();
    }
    if all || asked("ready") {
        ready::ratios(smoke);
        println!();
    }
    if all || asked("cleanup") {
        cleanup::ratios(smoke);
    }
}
