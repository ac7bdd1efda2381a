//! The matrix of projectcontour/contour#6291, #6613 and #6614: what there is, who leads, when the lists are done, how long a build takes.

use std::time::Duration;

use ::support::Mode;
use contour_follower::Finding;
use contour_follower::election::Leadership;
use firstlight_ready::{Cause, GateState};
use tokio::time::{Instant, sleep, sleep_until};

use crate::support::{Cluster, WITHIN, broken_ingress, done, ingress, list, secret, started};

const SLOW: Duration = Duration::from_secs(7);
const LATE: Duration = Duration::from_secs(20);
const MANY: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Objects {
    None,
    OneIrrelevant,
    OneRelevant,
    Many,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    Leader,
    Follower,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Done {
    Early,
    Late,
    Never,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    objects: Objects,
    role: Role,
    done: Done,
    build: Duration,
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for objects in [Objects::None, Objects::OneIrrelevant, Objects::OneRelevant, Objects::Many] {
        for role in [Role::Leader, Role::Follower] {
            for done in [Done::Early, Done::Late, Done::Never] {
                for build in [Duration::ZERO, SLOW] {
                    cells.push(Cell { objects, role, done, build });
                }
            }
        }
    }
    cells
}

impl Cell {
    /// How many listeners its configuration has.
    fn listeners(self) -> usize {
        match self.objects {
            Objects::None | Objects::OneIrrelevant => 0,
            Objects::OneRelevant => 1,
            Objects::Many => MANY,
        }
    }

    /// Plays it: all lists begin at once, and the last one to be done is that of the secrets.
    async fn play(self, cluster: Cluster) {
        match self.role {
            Role::Leader => cluster.leader_is("self", true),
            Role::Follower => cluster.leader_is("other", false),
        }
        list(
            &cluster.ingresses,
            (0..self.listeners()).map(|n| ingress(&format!("n{n}"), "contour")),
        );
        list(&cluster.services, []);
        list(&cluster.endpoints, []);
        list(
            &cluster.secrets,
            (self.objects == Objects::OneIrrelevant).then(|| secret("unrelated")),
        );
        done(&cluster.ingresses);
        done(&cluster.services);
        done(&cluster.endpoints);
        match self.done {
            Done::Early => done(&cluster.secrets),
            Done::Late => {
                sleep(LATE).await;
                done(&cluster.secrets);
            }
            Done::Never => {}
        }
        // The watches go on.
        std::future::pending::<()>().await;
    }
}

/// The cells with a slow build are those of a regression upstream: since projectcontour/contour#6614 the flag is set when the inputs are
/// processed, and whoever connects before the build is done is told next to nothing. Here nobody sees a snapshot before that.
#[tokio::test(start_paused = true)]
async fn fixed_is_ready_in_bounded_time_in_every_cell_and_nobody_sees_a_snapshot_before_the_first_output()
 {
    for cell in cells() {
        let (cluster, plane) = started(Mode::Fixed, cell.build);
        let began = Instant::now();
        let playing = tokio::spawn(cell.play(cluster));
        let mut consumer = plane.snapshots.subscribe();
        let seen = tokio::spawn(async move {
            let first = consumer.changed().await;
            (first.map(|snapshot| snapshot.listeners().count()), began.elapsed())
        });
        let outcome = plane.readiness.wait().with_timeout(WITHIN * 2).await;
        let took = began.elapsed();
        let due = match cell.done {
            Done::Early => Some(cell.build),
            Done::Late => Some(LATE + cell.build),
            Done::Never => None,
        };
        match due {
            Some(due) => {
                outcome.unwrap_or_else(|error| panic!("{cell:?}: {error}"));
                assert!(
                    took >= due && took < due + Duration::from_millis(50),
                    "{cell:?}: {took:?}"
                );
                let (listeners, seen_at) = seen.await.expect("it looks on");
                assert_eq!(listeners.expect("it is published"), cell.listeners(), "{cell:?}");
                assert!(seen_at >= due, "{cell:?}: seen at {seen_at:?}");
                let version = plane.snapshots.version();
                assert_eq!(version, 1, "{cell:?}: the first output is built exactly once");
            }
            None => {
                let error = outcome.expect_err("it is not done");
                assert!(took <= WITHIN + Duration::from_secs(1), "{cell:?}: {took:?}");
                assert!(matches!(error.cause, Cause::Failed), "{cell:?}: {error:?}");
                assert!(error.to_string().contains("secrets"), "{cell:?}: {error}");
                assert!(plane.snapshots.get().is_err(), "{cell:?}");
                assert!(!seen.is_finished(), "{cell:?}");
            }
        }
        playing.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn broken_waits_for_ever_as_a_follower_without_a_relevant_object() {
    for cell in cells().into_iter().filter(|cell| cell.done == Done::Early) {
        let (cluster, plane) = started(Mode::Broken, cell.build);
        let playing = tokio::spawn(cell.play(cluster));
        let outcome = plane.readiness.wait().with_timeout(Duration::from_secs(3600)).await;
        let hangs = cell.role == Role::Follower && cell.listeners() == 0;
        assert_eq!(outcome.is_err(), hangs, "{cell:?}: {outcome:?}");
        playing.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_told_and_what_is_right_is_served() {
    let (cluster, plane) = started(Mode::Fixed, SLOW);
    list(&cluster.ingresses, [ingress("right", "contour"), broken_ingress("wrong")]);
    list(&cluster.services, []);
    list(&cluster.endpoints, []);
    list(&cluster.secrets, [secret("unrelated")]);
    done(&cluster.ingresses);
    done(&cluster.services);
    done(&cluster.endpoints);
    done(&cluster.secrets);
    plane.readiness.wait().await.expect("what is right can be served");
    let snapshot = plane.snapshots.get().expect("it is published");
    assert_eq!(snapshot.listeners().count(), 1);
    let finding = plane.finding.borrow().clone();
    assert!(
        matches!(&finding, Some(Finding::ConfigurationError(1, first)) if first.starts_with("Ingress default/wrong: ")),
        "{finding:?}"
    );
    let snapshot = plane.readiness.snapshot();
    let gate = snapshot.gate("configuration").expect("a gate");
    assert_eq!(gate.state, GateState::Degraded);
}

#[tokio::test(start_paused = true)]
async fn whoever_leads_is_shown_and_changes_no_readiness() {
    let (cluster, plane) = started(Mode::Fixed, Duration::ZERO);
    let cell = Cell {
        objects: Objects::None,
        role: Role::Follower,
        done: Done::Early,
        build: Duration::ZERO,
    };
    let leadership = cluster.leadership.clone();
    let playing = tokio::spawn(cell.play(cluster));
    plane.readiness.wait().await.expect("it is empty");
    let mut changes = plane.readiness.view("ready").expect("a view").changes();
    assert_eq!(changes.next().await, Some(true), "as it is now");
    let trouble = Some("no API server".to_owned());
    for (leads, holder, trouble, state, reason) in [
        (true, Some("self"), None, GateState::Ready, None),
        (false, Some("other"), None, GateState::Pending, Some("follows other")),
        (false, None, None, GateState::Pending, Some("nobody leads")),
        (true, Some("self"), None, GateState::Ready, None),
        (false, Some("self"), trouble, GateState::Pending, Some("no API server")),
    ] {
        let holder = holder.map(str::to_owned);
        leadership.send_replace(Leadership { leads, holder, trouble });
        sleep(Duration::from_millis(1)).await;
        let snapshot = plane.readiness.snapshot();
        let gate = snapshot.gate("leader").expect("a gate");
        assert_eq!((gate.state, gate.open), (state, leads));
        assert_eq!(gate.reason.as_ref().map(|reason| reason.as_str()), reason);
        assert!(plane.readiness.is_ready());
    }
    let changed = tokio::time::timeout(Duration::from_secs(1), changes.next()).await;
    assert!(changed.is_err(), "{changed:?}");
    playing.abort();
}

#[tokio::test(start_paused = true)]
async fn events_that_never_pause_do_not_hold_up_the_builds_after_the_first() {
    let (cluster, plane) = started(Mode::Fixed, Duration::ZERO);
    list(&cluster.ingresses, []);
    list(&cluster.services, []);
    list(&cluster.endpoints, []);
    list(&cluster.secrets, []);
    done(&cluster.ingresses);
    done(&cluster.services);
    done(&cluster.endpoints);
    done(&cluster.secrets);
    plane.readiness.wait().await.expect("it is empty");
    let until = Instant::now() + Duration::from_secs(1);
    let mut n = 0;
    while Instant::now() < until {
        n += 1;
        crate::support::apply(&cluster.ingresses, ingress(&format!("n{n}"), "contour"));
        sleep_until(Instant::now() + Duration::from_millis(5)).await;
    }
    let builds = plane.snapshots.version() - 1;
    assert!((4..=10).contains(&builds), "{builds} builds for {n} events");
}
