use crate::drain::LameDuck;

/// What the first signal begins; a second one always cuts the lame duck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SignalPolicy {
    lame_duck: LameDuck,
    on_interrupt: OnInterrupt,
}

/// What SIGINT, or Ctrl-C, does when it comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnInterrupt {
    /// It drains without a lame duck: nobody at a terminal wants to wait for probers. The default.
    #[default]
    Cut,
    /// It drains as SIGTERM does.
    Drain,
}

impl SignalPolicy {
    /// Drains with this lame duck, which SIGINT leaves out.
    pub fn new(lame_duck: LameDuck) -> Self {
        Self { lame_duck, on_interrupt: OnInterrupt::default() }
    }

    /// Sets what SIGINT does when it comes first.
    #[must_use]
    pub fn on_interrupt(mut self, on_interrupt: OnInterrupt) -> Self {
        self.on_interrupt = on_interrupt;
        self
    }

    /// The lame duck.
    pub(crate) fn lame_duck(&self) -> LameDuck {
        self.lame_duck
    }

    pub(crate) fn interrupt_cuts(&self) -> bool {
        self.on_interrupt == OnInterrupt::Cut
    }
}

impl From<LameDuck> for SignalPolicy {
    fn from(lame_duck: LameDuck) -> Self {
        Self::new(lame_duck)
    }
}
