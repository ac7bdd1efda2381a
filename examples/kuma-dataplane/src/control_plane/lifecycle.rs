use std::sync::Arc;

use support::Mode;
use tokio_util::sync::CancellationToken;

use crate::broken::Broken;
use crate::control_plane::{Ledger, Settings};
use crate::error::Refused;
use crate::fixed::{Fixed, Session};
use crate::store::Store;

/// What happens when a dataplane comes and goes: one of the two that this example is about.
#[derive(Debug)]
pub(crate) enum Lifecycle {
    Broken(Broken),
    Fixed(Fixed),
}

/// A dataplane that is connected, as its lifecycle knows it.
#[derive(Debug)]
pub(crate) enum Connected {
    /// Its epoch. The stream has to say when it ends.
    Broken(u64),
    /// Its guards: however the stream ends, they are dropped.
    Fixed(Box<Session>),
}

impl Connected {
    pub(crate) const fn epoch(&self) -> u64 {
        match self {
            Self::Broken(epoch) => *epoch,
            Self::Fixed(session) => session.epoch,
        }
    }

    /// Cancelled when its row has been taken from it, if anybody notices.
    pub(crate) fn lost(&self) -> CancellationToken {
        match self {
            Self::Broken(_) => CancellationToken::new(),
            Self::Fixed(session) => session.lost.clone(),
        }
    }
}

impl Lifecycle {
    pub(crate) fn new(
        settings: &Settings,
        store: &Store,
        ledger: &Arc<Ledger>,
        stopping: &CancellationToken,
    ) -> Self {
        match settings.mode {
            Mode::Broken => Self::Broken(Broken::new(settings, store, ledger, stopping)),
            Mode::Fixed => Self::Fixed(Fixed::new(settings, store, ledger)),
        }
    }

    pub(crate) async fn connected(
        &self,
        scope: &CancellationToken,
        name: &str,
        address: &str,
    ) -> Result<Connected, Refused> {
        match self {
            Self::Broken(broken) => {
                broken.connected(scope, name, address).await.map(Connected::Broken)
            }
            Self::Fixed(fixed) => {
                let session = fixed.connected(name, address).await?;
                Ok(Connected::Fixed(Box::new(session)))
            }
        }
    }

    /// The stream has ended, whether or not it was ever connected.
    pub(crate) async fn disconnected(
        &self,
        scope: &CancellationToken,
        name: &str,
        connected: Option<Connected>,
    ) {
        match self {
            Self::Broken(broken) => {
                broken.disconnected(scope, name, connected.map(|c| c.epoch())).await;
            }
            Self::Fixed(_) => drop(connected),
        }
    }

    /// What it believes to be connected.
    pub(crate) fn entries(&self) -> usize {
        match self {
            Self::Broken(broken) => broken.entries(),
            Self::Fixed(fixed) => fixed.entries(),
        }
    }
}
