//! What only a whole process can show: its ends, and a thread-local subscriber of the whole process.

use std::future::pending;
use std::io::Read;
use std::thread;

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Outcome};
use tokio::runtime::{Builder, Runtime};

use crate::child::{Child, role, say};
use crate::witness::{PATIENCE, Witness};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A guard whose parts tell the parent.
fn telling(janitor: &Janitor) -> impl Send + use<> {
    let cleanup = Cleanup::once("it", |_: Attempt| async { say("async") });
    janitor.track(cleanup.with_sync(|_| say("sync"))).unwrap()
}

/// No drop at all: nothing runs, and the lease in the store has to run out by itself.
#[test]
fn process_exit() {
    if role().is_some() {
        let _guard = telling(&Janitor::new("exits"));
        say("armed");
        std::process::exit(7);
    }
    let (status, said) = Child::begin(concat!(module_path!(), "::process_exit"), "exit").end();
    assert_eq!((status.code(), said), (Some(7), vec!["armed".to_owned()]));
}

#[test]
fn sigkill() {
    if role().is_some() {
        let _guard = telling(&Janitor::new("is killed"));
        say("armed");
        // Until it is killed.
        let _ = std::io::stdin().read(&mut [0]);
        return;
    }
    let mut child = Child::begin(concat!(module_path!(), "::sigkill"), "wait");
    assert_eq!(child.said(), "armed");
    child.kill();
    let (status, said) = child.end();
    assert!(!status.success() && said.is_empty(), "{status} {said:?}");
}

/// With `panic = "abort"` a panic ends the process after its hook, before any drop. A hook that aborts is the same to the letter, and needs
/// no second build.
#[test]
fn panic_abort() {
    if role().is_some() {
        std::panic::set_hook(Box::new(|_| std::process::abort()));
        let _guard = telling(&Janitor::new("aborts"));
        say("armed");
        panic!("on purpose");
    }
    let (status, said) = Child::begin(concat!(module_path!(), "::panic_abort"), "abort").end();
    assert!(!status.success());
    assert_eq!(said, ["armed"]);
}

/// A rescued clean-up finishes only while the process lives, and does not keep it alive.
#[test]
fn the_end_of_the_process() {
    if role().is_some() {
        let janitor = Janitor::new("ends");
        let (tell, told) = std::sync::mpsc::channel();
        drop(janitor.scope(Cleanup::once("it", move |_: Attempt| async move {
            tell.send(()).unwrap();
            pending::<()>().await;
            say("completed");
        })));
        told.recv_timeout(PATIENCE).unwrap();
        say("begun");
        return;
    }
    let test = concat!(module_path!(), "::the_end_of_the_process");
    let (status, said) = Child::begin(test, "end").end();
    assert!(status.success());
    assert_eq!(said, ["begun"]);
}

/// Finding 7, p19: async-dropper aborts the process here, on a runtime of one thread and while unwinding too; p18: async-dropx says
/// nothing and loses it.
#[test]
fn nothing_aborts_the_process() {
    if role().is_some() {
        let janitor = {
            let runtime = runtime();
            let janitor = runtime.block_on(async { Janitor::new("one thread") });
            let (first, second) = (telling(&janitor), telling(&janitor));
            runtime.block_on(async move { drop(first) });
            let panics = async move {
                let _second = second;
                panic!("on purpose");
            };
            assert!(runtime.block_on(runtime.spawn(panics)).unwrap_err().is_panic());
            janitor
        };
        drop(telling(&janitor));
        let report = janitor.drain_blocking(PATIENCE);
        assert!(report.is_clean(), "{report}");
        say("ends");
        return;
    }
    let test = concat!(module_path!(), "::nothing_aborts_the_process");
    let (status, mut said) = Child::begin(test, "drop").end();
    assert!(status.success(), "{status} {said:?}");
    assert_eq!(said.pop().as_deref(), Some("ends"));
    said.sort();
    assert_eq!(said, ["async", "async", "async", "sync", "sync", "sync"]);
}

/// e11: a real subscriber keeps its own thread-local values, which may be gone before ours.
#[test]
fn a_global_subscriber_and_a_thread_local_guard() {
    use std::cell::RefCell;
    thread_local! {
        static KEPT: RefCell<Vec<Box<dyn Send>>> = const { RefCell::new(Vec::new()) };
    }
    if role().is_some() {
        tracing_subscriber::fmt().with_writer(std::io::sink).init();
        let janitor = Janitor::new("traced");
        for early in [false, true] {
            let (guard, janitor) = (telling(&janitor), janitor.clone());
            thread::spawn(move || {
                if early {
                    KEPT.with_borrow_mut(Vec::clear);
                }
                tracing::info_span!("owner").in_scope(|| tracing::info!("here"));
                KEPT.with_borrow_mut(|kept| {
                    let panics = Cleanup::once("panics", |_: Attempt| async { say("async") });
                    let panics = panics.with_sync(|_| crate::witness::panic_quietly());
                    kept.push(Box::new(janitor.track(panics).unwrap()));
                    kept.push(Box::new(guard));
                });
            })
            .join()
            .unwrap();
        }
        let report = janitor.drain_blocking(PATIENCE);
        assert!(report.is_clean(), "{report}");
        say("ends");
        return;
    }
    let test = concat!(module_path!(), "::a_global_subscriber_and_a_thread_local_guard");
    let (status, said) = Child::begin(test, "trace").end();
    assert!(status.success(), "{status} {said:?}");
    let count = |what: &str| said.iter().filter(|line| *line == what).count();
    assert_eq!((count("async"), count("sync"), count("ends")), (4, 2, 1), "{said:?}");
}

/// No thread is to be had: nothing panics (p13: a runtime would be dropped within another), and `drain_blocking` does it itself.
#[test]
fn no_thread_is_to_be_had() {
    if role().is_some() {
        // The default stack of a thread is larger than the address space.
        assert!(thread::Builder::new().spawn(|| ()).is_err());
        let witness = Witness::new();
        witness.let_go(witness.tracked("no runtime"));
        let timeless = Builder::new_current_thread().build().unwrap();
        timeless.block_on(async {
            witness.let_go(witness.tracked("in a runtime without time"));
            tokio::task::yield_now().await;
            // It is known now, so that the drop itself asks for a thread.
            witness.let_go(witness.tracked("in the same runtime"));
        });
        drop(timeless);
        assert_eq!((witness.synced(), witness.ran(), witness.escaped()), (3, 0, 0));
        assert_eq!(witness.janitor.stats().waiting, 3);
        let report = witness.janitor.drain_blocking(PATIENCE);
        assert!(report.is_clean(), "{report}");
        assert_eq!((witness.ran(), witness.janitor.stats().rescued), (3, 3));
        say("ends");
        return;
    }
    let test = concat!(module_path!(), "::no_thread_is_to_be_had");
    let variables = [("RUST_MIN_STACK", "140737488355328")];
    let (status, said) = Child::begin_with(test, "threadless", &variables).end();
    assert!(status.success(), "{status} {said:?}");
    assert_eq!(said, ["ends"]);
}

#[test]
fn an_outcome_is_told_at_the_end_of_main() {
    let runtime = runtime();
    let janitor = runtime.block_on(async { Janitor::new("main") });
    let run = janitor.scope(Cleanup::once("it", |_: Attempt| async {})).run();
    let report = janitor.drain_blocking(PATIENCE);
    assert!(report.is_clean(), "{report}");
    assert_eq!(runtime.block_on(run), Outcome::Rescued);
}
