use std::fs;
use std::path::Path;

use firstlight_probe::HttpProbe;
use tokio::time::Instant;

use crate::replay::ReplayServer;
use crate::{Error, Options};

/// The API server that is waited for.
#[derive(Debug)]
pub(crate) enum Server {
    /// One that plays a recording.
    Replay(ReplayServer),
    /// A real one; when it became ready is its own secret.
    Real { asked_from: Instant },
}

impl Server {
    /// Starts the server if it is a replay, and makes a probe for it.
    pub(crate) fn start(options: &Options) -> Result<(Self, HttpProbe), Error> {
        let Some(url) = &options.url else {
            let recording = options.recording()?;
            let client_cert = recording.client_cert;
            let server = ReplayServer::start(recording, options.speed)?;
            let credentials = server.credentials();
            let identity = client_cert.then(|| credentials.identity_pem());
            let probe = probe(server.url(), Some(credentials.ca_pem()), identity, None)?;
            return Ok((Self::Replay(server), probe));
        };
        let text = |file: &Option<_>| file.as_deref().map(read).transpose();
        let (ca, cert, key) = (text(&options.ca)?, text(&options.cert)?, text(&options.key)?);
        let token = text(&options.token)?;
        let identity = cert.as_deref().zip(key.as_deref());
        let probe = probe(url, ca.as_deref(), identity, token.as_deref())?;
        Ok((Self::Real { asked_from: Instant::now() }, probe))
    }

    /// When it began to start; of a real one: when it was first asked.
    pub(crate) fn started(&self) -> Instant {
        match self {
            Self::Replay(server) => server.started(),
            Self::Real { asked_from } => *asked_from,
        }
    }

    /// When it first was ready, if it says so.
    pub(crate) fn first_ready(&self) -> Option<Instant> {
        match self {
            Self::Replay(server) => server.first_ready(),
            Self::Real { .. } => None,
        }
    }

    /// Since when it had been ready at this moment, if it says so.
    pub(crate) fn ready_before(&self, moment: Instant) -> Option<Instant> {
        match self {
            Self::Replay(server) => server.ready_before(moment),
            Self::Real { .. } => None,
        }
    }

    /// How many TCP connections it has accepted, if it says so.
    pub(crate) fn connections(&self) -> Option<u64> {
        match self {
            Self::Replay(server) => Some(server.connections()),
            Self::Real { .. } => None,
        }
    }
}

fn probe(
    url: &str,
    ca: Option<&str>,
    identity: Option<(&str, &str)>,
    token: Option<&str>,
) -> Result<HttpProbe, Error> {
    let made = || {
        let mut probe = HttpProbe::new(url)?;
        if let Some(ca) = ca {
            probe = probe.with_ca_pem(ca.as_bytes())?;
        }
        if let Some((certificate, key)) = identity {
            probe = probe.with_identity_pem(certificate.as_bytes(), key.as_bytes())?;
        }
        match token {
            Some(token) => probe.with_bearer_token(token),
            None => Ok(probe),
        }
    };
    made().map_err(|error: firstlight_probe::ProbeError| Error::Target {
        url: url.to_owned(),
        source: error.into(),
    })
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}
