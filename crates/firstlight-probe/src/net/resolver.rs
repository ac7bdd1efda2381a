use std::fmt;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::{Arc, LazyLock};

use firstlight_poll::ErrorClass;

use crate::attempt::Attempt;
use crate::net::detached::Detached;
use crate::net::host::{Host, LOOPBACK};
use crate::phase::Phase;
use crate::trouble::Trouble;

/// The most addresses of one name that are tried.
const MAX_ADDRESSES: usize = 16;

type Found = Result<Arc<[IpAddr]>, String>;

/// The system's resolver, on detached threads.
#[derive(Clone)]
pub(crate) struct Resolver {
    threads: Arc<Detached<String, Found>>,
    look_up: fn(&str) -> io::Result<Vec<IpAddr>>,
}

/// One for the process: threads that hang are the process's, whichever probe began them.
static SYSTEM: LazyLock<Resolver> = LazyLock::new(|| Resolver::with(system));

impl Resolver {
    pub(crate) fn system() -> Self {
        SYSTEM.clone()
    }

    fn with(look_up: fn(&str) -> io::Result<Vec<IpAddr>>) -> Self {
        Self { threads: Arc::new(Detached::new(Phase::NameLookup)), look_up }
    }

    /// The addresses to try, in order; at least one.
    pub(crate) async fn addresses(
        &self,
        host: &Host,
        attempt: Attempt,
    ) -> Result<Arc<[IpAddr]>, Trouble> {
        let name = match host {
            Host::Ip(ip) => return Ok(Arc::new([*ip])),
            Host::Localhost => return Ok(Arc::new(LOOPBACK)),
            Host::Name(name) => name.clone(),
        };
        let look_up = self.look_up;
        let found = self.threads.run(attempt, name.clone(), move || find(look_up, &name)).await?;
        found.map_err(|what| Trouble::new(ErrorClass::NameLookup, format!("name look-up: {what}")))
    }
}

fn find(look_up: fn(&str) -> io::Result<Vec<IpAddr>>, name: &str) -> Found {
    let mut addresses = look_up(name).map_err(|error| reason(&error))?;
    addresses.dedup();
    addresses.truncate(MAX_ADDRESSES);
    if addresses.is_empty() { Err("no address".to_owned()) } else { Ok(addresses.into()) }
}

fn system(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("failed to lookup address information: ").map(str::to_owned).unwrap_or(text)
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn late() -> Attempt {
        Attempt::lasting(Duration::from_secs(30))
    }

    #[tokio::test]
    async fn an_address_and_localhost_are_never_looked_up() {
        let resolver = Resolver::with(|name| unreachable!("looked up {name}"));
        for (host, expected) in [
            ("127.0.0.1", &["127.0.0.1"][..]),
            ("[::1]", &["::1"]),
            ("localhost", &["::1", "127.0.0.1"]),
        ] {
            let host = Host::parse(host).expect("host");
            let found = resolver.addresses(&host, late()).await.expect("addresses");
            let found: Vec<_> = found.iter().map(IpAddr::to_string).collect();
            assert_eq!(found, expected);
        }
    }

    #[tokio::test]
    async fn an_unknown_name_is_a_failed_look_up_and_an_empty_answer_too() {
        let host = Host::parse("nowhere.invalid").expect("host");
        let unknown = Resolver::with(|_| {
            Err(io::Error::other("failed to lookup address information: Name or service not known"))
        });
        let error = unknown.addresses(&host, late()).await.expect_err("unknown");
        assert_eq!(error.class, ErrorClass::NameLookup);
        assert_eq!(error.what, "name look-up: Name or service not known");
        let empty = Resolver::with(|_| Ok(Vec::new()));
        let error = empty.addresses(&host, late()).await.expect_err("empty");
        assert_eq!(error.what, "name look-up: no address");
    }

    #[tokio::test]
    async fn a_name_with_too_many_addresses_is_cut() {
        let many = Resolver::with(|_| Ok((0..=255).map(|n| IpAddr::from([10, 0, 0, n])).collect()));
        let host = Host::parse("many").expect("host");
        assert_eq!(many.addresses(&host, late()).await.expect("some").len(), MAX_ADDRESSES);
    }
}
