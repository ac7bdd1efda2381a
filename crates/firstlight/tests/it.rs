//! The facade gives all that its features promise, and the crates tell the log what the documents say.

mod it {
    // What was before `main` is told on Linux.
    #[cfg(all(feature = "timeline", feature = "log", target_os = "linux"))]
    mod child;
    #[cfg(all(
        feature = "check",
        feature = "cleanup",
        feature = "log",
        feature = "poll",
        feature = "ready",
        feature = "signal",
        feature = "sync",
        feature = "timeline",
        target_os = "linux"
    ))]
    mod events;
    #[cfg(all(feature = "timeline", feature = "ready"))]
    mod start;
    #[cfg(all(feature = "timeline", feature = "log", target_os = "linux"))]
    mod waterfall;
}

#[cfg(feature = "log")]
#[test]
fn logging_is_there() {
    let log = firstlight::log::boot_scoped();
    tracing::info!("kept");
    assert_eq!(log.captured()[0].message, "kept");
}

#[cfg(feature = "poll")]
#[test]
fn polling_is_there() {
    let _ = firstlight::poll::Wait::local("it");
}

#[cfg(feature = "sync")]
#[test]
fn syncing_is_there() {
    assert!(firstlight::sync::Tracker::builder("caches").source("pods").build().is_ok());
}

#[cfg(feature = "ready")]
#[test]
fn readiness_is_there_and_needs_a_runtime() {
    assert!(firstlight::ready::Readiness::new("it").is_err());
}

#[cfg(all(feature = "probe", unix))]
#[test]
fn every_probe_is_there_with_tls() {
    let _ = firstlight::probe::ExecProbe::new("true");
    assert!(firstlight::probe::HttpProbe::new("https://localhost/").is_ok());
    assert!(firstlight::probe::GrpcProbe::new("https://localhost/").is_ok());
}
