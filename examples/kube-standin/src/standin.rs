use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::faults::Faults;
use crate::http::{self, Server};
use crate::{Error, Refusal, Served, Settings};

/// An API server over HTTP in this process, with all its objects in memory.
///
/// Dropped, it ends at once, its connections break, and its objects are gone; see [`shutdown`](Self::shutdown) for a clean end.
#[derive(Debug)]
pub struct Standin {
    address: SocketAddr,
    server: Arc<Server>,
    client: Client,
    accepting: JoinHandle<()>,
}

impl Standin {
    /// Starts one with the default [`Settings`].
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(address: SocketAddr) -> Result<Self, Error> {
        Self::start_with(address, Settings::default()).await
    }

    /// Starts one; port 0 takes a free one. From here on requests are answered.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start_with(address: SocketAddr, settings: Settings) -> Result<Self, Error> {
        let listen = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let client = Client::of(address)?;
        let server = Arc::new(Server::new(settings));
        let accepting = tokio::spawn(http::accept(listener, server.clone()));
        Ok(Self { address, server, client, accepting })
    }

    /// Puts an object as it is given, whatever was there, and returns what is stored.
    ///
    /// An object of a namespaced kind that says no namespace is put into `default`. It is an update when it was there, no event when
    /// it is the same, and a conflict when it says a `resourceVersion` that is not the newest. A `CustomResourceDefinition` makes its
    /// kind served.
    ///
    /// # Errors
    /// When a client's request for it would be refused.
    pub fn apply(&self, object: Value) -> Result<Value, Refusal> {
        http::apply(&self.server.store, object)
    }

    /// Deletes an object; `None` is the namespace of what has none.
    ///
    /// # Errors
    /// When it is not there.
    pub fn delete(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<(), Refusal> {
        let key = (namespace.unwrap_or_default().to_owned(), name.to_owned());
        http::delete(&self.server.store, api_version, kind, key)
    }

    /// What is to go wrong.
    pub fn faults(&self) -> &Faults {
        &self.server.faults
    }

    /// What was done so far.
    pub fn served(&self) -> &Served {
        &self.server.served
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, for a client.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client for it, as a user's is: namespace `default`, and 429, 503 and 504 are tried again before they are an error.
    ///
    /// All clones share the connections of one.
    pub fn client(&self) -> kube::Client {
        self.client.0.clone()
    }

    /// Ends watches, finishes what runs within a second, and closes the port.
    pub async fn shutdown(mut self) {
        self.server.stop.cancel();
        // It neither panics nor is aborted, and there would be nothing left to do.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        self.server.stop.cancel();
        self.accepting.abort();
    }
}

struct Client(kube::Client);

impl Client {
    fn of(address: SocketAddr) -> Result<Self, Error> {
        let url = ::http::Uri::builder()
            .scheme("http")
            .authority(address.to_string())
            .path_and_query("/")
            .build()
            .map_err(|error| Error::Client(error.into()))?;
        let client = kube::Client::try_from(kube::Config::new(url));
        client.map(Self).map_err(|error| Error::Client(error.into()))
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}
