use firstlight_benches::contest::Times;

/// A peer, and the ratio to it that we aim at.
pub(crate) type Target = (&'static str, f64);

/// Begins the table.
pub(crate) fn begin() {
    println!("| question | ours | peer | its time | ours / peer | target | met |");
    println!("|---|---|---|---|---|---|---|");
}

/// A line for each peer; a job is so many times what is asked about.
pub(crate) fn print(question: &str, each: u64, times: &Times, targets: &[Target]) {
    let per = |time: std::time::Duration| format!("{:.1} ns", time.as_nanos() as f64 / each as f64);
    for peer in times.peers() {
        let ratio = times.ratio(peer);
        let target = targets.iter().find(|(name, _)| *name == peer).map(|(_, target)| *target);
        let (target, met) = match target {
            Some(target) => (format!("<= {target}"), if ratio <= target { "yes" } else { "NO" }),
            None => (String::new(), ""),
        };
        println!(
            "| {question} | {} | {peer} | {} | {ratio:.2} | {target} | {met} |",
            per(times.median("ours")),
            per(times.median(peer))
        );
    }
}
