use std::net::SocketAddr;
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use ads::client::{Client, State};
use kube_standin::Standin;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// How long anything may take on a busy machine before a test is lost.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// The name that clients ask for.
pub(crate) const HOST: &str = "echo.local";

/// A control plane in a process of its own.
pub(crate) struct Serve {
    pub(crate) xds: SocketAddr,
    pub(crate) health: SocketAddr,
    child: Child,
    _stdout: BufReader<ChildStdout>,
}

pub(crate) fn command(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kgateway-xds"));
    command.args(line.split_whitespace()).env_remove("KUBECONFIG").kill_on_drop(true);
    command
}

/// Runs it to its end.
pub(crate) async fn ended(line: &str) -> (Option<i32>, String, String) {
    let ended = timeout(LONG, command(line).stdin(Stdio::null()).output()).await;
    let Output { status, stdout, stderr } = ended.expect("ends").expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (status.code(), text(&stdout), text(&stderr))
}

impl Serve {
    /// Starts it on free ports.
    pub(crate) async fn start(options: &str) -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into(), options).await
    }

    /// Starts it where another one was.
    pub(crate) async fn start_at(xds: SocketAddr, options: &str) -> Self {
        let line = format!("serve --listen {xds} --health 127.0.0.1:0 --leashed {options}");
        // Meanwhile somebody else may have the port, for a connection that does not last.
        for _ in 0..5 {
            if let Ok(serve) = Self::try_spawn(command(&line)).await {
                return serve;
            }
        }
        Self::spawn(command(&line)).await
    }

    pub(crate) async fn spawn(command: Command) -> Self {
        Self::try_spawn(command).await.expect("a line that says where it is")
    }

    /// Without a line it is its status.
    async fn try_spawn(mut command: Command) -> Result<Self, ExitStatus> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        timeout(LONG, stdout.read_line(&mut line))
            .await
            .expect("says where it is")
            .expect("a line");
        if line.is_empty() {
            return Err(timeout(LONG, child.wait()).await.expect("ends").expect("a status"));
        }
        let told = |key: &str| {
            let word = line.split_whitespace().find_map(|word| word.strip_prefix(key));
            word.and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{key} in {line:?}"))
        };
        Ok(Self { xds: told("xds="), health: told("health="), child, _stdout: stdout })
    }

    /// Status and body of a probe.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let answer = timeout(LONG, get(self.health, path)).await.expect("in time");
        answer.expect("an answer")
    }

    /// Asks until the answer is so; told when another answer stays.
    pub(crate) async fn until(&self, path: &str, status: u16, part: &str) -> String {
        let mut last = String::new();
        let asking = async {
            loop {
                let (code, text) = self.get(path).await;
                if code == status && text.contains(part) {
                    return text;
                }
                last = format!("{code} {text}");
                // A probe is a question that is asked again.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let asked = timeout(LONG, asking).await;
        asked.unwrap_or_else(|_| panic!("{path} never says {status} {part:?}: {last}"))
    }

    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    #[cfg(unix)]
    pub(crate) fn terminate(&self) {
        use rustix::process::{Pid, Signal, kill_process};
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("runs");
        kill_process(pid, Signal::TERM).expect("a signal");
    }

    pub(crate) async fn ended(&mut self) -> ExitStatus {
        timeout(LONG, self.child.wait()).await.expect("ends").expect("a status")
    }
}

pub(crate) async fn get(at: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(at).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    let status = text.split_whitespace().nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other("no answer"))?;
    Ok((status, text.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned()))
}

pub(crate) async fn standin() -> Standin {
    Standin::start(([127, 0, 0, 1], 0).into()).await.expect("a stand-in")
}

pub(crate) fn backend(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

/// The three objects of a service, by hand.
pub(crate) fn apply(standin: &Standin, host: &str, service: &str, backends: &[SocketAddr]) {
    let path = json!({
        "path": "/", "pathType": "Prefix",
        "backend": { "service": { "name": service, "port": { "number": 80 } } },
    });
    let ingress = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": { "name": host.replace('.', "-"), "namespace": "default" },
        "spec": { "ingressClassName": "kgateway", "rules": [{ "host": host, "http": { "paths": [path] } }] },
    });
    let objects = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "name": service, "namespace": "default" },
        "spec": { "ports": [{ "name": "grpc", "port": 80 }] },
    });
    for object in
        [ingress, objects].into_iter().chain(backends.iter().map(|at| slice(service, *at)))
    {
        standin.apply(object).expect("taken");
    }
}

pub(crate) fn slice(service: &str, backend: SocketAddr) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "name": format!("{service}-1"), "namespace": "default",
            "labels": { "kubernetes.io/service-name": service },
        },
        "addressType": "IPv4",
        "endpoints": [{ "addresses": [backend.ip()], "conditions": { "ready": true } }],
        "ports": [{ "name": "grpc", "port": backend.port() }],
    })
}

/// Waits until a client is so.
pub(crate) async fn until(client: &Client, what: impl Fn(&State) -> bool) -> State {
    let mut config = client.config();
    let found = timeout(LONG, config.wait_for(|state| what(state))).await;
    match found {
        Ok(state) => state.expect("a client").clone(),
        Err(_) => panic!("the client stays {:?}, {:?}", client.config().borrow(), client.stats()),
    }
}

pub(crate) async fn until_ready(client: &Client, backends: &[SocketAddr]) {
    let expected = State::Ready(backends.to_vec());
    until(client, |state| *state == expected).await;
}
