use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::clock::has_timers;
use crate::inner::Inner;
use crate::report::MOST;

/// Looks four times in the warning's age for guards that are armed for longer than that; ends with the janitor.
pub(crate) fn start(inner: &Arc<Inner>) {
    let Some(age) = inner.settings.warn_after else { return };
    let Ok(runtime) = Handle::try_current() else { return };
    let weak = Arc::downgrade(inner);
    runtime.spawn(async move {
        if !has_timers() {
            return;
        }
        let pause = (age / 4).max(Duration::from_millis(1));
        loop {
            tokio::time::sleep(pause).await;
            let Some(inner) = weak.upgrade() else { return };
            look(&inner, age);
        }
    });
}

fn look(inner: &Inner, age: Duration) {
    let now = inner.now();
    let long = inner.shared.shards.pick(MOST, |row| {
        let long = !row.warned && now.saturating_sub(row.since) > age;
        row.warned |= long;
        long
    });
    for row in long {
        inner.tell_armed_long(&row, now);
    }
}
