//! Early spans on many threads: entered there, left there, closed once.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread;

use firstlight_log::boot;
use tracing::{Instrument, Span, info, info_span};

use super::alone::alone;
use super::spans::configure;

#[test]
fn a_span_of_another_thread_is_entered_there_when_that_does_something() {
    alone(|| {
        let log = boot();
        let span = info_span!("shared");
        let (configured, wait) = mpsc::channel::<()>();
        let (entered, go) = mpsc::channel();
        let other = {
            let span = span.clone();
            thread::spawn(move || {
                let inner = info_span!(parent: &span, "inner");
                let (_outer, _inner) = (span.enter(), inner.enter());
                entered.send(()).unwrap();
                wait.recv().unwrap();
                // The first that it does is to be asked where it is.
                let current = Span::current();
                assert_eq!(current.metadata().unwrap().name(), "inner");
                info!("there");
            })
        };
        go.recv().unwrap();
        let (told, lines) = configure(&log, "info");
        assert_eq!(told.count("enter shared"), 0, "whoever holds it enters it");
        info!("here");
        drop(span);
        configured.send(()).unwrap();
        other.join().unwrap();
        assert_eq!(
            told.all(),
            [
                "open shared",
                "open inner in shared",
                "event here",
                "enter shared",
                "enter inner",
                "event there in shared:inner",
                "exit inner",
                "exit shared",
                "close inner",
                "close shared"
            ]
        );
        assert_eq!(lines.json(&log)[1]["spans"][0]["name"], "shared");
    });
}

#[test]
fn handles_that_many_threads_clone_and_drop_close_it_once_and_not_before_the_last() {
    for _ in 0..4 {
        alone(|| {
            let log = boot();
            let spans: Vec<Span> = (0..4).map(|_| info_span!("many")).collect();
            let kept = info_span!("kept");
            let (started, go) = mpsc::channel();
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    let (spans, kept, started) = (spans.clone(), kept.clone(), started.clone());
                    thread::spawn(move || {
                        for round in 0..400 {
                            if round == 40 {
                                started.send(()).unwrap();
                            }
                            let clones: Vec<_> = spans.iter().chain([&kept]).cloned().collect();
                            clones
                                .into_iter()
                                .for_each(|span| span.in_scope(|| drop(Span::current())));
                        }
                    })
                })
                .collect();
            drop(spans);
            (0..2).for_each(|_| go.recv().unwrap());
            let (told, _) = configure(&log, "info");
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!((told.count("close many"), told.count("close kept")), (4, 0));
            drop(kept);
            assert_eq!(told.count("close kept"), 1);
        });
    }
}

#[test]
fn a_thread_that_dies_in_one_takes_nothing_with_it() {
    alone(|| {
        let log = boot();
        let span = info_span!("fatal");
        {
            let span = span.clone();
            thread::spawn(move || {
                // Neither guard is ever dropped.
                std::mem::forget(span.enter());
                std::mem::forget(info_span!(parent: None, "leaked").entered());
                info!("one");
            })
            .join()
            .unwrap();
        }
        // A guard that is forgotten, of a span that is closed by now, on a thread that lives on.
        let forgotten = info_span!("forgotten");
        std::mem::forget(forgotten.enter());
        drop(forgotten);
        let (told, _) = configure(&log, "info");
        info!("two");
        drop(span);
        assert_eq!(
            (told.count("close fatal"), told.count("close forgotten"), told.count("close leaked")),
            (1, 1, 0)
        );
        let events: Vec<_> =
            told.all().into_iter().filter(|told| told.starts_with("event")).collect();
        assert_eq!(events[1], "event two");
    });
}

#[test]
fn a_thread_local_that_logs_at_the_end_of_its_thread_is_heard_before_and_after() {
    alone(|| {
        struct Last(&'static str);
        impl Drop for Last {
            fn drop(&mut self) {
                let span = info_span!("end");
                let _in = span.enter();
                info!("{}", self.0);
            }
        }
        thread_local!(static LAST: std::cell::Cell<Option<Last>> = const { std::cell::Cell::new(None) });
        let end = |text| {
            thread::spawn(move || {
                LAST.set(Some(Last(text)));
                info!("alive");
            })
            .join()
            .unwrap();
        };
        let log = boot();
        end("early");
        let (_, lines) = configure(&log, "info");
        end("late");
        assert_eq!(lines.messages(&log), ["alive", "early", "alive", "late"]);
    });
}

/// Is ready after it was polled so often; and hands itself to the next thread in between.
struct Steps(u32);

impl Future for Steps {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        info!(step = self.0, "polled");
        self.0 -= 1;
        cx.waker().wake_by_ref();
        if self.0 == 0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

struct Nobody;

impl Wake for Nobody {
    fn wake(self: std::sync::Arc<Self>) {}
}

#[test]
fn a_future_that_began_early_goes_on_in_its_span_on_other_threads() {
    alone(|| {
        let log = boot();
        let inner = async {
            Steps(2).await;
            Steps(2).instrument(info_span!("inner")).await;
        };
        let mut future = Box::pin(inner.instrument(info_span!("task", id = 7)));
        let poll = |mut future: Pin<Box<dyn Future<Output = ()> + Send>>| {
            let step = move || {
                let waker = Waker::from(std::sync::Arc::new(Nobody));
                let ready = future.as_mut().poll(&mut TaskContext::from_waker(&waker)).is_ready();
                (future, ready)
            };
            thread::spawn(step).join().unwrap()
        };
        let waker = Waker::from(std::sync::Arc::new(Nobody));
        assert!(future.as_mut().poll(&mut TaskContext::from_waker(&waker)).is_pending());
        let (future, _) = poll(future);
        let (told, lines) = configure(&log, "info");
        let (future, ready) = poll(future);
        assert!(ready);
        drop(future);
        let scopes: Vec<_> =
            lines.json(&log).iter().map(|line| line["spans"].as_array().unwrap().len()).collect();
        assert_eq!(scopes, [1, 1, 2, 2]);
        assert!(lines.json(&log).iter().all(|line| line["spans"][0]["id"] == 7));
        assert_eq!((told.count("close task"), told.count("close inner")), (1, 1));
        assert_eq!(told.count("exit task"), told.count("enter task"));
    });
}
