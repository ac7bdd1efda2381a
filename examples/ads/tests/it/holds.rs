//! Holds over real streams and in real time; when they end and for whom is tested beside the sessions.

use std::time::Duration;

use ads::{Cluster, Settings, Snapshot};
use firstlight_ready::hold::{AtExpiry, Limits};
use tonic::Code;

use crate::server_support::{CDS, EDS, Lines, served};

fn half() -> Snapshot {
    let cluster = |name: &str| Cluster { name: name.into() };
    let snapshot = Snapshot::builder(1).cluster(cluster("whole")).cluster(cluster("half"));
    let addresses = vec![([10, 0, 0, 1], 80).into()];
    snapshot.endpoints(ads::Endpoints { cluster: "whole".into(), addresses }).build()
}

#[tokio::test]
async fn a_hold_ends_by_itself_and_the_rest_has_gone_before() {
    let (lines, _guard) = Lines::capture();
    let hold = Limits::new(Duration::from_millis(200));
    let served = served(Settings::default().with_holds(hold)).await;
    served.publisher.publish(half());
    let mut talk = served.stream().await;
    assert_eq!(talk.get(CDS, &[]).await.resources.len(), 1);
    assert_eq!(served.ads.stats().held, 1);
    let both = talk.next().await;
    assert_eq!(both.resources.len(), 2);
    talk.ack(&both, &[]).await;
    assert_eq!(talk.get(EDS, &["half", "whole"]).await.resources.len(), 2);
    let stats = served.ads.stats();
    assert_eq!((stats.published_incomplete, stats.recovered), (1, 0));
    let expected = r#"WARN references that lead nowhere: 1: cluster "half" has no endpoints yet"#;
    assert_eq!(lines.warnings(), [expected]);
}

#[tokio::test]
async fn a_hold_ends_when_what_is_missing_comes() {
    let (lines, _guard) = Lines::capture();
    let served =
        served(Settings::default().with_holds(Limits::new(Duration::from_secs(3600)))).await;
    served.publisher.publish(half());
    let mut talks = Vec::new();
    for _ in 0..5 {
        let mut talk = served.stream().await;
        assert_eq!(talk.get(CDS, &[]).await.resources.len(), 1);
        talks.push(talk);
    }
    served.publish(2, &[("half", 1), ("whole", 1)]);
    for talk in &mut talks {
        assert_eq!(talk.next().await.resources.len(), 2);
    }
    served.until(|stats| stats.recovered == 5).await;
    assert_eq!((served.ads.stats().held, served.ads.stats().published_incomplete), (5, 0));
    assert_eq!(lines.warnings().len(), 1, "once for all streams: {:?}", lines.all());
    assert!(lines.all().contains(&"INFO all references lead somewhere".to_owned()));
}

#[tokio::test]
async fn limits_that_say_so_end_the_stream() {
    let zero = Duration::from_millis(50);
    let fail = Limits::new(zero).cold(zero, AtExpiry::Fail);
    let served = served(Settings::default().with_holds(fail)).await;
    served.publisher.publish(half());
    let mut talk = served.stream().await;
    talk.get(CDS, &[]).await;
    let ended = talk.end_or_next().await.unwrap_err();
    assert_eq!(ended.code(), Code::Unavailable);
    assert_eq!(ended.message(), r#"endpoints "half" is missing for too long"#);
}

#[tokio::test]
async fn the_two_other_ways_are_there_to_be_shown() {
    let without = served(Settings::default().without_holds()).await;
    without.publisher.publish(half());
    assert_eq!(without.stream().await.get(CDS, &[]).await.resources.len(), 2);
    assert_eq!(without.ads.stats().held, 0);

    let nothing = served(Settings::default().all_or_nothing()).await;
    nothing.publisher.publish(half());
    let mut talk = nothing.stream().await;
    talk.subscribe(CDS, &[]).await;
    nothing.until(|stats| stats.requests == 1).await;
    nothing.publish(2, &[("half", 1), ("whole", 1)]);
    assert_eq!(talk.next().await.version_info, "2", "nothing was said before");
}
