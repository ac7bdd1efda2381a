//! How many of 5 000 lines are there when the process has ended, in which way ever, and how long did the end take?
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin survival [-- [--smoke] [WAY] [LOGGER]]
//! ```
//!
//! Each cell is a child process of its own, whose stdout this one reads: it logs, and ends at once. It is asserted for ours, the peers are only shown.
//! Times go from the last line logged to the end of the process; `hangs` stands for one that had to be killed.

mod ended;
mod logger;
mod way;

use std::process::ExitCode;

use self::ended::Ended;
use self::logger::Logger;
use self::way::Way;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    if let ["child", logger, way, lines] = words[..] {
        return way::go(Logger::named(logger), Way::named(way), lines.parse().expect("a number"));
    }
    let smoke = words.contains(&"--smoke");
    let lines = if smoke { 500 } else { 5_000 };
    let only = |name: &str| {
        let asked = words.iter().filter(|word| !word.starts_with("--"));
        let known = asked.filter(|word| Way::is_name(word) || Logger::is_name(word));
        let of_its_kind: Vec<_> =
            known.filter(|word| Way::is_name(word) == Way::is_name(name)).collect();
        of_its_kind.is_empty() || of_its_kind.contains(&&name)
    };
    println!(
        "| lines kept of {lines}, time to the end | {} |",
        Way::ALL.map(Way::title).join(" | ")
    );
    println!("|---|{}", "---|".repeat(Way::ALL.len()));
    let mut broken = Vec::new();
    for logger in Logger::ALL.into_iter().filter(|logger| only(logger.name())) {
        let mut cells = Vec::new();
        for way in Way::ALL {
            // Peers that hang take their time to be killed; what hears SIGTERM differs in nothing else.
            let slow = smoke && way == Way::StalledReader && !logger.is_ours();
            let same = logger == Logger::OursSigterm && way != Way::Sigterm;
            if !only(way.name()) || slow || same {
                cells.push(String::new());
                continue;
            }
            let ended = Ended::of(logger, way, lines);
            broken.extend(ended.broken(logger, way, lines));
            cells.push(ended.to_string());
        }
        println!("| {} | {} |", logger.title(), cells.join(" | "));
    }
    broken.iter().for_each(|promise| eprintln!("broken: {promise}"));
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
