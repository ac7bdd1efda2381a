//! Clients that say what they should not, or nothing, or do not listen. In each case others lose nothing.

use std::time::Duration;

use ads::Settings;
use envoy_types::pb::envoy::service::discovery::v3::DiscoveryRequest;
use prost::bytes::Bytes;
use tonic::Code;

use crate::raw;
use crate::server_support::{CDS, EDS, LDS, Lines, RDS, Served, Talk, request, served};

async fn good(settings: Settings) -> (Served, Talk) {
    let served = served(settings).await;
    served.publish(1, &[("a", 1)]);
    let mut talk = served.stream().await;
    talk.as_envoy(&["a"]).await;
    served.until(|stats| stats.acks == 4).await;
    (served, talk)
}

/// It is told of the next change as if nothing had been.
async fn assert_well(served: &Served, talk: &mut Talk, version: u32) {
    served.publish(version, &[("a", usize::try_from(version).unwrap() + 1)]);
    let answer = talk.next().await;
    assert_eq!((answer.type_url.as_str(), &answer.version_info), (EDS, &version.to_string()));
    talk.ack(&answer, &["a"]).await;
}

#[tokio::test]
async fn what_is_no_message_ends_its_stream() {
    let (served, mut other) = good(Settings::default()).await;
    let long = vec![0xff; 600];
    for (garbage, code) in [
        (&b"\xff\xff\xff\xff"[..], Code::Internal),
        (b"\x22\x7fshort", Code::Internal),
        (b"\x22\x02\xc3\x28", Code::Internal),
        (&long, Code::Internal),
    ] {
        let sent = raw::send(served.channel().await, vec![Bytes::copy_from_slice(garbage)]).await;
        let ended = match sent {
            Ok(mut stream) => stream.message().await.map(|_| ()).unwrap_err(),
            Err(status) => status,
        };
        assert_eq!(ended.code(), code, "{garbage:?}: {ended}");
    }
    served.until(|stats| stats.streams == 1).await;
    assert_well(&served, &mut other, 2).await;
}

#[tokio::test]
async fn a_request_that_is_too_large_ends_its_stream() {
    let (served, mut other) = good(Settings::default().with_max_request(1000)).await;
    let mut talk = served.stream().await;
    talk.subscribe(EDS, &[&"x".repeat(1000)]).await;
    assert_eq!(talk.end_or_next().await.unwrap_err().code(), Code::OutOfRange);
    served.until(|stats| stats.streams == 1).await;
    assert_well(&served, &mut other, 2).await;
}

#[tokio::test]
async fn a_hundred_thousand_names_are_refused_and_as_many_as_allowed_are_not() {
    let (served, mut other) = good(Settings::default()).await;
    let names: Vec<_> = (0..100_000).map(|number| number.to_string()).collect();
    let mut names: Vec<_> = names.iter().map(String::as_str).collect();
    let mut talk = served.stream().await;
    talk.subscribe(EDS, &names).await;
    let ended = talk.end_or_next().await.unwrap_err();
    assert_eq!(
        (ended.code(), ended.message()),
        (Code::ResourceExhausted, "no more than 16384 names of one type")
    );

    names.truncate(16_383);
    names.push("a");
    let mut talk = served.stream().await;
    assert_eq!(talk.get(EDS, &names).await.resources.len(), 1);
    assert_well(&served, &mut other, 2).await;
}

#[tokio::test]
async fn an_unknown_type_is_ignored_and_the_stream_goes_on() {
    let (lines, _guard) = Lines::capture();
    let (served, mut talk) = good(Settings::default()).await;
    let unknown =
        ["type.googleapis.com/envoy.service.runtime.v3.Runtime", "", "CDS", "evil\nWARN forged"];
    for _ in 0..10 {
        for type_url in unknown {
            talk.subscribe(type_url, &["x"]).await;
        }
    }
    for number in 0..100 {
        talk.subscribe(&format!("type-{number}"), &[]).await;
    }
    served.until(|stats| stats.unknown_types == 140).await;
    assert_eq!(lines.warnings().len(), 16, "bounded");
    assert!(lines.warnings().iter().all(|line| !line.contains('\n')));
    assert_well(&served, &mut talk, 2).await;
}

#[tokio::test]
async fn a_storm_of_refusals_is_answered_once_and_logged_once() {
    let (lines, _guard) = Lines::capture();
    let (served, mut other) = good(Settings::default()).await;
    let mut storms = Vec::new();
    for _ in 0..10 {
        let mut storm = served.stream().await;
        storm.subscribe(CDS, &[]).await;
        let answer = storm.next().await;
        for _ in 0..100 {
            storm.nack(&answer, &[], "bad\ncluster \u{1b}[31m").await;
        }
        storms.push(storm);
    }
    let requests = 8 + 10 * 101;
    served.until(|stats| stats.requests == requests).await;
    let stats = served.ads.stats();
    assert_eq!((stats.nacks, stats.responses.cds, stats.acks), (10, 11, 4));
    assert_eq!(lines.warnings(), ["WARN node-1 refuses CDS of version 1: bad cluster  [31m"]);
    assert_well(&served, &mut other, 2).await;
}

#[tokio::test]
async fn wrong_nonces_are_ignored_and_counted() {
    let (served, mut talk) = good(Settings::default()).await;
    for nonce in ["0", "77", "-1", "x", "1e3"] {
        let wrong = DiscoveryRequest { response_nonce: nonce.into(), ..request(CDS, &[]) };
        talk.send(wrong).await;
    }
    served.until(|stats| stats.stale == 5).await;
    assert_eq!(served.ads.stats().responses.total(), 4);
    assert_well(&served, &mut talk, 2).await;
}

#[tokio::test]
async fn a_client_that_accepts_nothing_gets_one_response_and_then_the_newest() {
    let (served, mut other) = good(Settings::default()).await;
    let mut slow = served.stream().await;
    slow.subscribe(EDS, &["a"]).await;
    let first = slow.next().await;
    for version in 2..50 {
        assert_well(&served, &mut other, version).await;
    }
    slow.ack(&first, &["a"]).await;
    assert_eq!(slow.next().await.version_info, "49");
    let eds = served.ads.stats().responses.eds;
    assert_eq!(eds, 1 + 48 + 2);
}

#[tokio::test]
async fn a_client_that_reads_nothing_makes_nothing_pile_up() {
    let (served, mut other) = good(Settings::default()).await;
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", served.address));
    let small = endpoint.unwrap().initial_stream_window_size(1024);
    let mut slow = Talk::on(small.connect().await.unwrap()).await;
    // So much that it does not fit, and subscribed to anew ever again: each is a response in full.
    served.publish(2, &[("a", 3), ("large", 60_000)]);
    for kind in [CDS, EDS] {
        let answer = other.next().await;
        assert_eq!(answer.type_url, kind);
        other.ack(&answer, &["a", "large"][..if kind == CDS { 0 } else { 2 }]).await;
        if kind == CDS {
            other.subscribe(EDS, &["a", "large"]).await;
        }
    }
    for _ in 0..500 {
        slow.subscribe(EDS, &["large"]).await;
    }
    assert_eq!(slow.next().await.version_info, "2");
    assert!(served.ads.stats().responses.eds < 20, "{:?}", served.ads.stats());
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_is_forgotten() {
    let (served, mut other) = good(Settings::default()).await;
    for _ in 0..20 {
        let talk = served.stream().await;
        for kind in [CDS, EDS, LDS, RDS] {
            talk.subscribe(kind, &["a", "table", "echo"]).await;
        }
    }
    served.until(|stats| stats.streams == 1 && stats.opened == 21).await;
    assert_well(&served, &mut other, 2).await;
}

#[tokio::test]
async fn streams_over_the_limit_are_refused_and_logged_once() {
    let (lines, _guard) = Lines::capture();
    let (served, mut other) = good(Settings::default().with_max_streams(2)).await;
    let second = served.stream().await;
    for _ in 0..5 {
        let refused = Talk::try_on(served.channel().await).await.err().unwrap();
        assert_eq!(
            (refused.code(), refused.message()),
            (Code::ResourceExhausted, "no more than 2 streams")
        );
    }
    assert_eq!(served.ads.stats().refused, 5);
    assert_eq!(lines.warnings(), ["WARN 2 streams are open, more are refused"]);
    drop(second);
    served.until(|stats| stats.streams == 1).await;
    served.stream().await.get(CDS, &[]).await;
    assert_well(&served, &mut other, 2).await;
}

#[tokio::test]
async fn a_thousand_streams_share_one_snapshot() {
    const STREAMS: usize = 1000;
    let served = served(Settings::default()).await;
    let clusters: Vec<_> = (0..100).map(|number| format!("cluster-{number}")).collect();
    let clusters: Vec<_> = clusters.iter().map(|name| (name.as_str(), 10)).collect();
    let names: Vec<_> = clusters.iter().map(|(name, _)| *name).collect();
    served.publish(1, &clusters);
    // The clients' side is in this process, too.
    let before = resident();
    let mut talks = Vec::with_capacity(STREAMS);
    while talks.len() < STREAMS {
        let channel = served.channel().await;
        for _ in 0..100 {
            let mut talk = Talk::on(channel.clone()).await;
            talk.get(CDS, &[]).await;
            talk.get(EDS, &names).await;
            talks.push(talk);
        }
    }
    served.until(|stats| stats.acks == 2000 && stats.streams == 1000).await;
    let each = resident().saturating_sub(before) / STREAMS;
    eprintln!("{each} bytes for each of {STREAMS} streams and their clients");
    assert!(each < 256 * 1024, "{each} bytes for each");

    // One that never subscribes holds up nobody.
    let _mute = served.stream().await;
    let mut more = clusters.clone();
    more[0].1 = 11;
    served.publish(2, &more);
    for talk in &mut talks {
        let answer = talk.next().await;
        assert_eq!((answer.version_info.as_str(), answer.resources.len()), ("2", 1));
    }
    drop(talks);
    served.until(|stats| stats.streams == 1).await;
}

/// Bytes of this process in memory; 0 where that is not told.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split_whitespace().nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or_default() * 4096
}

#[tokio::test]
async fn a_stream_that_ends_its_requests_is_ended() {
    let (served, mut other) = good(Settings::default()).await;
    let mut stream = raw::send(served.channel().await, Vec::new()).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), stream.message()).await;
    assert!(matches!(ended, Ok(Ok(None))));
    assert_well(&served, &mut other, 2).await;
}
