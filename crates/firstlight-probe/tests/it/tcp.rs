//! The TCP probe.

use firstlight_poll::Verdict;
use firstlight_probe::TcpProbe;
use tokio::net::TcpListener;

use super::support::{LONG, attempt, line, nobody};

#[tokio::test]
async fn somebody_who_listens_is_ready_and_nobody_is_refused() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("bind");
    let address = listener.local_addr().expect("bound");
    let probe = TcpProbe::new(&address.to_string()).expect("probe");
    let verdict = attempt(LONG, |cx| probe.check(cx)).await;
    assert_eq!(verdict, Verdict::Ready(address));
    let nobody = nobody();
    let probe = TcpProbe::new(&nobody.address.to_string()).expect("probe");
    let verdict = attempt(LONG, |cx| probe.check(cx)).await;
    assert_eq!(
        line(&verdict),
        format!("refused: TCP {} failed: connection refused", nobody.address)
    );
}

#[test]
fn a_bad_address_is_refused_with_a_reason() {
    for (address, message) in [
        ("localhost", "address `localhost`: no port"),
        ("localhost:", "address `localhost:`: bad port"),
        ("localhost:0", "address `localhost:0`: bad port"),
        ("localhost:+80", "address `localhost:+80`: bad port"),
        ("localhost:65536", "address `localhost:65536`: bad port"),
        ("::1:80", "address `::1:80`: an IPv6 address stands in brackets"),
        (":80", "address `:80`: no host name"),
        ("bob:hunter2@db:5432", "address `[redacted]@db:5432`: an IPv6 address stands in brackets"),
        ("a b:80", "address `a b:80`: no host name"),
        ("[x]:80", "address `[x]:80`: no IPv6 address within the brackets"),
    ] {
        assert_eq!(TcpProbe::new(address).expect_err(address).to_string(), message);
    }
    assert!(TcpProbe::new("[::1]:80").is_ok());
}
