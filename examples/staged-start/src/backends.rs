use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::stand_in::{Says, StandIn};

/// What the service depends on: a vault, a database, and the proxy in front of it.
#[derive(Debug)]
pub(crate) struct Backends {
    vault: StandIn,
    db: StandIn,
    proxy: StandIn,
}

const ITEMS: usize = 400;

impl Backends {
    /// Starts them; the database takes this long to say that it is there.
    pub(crate) async fn start(slow: Duration) -> io::Result<Self> {
        let ms = Duration::from_millis;
        let items = Says {
            request: "items",
            latency: Duration::ZERO,
            lines: (0..ITEMS).map(|n| format!("item {n}")).collect(),
            batch: ITEMS / 8,
            pause: ms(40),
        };
        let prices = Says {
            request: "prices",
            latency: ms(150),
            lines: (0..ITEMS).map(|n| format!("{}.90", n % 50)).collect(),
            batch: ITEMS,
            pause: Duration::ZERO,
        };
        let db = vec![Says::line("hello", slow, "revision 7"), items, prices];
        Ok(Self {
            vault: StandIn::start(vec![Says::line("token", ms(60), "s.opaque")]).await?,
            db: StandIn::start(db).await?,
            proxy: StandIn::start(vec![Says::line("publish", ms(80), "taken")]).await?,
        })
    }

    pub(crate) const fn vault(&self) -> SocketAddr {
        self.vault.address
    }

    pub(crate) const fn db(&self) -> SocketAddr {
        self.db.address
    }

    pub(crate) const fn proxy(&self) -> SocketAddr {
        self.proxy.address
    }
}
