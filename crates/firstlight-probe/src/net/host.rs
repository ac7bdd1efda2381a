use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whom to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// An address: never looked up.
    Ip(IpAddr),
    /// Both loopback addresses in this order, without a look-up: a server may listen on either alone.
    Localhost,
    /// A name for the resolver.
    Name(String),
}

pub(crate) const LOOPBACK: [IpAddr; 2] =
    [IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];

impl Host {
    /// Reads a host as it stands in a URL: an IPv6 address in brackets, or without.
    pub(crate) fn parse(host: &str) -> Result<Self, &'static str> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        if let Ok(ip) = bare.unwrap_or(host).parse::<IpAddr>() {
            return Ok(Self::Ip(ip));
        }
        if bare.is_some() {
            return Err("no IPv6 address within the brackets");
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if host.is_empty() || host.len() > 254 || !host.chars().all(is_name) {
            return Err("no host name");
        }
        if host.strip_suffix('.').unwrap_or(host).eq_ignore_ascii_case("localhost") {
            return Ok(Self::Localhost);
        }
        Ok(Self::Name(host.to_ascii_lowercase()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
            Self::Localhost => f.write_str("localhost"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_an_address_localhost_or_a_name() {
        for (text, expected) in [
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]"),
            ("::1", "[::1]"),
            ("LocalHost", "localhost"),
            ("localhost.", "localhost"),
            ("Example.COM", "example.com"),
            ("my_service", "my_service"),
        ] {
            assert_eq!(Host::parse(text).expect(text).to_string(), expected);
        }
        assert_eq!(Host::parse("LOCALHOST"), Ok(Host::Localhost));
        for text in ["", "[]", "[x]", "a b", "é", "a/b", "u@h"] {
            assert!(Host::parse(text).is_err(), "{text}");
        }
    }
}
