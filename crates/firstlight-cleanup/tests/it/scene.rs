//! Runtimes of every flavour.

use std::panic::AssertUnwindSafe;
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use crate::witness::Armed;
use Flavour::{CurrentThread, LocalSetOnThreads, MultiThread, NoIo, NoTime, NoTimeAtAll, Paused};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Flavour {
    /// p01, p02: there is nothing to spawn on.
    None,
    /// Finding 7: `block_in_place` would abort here.
    CurrentThread,
    MultiThread,
    LocalSet,
    /// p06: `block_in_place` panics, although the runtime says that it has threads.
    LocalSetOnThreads,
    /// p15: its time stands still, or jumps while another thread works.
    Paused,
    /// p09: a timer panics in a task.
    NoTime,
    NoTimeAtAll,
    NoIo,
}

pub(crate) const FLAVOURS: [Flavour; 9] = [
    Flavour::None,
    CurrentThread,
    MultiThread,
    Flavour::LocalSet,
    LocalSetOnThreads,
    Paused,
    NoTime,
    NoTimeAtAll,
    NoIo,
];

/// A runtime, if there is one.
pub(crate) struct Scene {
    pub(crate) local: Option<LocalSet>,
    pub(crate) runtime: Option<Runtime>,
}

impl Scene {
    pub(crate) fn new(flavour: Flavour) -> Self {
        let mut builder = match flavour {
            MultiThread | LocalSetOnThreads | NoTime => Builder::new_multi_thread(),
            _ => Builder::new_current_thread(),
        };
        builder.worker_threads(2);
        match flavour {
            NoTime | NoTimeAtAll => builder.enable_io(),
            Paused => builder.enable_all().start_paused(true),
            NoIo => builder.enable_time(),
            _ => builder.enable_all(),
        };
        let runtime = (flavour != Flavour::None).then(|| builder.build().unwrap());
        let is_local = matches!(flavour, Flavour::LocalSet | LocalSetOnThreads);
        Self { local: is_local.then(LocalSet::new), runtime }
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let runtime = self.runtime.as_ref().unwrap();
        match &self.local {
            Some(local) => local.block_on(runtime, future),
            None => runtime.block_on(future),
        }
    }

    /// Runs a task to its end; without a runtime, its code.
    pub(crate) fn task(&self, code: impl FnOnce() + Send + 'static) -> thread::Result<()> {
        if self.runtime.is_none() {
            return std::panic::catch_unwind(AssertUnwindSafe(code));
        }
        self.block_on(async {
            let task = async move { code() };
            let ended = match self.local {
                Some(_) => tokio::task::spawn_local(task).await,
                None => tokio::spawn(task).await,
            };
            ended.map_err(tokio::task::JoinError::into_panic)
        })
    }

    /// Leaves a task behind that holds something for ever.
    pub(crate) fn hold(&self, held: Armed) {
        self.block_on(async {
            let (tell, told) = tokio::sync::oneshot::channel();
            let task = async move {
                let _held = held;
                let _ = tell.send(());
                std::future::pending::<()>().await;
            };
            match self.local {
                Some(_) => drop(tokio::task::spawn_local(task)),
                None => drop(tokio::spawn(task)),
            }
            told.await.unwrap();
        });
    }
}
