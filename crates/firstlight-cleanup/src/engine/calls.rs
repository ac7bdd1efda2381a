//! Who is to look for what there is to begin.

use crate::engine::{After, Call, Crew, Engine, Staff, Standing};

/// The most helpers: the janitor's own thread is one.
const HELPERS: usize = 16;

impl Engine {
    /// If there is something to begin, now or later, somebody must look.
    pub(super) fn call(&mut self) -> After {
        if self.ready.is_empty() && self.later.first().is_none() {
            return After::default();
        }
        // Together they run no more than there are workers, but for one: that each crew has.
        let room = |busy| self.workers.saturating_sub(busy).max(1);
        let (home, helpers) = (room(self.helpers.busy()), room(self.home.busy()).min(HELPERS));
        After {
            home: self.home.call(home),
            helpers: if self.helped { self.helpers.call(helpers) } else { Call::Nobody },
            ..After::default()
        }
    }

    pub(crate) fn staff(&mut self, crew: Crew) -> &mut Staff {
        match crew {
            Crew::Home => &mut self.home,
            Crew::Helpers => &mut self.helpers,
        }
    }

    /// From here on there are helpers.
    pub(crate) fn help(&mut self) -> After {
        self.helped = true;
        self.call()
    }

    /// A worker was dropped where it stood.
    pub(crate) fn lost(&mut self, crew: Crew, standing: Standing) -> After {
        self.staff(crew).lost(standing);
        self.call()
    }

    /// Only guards are left that could hand anything in: whoever sleeps for that may go.
    pub(crate) fn dismiss(&mut self) -> After {
        let (home, helpers) = (self.home.dismiss(), self.helpers.dismiss());
        After { home, helpers, ..After::default() }
    }
}
