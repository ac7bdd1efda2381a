use kube::Resource;
use kube::runtime::watcher::{self, Event};

use crate::trouble::Trouble;

/// What a watch tells, without the objects.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A list begins.
    Init,
    /// An object of it.
    Listed,
    /// It is complete.
    InitDone,
    /// A live change.
    Applied,
    /// Another one.
    Deleted,
    /// It tries again.
    Trouble(Trouble),
    /// It will not.
    End,
}

impl Step {
    pub(crate) fn of<K>(told: &watcher::Result<Event<K>>) -> Self {
        match told {
            Ok(Event::Init) => Self::Init,
            Ok(Event::InitApply(_)) => Self::Listed,
            Ok(Event::InitDone) => Self::InitDone,
            Ok(Event::Apply(_)) => Self::Applied,
            Ok(Event::Delete(_)) => Self::Deleted,
            Err(error) => Self::Trouble(Trouble::of(error)),
        }
    }
}

/// The revision of the object that an event carries; empty if it has none.
pub(crate) fn revision<K: Resource>(told: &watcher::Result<Event<K>>) -> &str {
    match told {
        Ok(Event::InitApply(object) | Event::Apply(object) | Event::Delete(object)) => {
            object.meta().resource_version.as_deref().unwrap_or_default()
        }
        _ => "",
    }
}
