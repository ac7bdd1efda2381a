//! Every kind of cluster, leader and follower, every moment of the done flag, a quick and a slow build: ready when it
//! should be, and no consumer ever sees what was there before the first output.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use firstlight_sync::{
    BuildError, Cause, Output, Publisher, Source, Tracker, Verdict, first_output, initial_build,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use crate::support::{ms, tracker};

/// When the pods are said to be done.
#[derive(Debug, Clone, Copy)]
enum Done {
    /// Before the first of them is announced.
    Early,
    /// A while after the last of them was handled.
    Late,
    Never,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    relevant: usize,
    irrelevant: usize,
    leader: bool,
    done: Done,
    build: Duration,
}

enum Event {
    Item { relevant: bool, item: firstlight_sync::Item },
    Elected,
}

#[derive(Debug)]
struct Snapshot {
    relevant: usize,
    elected: bool,
}

const DEADLINE: Duration = Duration::from_secs(60);

impl Case {
    /// An informer queues the items, the event loop takes 3 ms for each.
    async fn informer_and_loop(self, pods: Source, services: Source) {
        let (queue, mut events) = mpsc::unbounded_channel();
        let feeding = pods.feed(|pods| {
            services.feed(|services| async move {
                let is_done = |pods: &firstlight_sync::Feed| pods.done().expect("once");
                if let Done::Early = self.done {
                    is_done(&pods);
                }
                for i in 0..self.relevant + self.irrelevant {
                    let event = Event::Item { relevant: i < self.relevant, item: pods.item() };
                    assert!(queue.send(event).is_ok(), "the loop lives");
                }
                if self.leader {
                    assert!(queue.send(Event::Elected).is_ok(), "the loop lives");
                }
                drop(queue);
                services.done().expect("once");
                while let Some(event) = events.recv().await {
                    sleep(ms(3)).await;
                    match event {
                        Event::Item { relevant: true, item } => item.relevant(),
                        Event::Item { relevant: false, item } => item.irrelevant(),
                        Event::Elected => {}
                    }
                }
                if let Done::Late = self.done {
                    sleep(ms(700)).await;
                    is_done(&pods);
                }
                // An informer lives for ever.
                std::future::pending::<()>().await;
            })
        });
        feeding.await;
    }

    async fn control_plane(
        self,
        tracker: &Tracker,
        publisher: &Publisher<Snapshot>,
        builds: &AtomicU32,
    ) -> Result<Verdict, BuildError> {
        let wait = tracker.wait().with_timeout(DEADLINE);
        let synced = initial_build(wait, publisher, async |synced| {
            builds.fetch_add(1, Ordering::Relaxed);
            sleep(self.build).await;
            let relevant = synced.sources()[0].relevant as usize;
            Ok::<_, &str>(Snapshot { relevant, elected: false })
        })
        .await?;
        if self.leader {
            // What the leader does on top comes after, and not before.
            let version = publisher.version();
            let snapshot = Snapshot { relevant: self.relevant, elected: true };
            publisher.publish_over(version, snapshot).expect("the only writer");
        }
        Ok(synced.verdict())
    }

    /// Looks all the time, and subscribes after so long; returns when it saw the first snapshot.
    async fn consumer(self, output: Output<Snapshot>, after: Duration) -> Duration {
        let began = Instant::now();
        sleep(after).await;
        let mut seen = output.subscribe();
        let first = seen.changed().await.expect("published");
        assert_eq!(first.relevant, self.relevant, "a snapshot that is not complete: {self:?}");
        let at = began.elapsed();
        if self.leader && !first.elected {
            assert!(seen.changed().await.expect("published").elected);
        }
        at
    }

    async fn run(self) {
        let tracker = tracker(&["pods", "services"]);
        let (publisher, output) = first_output::<Snapshot>("snapshot").expect("a good name");
        let builds = AtomicU32::new(0);
        let [pods, services] =
            ["pods", "services"].map(|name| tracker.source(name).expect("unclaimed"));
        let informer = self.informer_and_loop(pods, services);
        let handled = ms(3) * (self.relevant + self.irrelevant + usize::from(self.leader)) as u32;
        let synced_at = match self.done {
            Done::Early => ms(3) * (self.relevant + self.irrelevant) as u32,
            Done::Late | Done::Never => handled + ms(700),
        };
        let expected = synced_at + self.build;
        let looker = {
            let output = output.clone();
            async move {
                let began = Instant::now();
                while began.elapsed() < DEADLINE {
                    if let Ok(seen) = output.get() {
                        assert!(began.elapsed() >= expected, "too early: {self:?}");
                        assert_eq!(seen.relevant, self.relevant);
                    }
                    sleep(ms(5)).await;
                }
            }
        };
        let consumers = async {
            if let Done::Never = self.done {
                return;
            }
            let late = expected + ms(5000);
            let (early, late) = tokio::join!(
                self.consumer(output.clone(), ms(0)),
                self.consumer(output.clone(), late)
            );
            assert!((expected..expected + ms(5)).contains(&early), "{early:?}, {self:?}");
            assert!(late >= expected + ms(5000));
        };
        let plane = async {
            let outcome = self.control_plane(&tracker, &publisher, &builds).await;
            match (self.done, &outcome) {
                (Done::Never, Err(BuildError::NotSynced(error))) => {
                    assert!(matches!(error.cause(), Cause::Deadline), "{error}");
                    assert_eq!(error.pending().len(), 1);
                    assert_eq!(builds.load(Ordering::Relaxed), 0);
                }
                (Done::Early | Done::Late, Ok(verdict)) => {
                    let expected = match (self.relevant, self.irrelevant) {
                        (0, 0) => Verdict::Empty,
                        (0, _) => Verdict::OnlyIrrelevant,
                        _ => Verdict::Configured,
                    };
                    assert_eq!(*verdict, expected, "{self:?}");
                    assert_eq!(builds.load(Ordering::Relaxed), 1, "{self:?}");
                }
                _ => panic!("{outcome:?}, {self:?}"),
            }
        };
        tokio::select! {
            () = informer => unreachable!("an informer lives for ever"),
            _ = async { tokio::join!(looker, consumers, plane) } => {}
        }
        assert_eq!(output.get().is_ok(), !matches!(self.done, Done::Never), "{self:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn ready_when_it_should_be_and_never_a_snapshot_before_the_first_output() {
    for (relevant, irrelevant) in [(0, 0), (0, 1), (1, 0), (500, 500)] {
        for leader in [true, false] {
            for done in [Done::Early, Done::Late, Done::Never] {
                for build in [ms(0), ms(20_000)] {
                    Case { relevant, irrelevant, leader, done, build }.run().await;
                }
            }
        }
    }
}
