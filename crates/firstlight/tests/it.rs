//! The facade gives all that its features promise.

#[cfg(feature = "poll")]
#[test]
fn polling_is_there() {
    let _ = firstlight::poll::Wait::local("it");
}

#[cfg(all(feature = "probe", unix))]
#[test]
fn every_probe_is_there_with_tls() {
    let _ = firstlight::probe::ExecProbe::new("true");
    assert!(firstlight::probe::HttpProbe::new("https://localhost/").is_ok());
    assert!(firstlight::probe::GrpcProbe::new("https://localhost/").is_ok());
}
