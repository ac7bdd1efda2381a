use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use super::{Reply, serve};

/// The port that probes ask, from the first moment on; dropping it ends it.
#[derive(Debug)]
pub(crate) struct HealthPort {
    pub(crate) address: SocketAddr,
    _accepting: AbortOnDropHandle<()>,
}

impl HealthPort {
    /// Opens it; `answer` is given the path and the query.
    pub(crate) async fn open(
        answer: impl Fn(&str, &str) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let answer = Arc::new(answer);
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                let answer = Arc::clone(&answer);
                connections.spawn(serve(stream, move |path, query| {
                    std::future::ready(answer(&path, &query))
                }));
            }
        });
        Ok(Self { address, _accepting: AbortOnDropHandle::new(accepting) })
    }
}
