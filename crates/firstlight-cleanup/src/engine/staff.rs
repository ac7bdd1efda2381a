/// How many workers a crew has, and what they do; the tasks themselves are in `worker.rs`.
///
/// Wherever there is something to begin, one worker is on its way to look for it: spawned or woken, not yet at work. Who takes
/// something and leaves more behind calls the next one first. So a clean-up that blocks in its first poll, or never yields, holds up
/// itself and nobody else, as long as the runtime has another thread; and clean-ups that are ready at once need two workers, however many
/// they are.
#[derive(Debug, Default)]
pub(crate) struct Staff {
    /// All of them.
    there: usize,
    /// One is on its way.
    coming: bool,
    /// One sleeps.
    parked: bool,
    /// Only guards are left that could hand anything in.
    dismissed: bool,
}

/// Which workers: those of the runtime, or those that the janitor's own thread has besides while a thread blocks for a drain.
///
/// Two crews, since the runtime of the first may be driven by nobody, so that whoever is on its way never comes, and the thread of the
/// second may be blocked. Whenever somebody must look, both are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crew {
    Home,
    Helpers,
}

/// Whom to call, after the lock.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[must_use = "a worker that is counted as coming must be called"]
pub(crate) enum Call {
    #[default]
    Nobody,
    /// Wake the one that sleeps.
    Wake,
    /// Spawn one.
    Spawn,
}

/// What a worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Coming,
    AtWork,
    Parked,
}

impl Staff {
    /// Somebody must look: who is to be called for it. There is room for so many.
    pub(crate) fn call(&mut self, room: usize) -> Call {
        if self.coming {
            return Call::Nobody;
        }
        if self.parked {
            (self.parked, self.coming) = (false, true);
            return Call::Wake;
        }
        if self.there >= room {
            return Call::Nobody;
        }
        self.there += 1;
        self.coming = true;
        Call::Spawn
    }

    /// How many are at work.
    pub(crate) fn busy(&self) -> usize {
        self.there - usize::from(self.coming) - usize::from(self.parked)
    }

    /// A worker begins.
    pub(crate) fn arrived(&mut self) {
        self.coming = false;
    }

    /// A worker found nothing to do now, if `timed` something later: whether it may sleep; else it is gone.
    pub(crate) fn park(&mut self, timed: bool) -> bool {
        if self.parked || self.coming || (self.dismissed && !timed) {
            self.there -= 1;
            return false;
        }
        self.parked = true;
        true
    }

    /// The one that slept is awake: by its own timer, or called.
    pub(crate) fn awake(&mut self) {
        (self.parked, self.coming) = (false, false);
    }

    /// Only guards are left that could hand anything in: whoever sleeps for that may go.
    pub(crate) fn dismiss(&mut self) -> Call {
        self.dismissed = true;
        if self.parked { self.call(0) } else { Call::Nobody }
    }

    /// One that slept goes, unless it has been called meanwhile.
    pub(crate) fn retire(&mut self) -> bool {
        let goes = std::mem::take(&mut self.parked);
        if goes {
            self.there -= 1;
        }
        goes
    }

    /// A worker was dropped where it stood.
    pub(crate) fn lost(&mut self, standing: Standing) {
        self.there -= 1;
        match standing {
            Standing::AtWork => {}
            Standing::Coming => self.arrived(),
            // Called meanwhile, it would have been on its way.
            Standing::Parked => self.awake(),
        }
    }
}
