use std::process::Command;

use firstlight_benches::log::peers::Installed;
use firstlight_benches::log::{Format, Peer, Question, events};
use stats_alloc::Region;

use crate::{GLOBAL, live};

/// How a child is called: a process has one global logger.
pub(crate) const CHILD: &str = "log-bytes";

const PEERS: [(&str, Peer); 6] = [
    ("ours", Peer::Ours),
    ("ours, early", Peer::OursEarly),
    ("fmt", Peer::Fmt),
    ("non_blocking", Peer::NonBlocking),
    ("logforth, Async", Peer::LogforthAsync),
    ("a ring of formatted strings, early", Peer::Strings),
];

/// What a logger takes, what its queue takes when it is full, and what an event allocates.
pub(crate) fn memory() {
    println!(
        "| logger | bytes, installed | and its queue full | target | met | allocations per event | target | met |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (name, peer) in PEERS {
        let output = Command::new(std::env::current_exe().expect("this program"))
            .args([CHILD, name])
            .output()
            .expect("a child");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told = String::from_utf8_lossy(&output.stdout);
        let words: Vec<_> = told.split_whitespace().collect();
        let [installed, full, each] = words[..] else { panic!("{name} said {told}") };
        let met = |met: bool| if met { "yes" } else { "NO" };
        let (room, is_small) = match (peer, full.parse::<i64>()) {
            (Peer::Ours, Ok(bytes)) => ("<= 1000000", met(bytes <= 1_000_000)),
            _ => ("", ""),
        };
        let (most, has_none) = match peer {
            Peer::OursEarly => ("0", met(each == "0.00")),
            _ => ("", ""),
        };
        println!(
            "| {name} | {installed} | {full} | {room} | {is_small} | {each} | {most} | {has_none} |"
        );
    }
}

/// Is the child.
pub(crate) fn here(name: &str) {
    let (_, peer) = PEERS.into_iter().find(|(known, _)| *known == name).expect("a peer");
    let region = Region::new(GLOBAL);
    let mut logger = Installed::new(peer, Format::Text);
    let installed = live(&region, 1);
    // So that what grows has grown: a ring has been filled, a thread has its buffers.
    events::run(&mut logger, peer, Question::Event, 1, 10_000);
    let before = Region::new(GLOBAL);
    events::call(peer, Question::Event, 1_000);
    let _kept = logger.settle(1_000, 0);
    let change = before.change();
    // What the checks themselves allocate is less than a hundredth.
    let each = (change.allocations + change.reallocations) as f64 / 1_000.0;
    let mut full = String::from("-");
    if matches!(peer, Peer::Ours | Peer::NonBlocking) {
        events::stalled(&mut logger, peer, 0, |_| full = live(&region, 1).to_string());
    }
    println!("{installed} {full} {each:.2}");
}
