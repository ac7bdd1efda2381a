use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::clock::{has_timers, ns};
use crate::contain::contain;
use crate::inner::Inner;
use crate::notice::{Notice, What};
use crate::report::MOST;
use crate::text::Shown;

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
        let (start_ns, end_ns) = (ns(row.since), ns(now));
        let armed = now.saturating_sub(row.since);
        tracing::warn!(
            target: "firstlight_cleanup", janitor = inner.settings.name, name = row.name,
            key = row.key.as_ref().map(tracing::field::display), place = %row.place, start_ns, end_ns,
            "{} is armed for {:.1} s (made at {})", Shown(row.name), armed.as_secs_f64(), row.place
        );
        if let Some(observer) = &inner.settings.observer {
            let key = row.key.as_ref();
            let notice = Notice {
                what: What::ArmedLong,
                name: row.name,
                key,
                reason: None,
                age: armed,
                attempts: 0,
            };
            let _ = contain(|| observer(&notice));
        }
    }
}
