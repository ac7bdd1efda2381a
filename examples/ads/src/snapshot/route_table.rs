/// Which cluster a request goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteTable {
    /// Its name, by which listeners refer to it.
    pub name: String,
    /// Its hosts; without one, every request fails at once.
    pub hosts: Vec<VirtualHost>,
}

/// The routes of some domains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualHost {
    /// The domains; `*` is all that no other host has.
    pub domains: Vec<String>,
    /// Its routes; the first that fits counts.
    pub routes: Vec<Route>,
}

/// One path's cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What the path begins with; empty is every path.
    pub prefix: String,
    /// The name of the cluster.
    pub cluster: String,
}

impl RouteTable {
    /// Every route, with the domain that it is for.
    pub(crate) fn routes(&self) -> impl Iterator<Item = (&str, &Route)> {
        self.hosts.iter().flat_map(|host| {
            host.domains
                .iter()
                .flat_map(|domain| host.routes.iter().map(move |route| (domain.as_str(), route)))
        })
    }
}
