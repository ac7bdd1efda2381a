//! What cannot be set up is said at once, and without a secret.

use firstlight_probe::{HttpProbe, ProbeError};

fn probe() -> HttpProbe {
    HttpProbe::new("http://localhost/").expect("probe")
}

#[test]
fn each_setting_that_cannot_work_is_refused() {
    for (result, message) in [
        (HttpProbe::new("localhost:80"), "URL `localhost:80`: neither http nor https"),
        (
            HttpProbe::new("http://bob:hunter2@localhost/"),
            "URL `http://[redacted]@localhost/`: credentials belong into a header, not into the URL",
        ),
        (
            probe().with_bearer_token(""),
            "bearer token: empty, or with characters that no header may hold",
        ),
        (
            probe().with_bearer_token("hunter\n2"),
            "bearer token: empty, or with characters that no header may hold",
        ),
        (probe().with_header("a b", "hunter2"), "header `a b`: no header name"),
        (
            probe().with_header("x", "hunter\u{0}2"),
            "header `x`: its value holds characters that no header may hold",
        ),
        (
            probe().with_header("Content-Length", "1"),
            "header `Content-Length`: it is the probe's own",
        ),
        (probe().with_header("connection", "close"), "header `connection`: it is the probe's own"),
        (probe().with_fallback_path("healthz"), "path `healthz`: not a path that starts with `/`"),
        (probe().with_fallback_path("/a b"), "path `/a b`: not a path that starts with `/`"),
    ] {
        assert_eq!(result.expect_err(message).to_string(), message);
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn without_its_feature_https_is_refused() {
    let error = HttpProbe::new("https://localhost/").expect_err("refused");
    assert_eq!(error.to_string(), "URL `https://localhost/`: https needs the feature `tls`");
}

#[test]
fn probes_and_errors_can_be_shared_between_threads() {
    fn is_shared<T: Clone + std::fmt::Debug + Send + Sync + 'static>() {}
    is_shared::<HttpProbe>();
    is_shared::<firstlight_probe::TcpProbe>();
    is_shared::<firstlight_probe::FileProbe>();
    is_shared::<firstlight_probe::Answer>();
    is_shared::<ProbeError>();
    #[cfg(feature = "grpc")]
    is_shared::<firstlight_probe::GrpcProbe>();
    #[cfg(all(feature = "exec", unix))]
    is_shared::<firstlight_probe::ExecProbe>();
}

#[test]
fn a_change_to_a_probe_leaves_its_clones_as_they_were() {
    let before = probe();
    let after = before.clone().with_max_body(7);
    assert!(format!("{after:?}").contains("max_body: 7"), "{after:?}");
    assert!(format!("{before:?}").contains("max_body: 65536"), "{before:?}");
}
