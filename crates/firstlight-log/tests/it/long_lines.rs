//! Lines that are longer than is good for the others.

use firstlight_log::{Format, boot_scoped};

use super::lines::Lines;

#[test]
fn a_message_of_a_mebibyte_is_cut_and_says_so_and_the_others_are_whole() {
    let (log, lines) = (boot_scoped(), Lines::default());
    log.set_sinks([lines.lossy(Format::Json)]).expect("it opens");
    let long = "x\u{1b}".repeat(1 << 19);
    tracing::warn!(user = 7, "{long}");
    tracing::info!("short");
    let told = lines.json(&log);
    assert_eq!(told.len(), 2);
    let message = told[0]["fields"]["message"].as_str().expect("text");
    assert!(
        message.starts_with("x\u{1b}x") && message.ends_with("…[cut]"),
        "{} bytes",
        message.len()
    );
    assert!(message.len() > 10_000 && told[0]["fields"]["line_bytes"].as_u64() > Some(1 << 20));
    assert_eq!(
        (told[0]["level"].as_str(), told[0]["target"].as_str()),
        (Some("WARN"), Some(module_path!()))
    );
    assert_eq!(told[1]["fields"]["message"], "short");
    assert_eq!(log.stats().sinks[0].1.dropped(), 0);
}

#[test]
fn a_lossless_sink_takes_it_whole() {
    let (log, lines) = (boot_scoped(), Lines::default());
    log.set_sinks([lines.sink(Format::Json)]).expect("it opens");
    let long = "x".repeat(1 << 20);
    tracing::info!("{long}");
    assert_eq!(lines.messages(&log), [long]);
}

#[test]
fn long_fields_make_one_line_that_fits() {
    let (log, lines) = (boot_scoped(), Lines::default());
    log.set_sinks([lines.lossy(Format::Text).with_capacity(8 * 1024)]).expect("it opens");
    let long = "y".repeat(1024);
    tracing::info!(a = long, b = long, c = long, d = long, "too much");
    let told = lines.read(&log);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("too much…[cut] line_bytes="), "{}", told[0]);
}

#[test]
fn the_sinks_of_a_scope_are_emptied_when_it_is_dropped() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("log");
    {
        let log = boot_scoped();
        log.set_sinks([firstlight_log::Sink::file(&path).with_format(Format::Text)])
            .expect("it opens");
        (0..1_000).for_each(|n| tracing::info!(n, "line"));
    }
    assert_eq!(std::fs::read_to_string(path).expect("it is there").lines().count(), 1_000);
}
