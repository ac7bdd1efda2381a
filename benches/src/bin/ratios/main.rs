//! The ratio table: ours against the limit and the peers, by interleaved rounds, the median of each round's ratio.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin ratios [-- [cleanup] [grpc] [http] [log] [poll] [ready] [--smoke]]
//! ```
//!
//! Times are for orientation, ratios are the result. Exits with 0 whatever the ratios are: machines differ; results that are not equal panic.

mod cleanup;
mod grpc;
mod http;
mod log;
mod poll;
mod ready;
mod table;

fn main() {
    if firstlight_benches::log::serve() {
        return;
    }
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    let smoke = asked("--smoke");
    let all = !["cleanup", "grpc", "http", "log", "poll", "ready"].into_iter().any(asked);
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
    if all || asked("http") {
        println!();
        http::ratios(smoke);
    }
    if all || asked("grpc") {
        println!();
        grpc::ratios(smoke);
    }
    if all || asked("log") {
        println!();
        log::ratios(smoke);
    }
}
