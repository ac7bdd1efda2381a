use std::pin::pin;
use std::time::Duration;

use firstlight_ready::Readiness;
use support::Stage;
use tokio::time::{Instant, sleep};

/// What changes within so short a time is one line.
const SETTLED: Duration = Duration::from_millis(10);

/// Says why the service is not ready, whenever that is something else.
pub(crate) async fn narrate<T>(
    readiness: &Readiness,
    stage: &Stage,
    began: Instant,
    start: impl Future<Output = T>,
) -> T {
    let mut transitions = readiness.transitions();
    let mut said = String::new();
    let mut say = || {
        let line = readiness.explain();
        let gist = without_ages(&line);
        if gist != said {
            stage.tell(format_args!("{:7.3} s  {line}", began.elapsed().as_secs_f64()));
            said = gist;
        }
    };
    let mut start = pin!(start);
    loop {
        say();
        let changed = async {
            transitions.next().await;
            sleep(SETTLED).await;
        };
        tokio::select! {
            ended = &mut start => {
                say();
                return ended;
            }
            () = changed => {}
        }
    }
}

/// `db pending for 12 ms` is the same news as `db pending for 13 ms`.
fn without_ages(line: &str) -> String {
    let (mut gist, mut words) = (String::new(), line.split(' '));
    while let Some(word) = words.next() {
        match word {
            "for" => drop(words.nth(1)),
            word => gist.push_str(word),
        }
    }
    gist
}
