/// How many workers there are, and what they do; the tasks themselves are in `worker.rs`.
///
/// Wherever there is something to begin, one worker is on its way to look for it: spawned or woken, not yet at work. Who takes
/// something and leaves more behind calls the next one first. So a clean-up that blocks in its first poll, or never yields, holds up
/// itself and nobody else, as long as the runtime has another thread; and clean-ups that are ready at once need two workers, however many
/// they are.
#[derive(Debug)]
pub(crate) struct Staff {
    most: usize,
    /// All of them.
    there: usize,
    /// On their way.
    coming: usize,
    parked: bool,
    /// Nobody is left who could hand anything in.
    dismissed: bool,
}

/// Whom to call, after the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a worker that is counted as coming must be called"]
pub(crate) enum Call {
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
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1), there: 0, coming: 0, parked: false, dismissed: false }
    }

    /// Somebody must look: who is to be called for it.
    pub(crate) fn call(&mut self) -> Call {
        if self.coming > 0 {
            return Call::Nobody;
        }
        if self.parked {
            self.parked = false;
            self.coming += 1;
            return Call::Wake;
        }
        if self.there >= self.most {
            return Call::Nobody;
        }
        self.hire();
        Call::Spawn
    }

    /// One more that is coming, whatever the limit: the one on the janitor's own thread.
    pub(crate) fn hire(&mut self) {
        self.there += 1;
        self.coming += 1;
    }

    /// A worker begins.
    pub(crate) fn arrived(&mut self) {
        self.coming -= 1;
    }

    /// A worker found nothing to do now, if `timed` something later: whether it may sleep; else it is gone.
    pub(crate) fn park(&mut self, timed: bool) -> bool {
        if self.parked || self.coming > 0 || (self.dismissed && !timed) {
            self.there -= 1;
            return false;
        }
        self.parked = true;
        true
    }

    /// The one that slept is awake: by its own timer, or called.
    pub(crate) fn awake(&mut self) {
        if !std::mem::take(&mut self.parked) {
            self.coming -= 1;
        }
    }

    /// Nobody will hand anything in any more: whoever sleeps for that may go.
    pub(crate) fn dismiss(&mut self) -> Call {
        self.dismissed = true;
        if self.parked { self.call() } else { Call::Nobody }
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
            Standing::Coming => self.coming -= 1,
            Standing::AtWork => {}
            // Called meanwhile, it would have been on its way.
            Standing::Parked => self.awake(),
        }
    }
}
