//! Time to first output.

use std::time::Duration;

use firstlight_clock::Clock;
use firstlight_metrics::Collector;
use firstlight_sync::first_output;
use tokio::time::advance;

use crate::scrape::Scrape;

const TIME: &str = "firstlight_time_to_first_output_seconds snapshot";
const COUNT: &str = "firstlight_output_publications_total snapshot";

#[tokio::test(start_paused = true)]
async fn the_time_is_that_of_the_publication_and_not_of_the_scrape() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let clock = Clock::new();
    let (publisher, output) = first_output("snapshot").expect("an output");
    let collector = Collector::new().with_output(&output);
    assert_eq!((scrape.find(TIME), scrape.value(COUNT)), (None, 0.0));
    advance(Duration::from_secs(9)).await;
    let published = clock.now().as_secs_f64();
    publisher.publish(());
    advance(Duration::from_secs(50)).await;
    publisher.publish(());
    collector.collect();
    assert_eq!((scrape.value(TIME), scrape.value(COUNT)), (published, 2.0));
}

#[tokio::test(start_paused = true)]
async fn what_was_published_before_it_was_added_has_its_time_and_its_whole_count() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let (publisher, output) = first_output("snapshot").expect("an output");
    publisher.publish(());
    let published = Clock::new().now().as_secs_f64();
    advance(Duration::from_secs(9)).await;
    let collector = Collector::new().with_output(&output);
    publisher.publish(());
    collector.collect();
    assert_eq!((scrape.value(TIME), scrape.value(COUNT)), (published, 2.0));
}

#[tokio::test]
async fn a_publisher_that_goes_without_a_word_was_no_output() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let (publisher, output) = first_output::<()>("snapshot").expect("an output");
    let collector = Collector::new().with_output(&output);
    drop(publisher);
    collector.collect();
    assert_eq!((scrape.find(TIME), scrape.value(COUNT)), (None, 0.0));
}

#[tokio::test]
async fn a_collector_that_is_dropped_leaves_nothing_behind() {
    let value = std::sync::Arc::new(());
    let (publisher, output) = first_output::<std::sync::Arc<()>>("snapshot").expect("an output");
    drop(Collector::new().with_output(&output));
    publisher.publish(std::sync::Arc::clone(&value));
    drop((publisher, output));
    assert_eq!(std::sync::Arc::strong_count(&value), 1, "no cycle keeps the output alive");
}
