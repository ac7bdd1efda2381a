//! How many probes a second does a whole server answer over real sockets, at what price, and does it grow?
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin servers [-- [--smoke]]
//! ```
//!
//! Each server is a child process with one thread, and so has one core at most; the client is this process. The two servers take turns, and ratios
//! are taken within a turn. Processor time is the child's own, of both user and kernel, and so is memory.

mod child;
mod load;
mod table;

use self::child::{Child, Kind};
use self::load::{Load, Way};

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [child::CHILD, kind] = arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return child::serve(kind);
    }
    let smoke = arguments.iter().any(|argument| argument == "--smoke");
    let rounds = if smoke { 1 } else { 7 };
    table::begin();
    for (question, way, load) in questions(smoke) {
        let children = Kind::ALL.map(Child::start);
        // Once before it counts: connections, buffers and pages that come with the first load are no growth.
        for child in &children {
            load::run(child, way, load);
        }
        let before = children.each_ref().map(Child::memory);
        let turns: Vec<_> = (0..rounds)
            .map(|_| children.each_ref().map(|child| load::run(child, way, load)))
            .collect();
        let after = children.each_ref().map(Child::memory);
        table::print(question, load, &turns, before, after);
    }
}

fn questions(smoke: bool) -> [(&'static str, Way, Load); 4] {
    let most = |probes| Load { probes, rate: None, clients: 16 };
    // Connections enough to stand for a node's kubelet, load balancers and curious people.
    let paced = |probes| Load { probes, rate: Some(10_000), clients: 16 };
    let (many, few) = if smoke { (1_000, 200) } else { (40_000, 8_000) };
    [
        ("as many as can be, 16 connections kept", Way::KeepAlive, most(many)),
        ("as many as can be, a connection each, 16 at once", Way::Anew, most(few)),
        ("10 000 a second, 16 connections kept", Way::KeepAlive, paced(many / 2)),
        ("10 000 a second, a connection each", Way::Anew, paced(few)),
    ]
}
