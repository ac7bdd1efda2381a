use std::sync::Arc;

use crate::machine::ViewId;
use crate::name::Name;
use crate::readiness::Readiness;
use crate::set::Set;
use crate::view_changes::ViewChanges;
use crate::wait::Wait;

/// One view of a set; cheap to clone and to ask.
#[derive(Debug, Clone)]
pub struct View {
    pub(crate) set: Arc<Set>,
    pub(crate) id: ViewId,
    pub(crate) name: Name,
}

impl View {
    /// Whether it is ready now: one atomic load.
    #[inline]
    pub fn is_ready(&self) -> bool {
        self.set.shared.is_ready(self.id)
    }

    /// Waits until it is ready; see [`Wait`].
    pub fn wait(&self) -> Wait {
        Wait::new(self)
    }

    /// Its state now, and again whenever it has changed; see [`ViewChanges`].
    pub fn changes(&self) -> ViewChanges {
        ViewChanges::new(self)
    }

    /// Says in one line why it is not ready; see [`Readiness::explain`](crate::Readiness::explain).
    pub fn explain(&self) -> String {
        self.set.shared.look(|machine, now| machine.explain(self.id, now))
    }

    /// Whether it is a view of this set.
    pub fn is_of(&self, readiness: &Readiness) -> bool {
        Arc::ptr_eq(&self.set, readiness.set())
    }

    /// Its name.
    pub fn name(&self) -> &Name {
        &self.name
    }
}
