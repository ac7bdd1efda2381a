//! One run: two instances in an empty cluster, and what their clients, a kubelet and an operator see of them.

use std::time::Duration;

use support::{Mode, Outcome, Row, Stage};
use tokio::time::{Instant, sleep};

use crate::measure::Measured;
use crate::poller::Poller;
use crate::scene::{Instance, LOOK, Scene};
use crate::{Error, Options};

/// Runs one mode.
pub(crate) async fn run(mode: Mode, options: &Options, stage: &Stage) -> Result<Row, Error> {
    let interrupt = stage.interrupt();
    let mut measured = Measured::default();
    let set = interrupt.run_until_cancelled(Scene::set(mode, options, stage)).await;
    let Some(mut scene) = set.transpose()? else {
        return Ok(measured.row(mode, Outcome::Interrupted));
    };
    let played = interrupt.run_until_cancelled(play(&mut scene, &mut measured)).await;
    scene.strike().await;
    let outcome = played.transpose()?.unwrap_or(Outcome::Interrupted);
    Ok(measured.row(mode, outcome))
}

/// What was measured is written down at once, for the case that it ends before its time.
async fn play(scene: &mut Scene<'_>, measured: &mut Measured) -> Result<Outcome, Error> {
    scene.tell(format_args!("two instances, and not an object"));
    let patience = scene.patience();
    let [a, b] = &scene.instances[..] else { return Err(Error::Ended("an instance")) };
    let ((a, early_a), (b, early_b)) = tokio::join!(ready(a, patience), ready(b, patience));
    measured.early_snapshots = Some(early_a + early_b);
    let Some(leader) = scene.leader(|holder| !holder.is_empty()).await else {
        return Ok(Outcome::Deadline);
    };
    let (times, is_first) = ([a, b], scene.instances[0].id == leader);
    let [leads, follows] = if is_first { [0, 1] } else { [1, 0] };
    (measured.leader_ready, measured.follower_ready) = (times[leads], times[follows]);
    let outcome = match (times[leads], times[follows]) {
        (Some(_), Some(_)) => Outcome::Ready,
        _ => Outcome::Deadline,
    };
    // From here on the leader is the first of the two, and the last one is left.
    scene.instances.swap(0, leads);
    let words = scene.words_after(None).await;
    measured.state_empty.clone_from(&words);

    let polled: Vec<_> = scene.instances.iter().map(|it| Poller::start(it.probe)).collect();
    let [of_leader, of_follower] =
        <[Poller; 2]>::try_from(polled).map_err(|_| Error::Ended("an instance"))?;
    scene.tell(format_args!("the first resource"));
    measured.first_resource = scene.resource(1).await?;

    scene.tell(format_args!("{leader}, who leads, is killed"));
    measured.polled(of_leader.stop().await);
    let mut killed = scene.instances.remove(0);
    killed.process.kill().await?;
    let began = Instant::now();
    let next = scene.leader(|holder| !holder.is_empty() && holder != leader).await;
    measured.take_over = next.map(|_| began.elapsed());

    let words = scene.words_after(words.as_deref().filter(|_| outcome == Outcome::Ready)).await;
    scene.tell(format_args!("a resource that is wrong"));
    scene.wrong_resource()?;
    measured.state_error = scene.words_after(words.as_deref()).await;
    scene.right_resource()?;
    let words = scene.words_after(measured.state_error.as_deref()).await;

    scene.tell(format_args!("the API server is gone"));
    scene.api.faults().down();
    measured.state_gone = scene.words_after(words.as_deref()).await;
    scene.api.faults().up();
    let back = scene.resource(2).await?.is_some();
    scene.words_after(measured.state_gone.as_deref()).await;
    measured.polled(of_follower.stop().await);
    let all = back && measured.first_resource.is_some() && measured.take_over.is_some();
    Ok(if all { outcome } else { Outcome::Deadline })
}

/// How long an instance took to be ready, if it was in time; and how much its client was told before there was anything to tell.
async fn ready(instance: &Instance, patience: Duration) -> (Option<Duration>, u64) {
    let mut early = 0;
    while instance.began.elapsed() < patience {
        // In this order: what had come by then came before what is published after.
        let told = instance.client.stats().responses;
        if instance.probe.publications().await == Some(0) {
            early = told;
        }
        if instance.probe.is_ready().await {
            return (Some(instance.began.elapsed()), early);
        }
        sleep(LOOK).await;
    }
    (None, early)
}
