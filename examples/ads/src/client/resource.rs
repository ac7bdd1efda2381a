use std::net::SocketAddr;

/// A resource that was found valid, with what of it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resource {
    /// The name of its route table.
    Listener(String),
    Routes(Vec<Host>),
    /// The name of its endpoints.
    Cluster(String),
    Endpoints(Endpoints),
}

/// A virtual host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) domains: Vec<String>,
    pub(crate) routes: Vec<Route>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) prefix: String,
    pub(crate) cluster: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) localities: usize,
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Host {
    /// How well it fits the name: the greatest wins; `None` when it does not.
    pub(crate) fn fits(&self, name: &str) -> Option<(u8, usize)> {
        self.domains.iter().filter_map(|domain| fits(domain, name)).max()
    }
}

/// Exact, then by the longest end, then by the longest beginning, then any.
fn fits(domain: &str, name: &str) -> Option<(u8, usize)> {
    let (domain, name) = (domain.to_ascii_lowercase(), name.to_ascii_lowercase());
    let rank = if domain == "*" {
        (0, 0)
    } else if let Some(end) = domain.strip_prefix('*') {
        (name.len() > end.len() && name.ends_with(end)).then_some((2, end.len()))?
    } else if let Some(start) = domain.strip_suffix('*') {
        (name.len() > start.len() && name.starts_with(start)).then_some((1, start.len()))?
    } else {
        (domain == name).then_some((3, 0))?
    };
    Some(rank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_domain_wins() {
        for (domain, name, rank) in [
            ("echo.local", "echo.local", Some((3, 0))),
            ("Echo.Local", "echo.local", Some((3, 0))),
            ("*.local", "echo.local", Some((2, 6))),
            ("echo.*", "echo.local", Some((1, 5))),
            ("*", "echo.local", Some((0, 0))),
            ("*.local", ".local", None),
            ("other.local", "echo.local", None),
            ("", "echo.local", None),
        ] {
            assert_eq!(fits(domain, name), rank, "{domain} {name}");
        }
        let host =
            Host { domains: vec!["*".into(), "*.local".into(), "x".into()], routes: Vec::new() };
        assert_eq!(host.fits("echo.local"), Some((2, 6)));
    }
}
