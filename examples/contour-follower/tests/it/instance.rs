//! Instances in processes of their own, and what can be asked of them.

use std::net::SocketAddr;
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use kube_standin::Standin;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// How long anything may take on a busy machine before a test is lost.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A control plane in a process of its own.
pub(crate) struct Instance {
    pub(crate) xds: SocketAddr,
    pub(crate) health: SocketAddr,
    child: Child,
    _stdout: BufReader<ChildStdout>,
}

pub(crate) fn command(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_contour-follower"));
    command.args(line.split_whitespace()).env_remove("KUBECONFIG").env_remove("RUST_LOG");
    command.kill_on_drop(true);
    command
}

/// Runs it to its end.
pub(crate) async fn ended(line: &str) -> (Option<i32>, String, String) {
    let ended = timeout(LONG, command(line).stdin(Stdio::null()).output()).await;
    let Output { status, stdout, stderr } = ended.expect("ends").expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (status.code(), text(&stdout), text(&stderr))
}

impl Instance {
    /// Starts it on free ports.
    pub(crate) async fn start(options: &str) -> Self {
        let ports = "--listen 127.0.0.1:0 --health 127.0.0.1:0 --leashed";
        Self::spawn(command(&format!("serve {ports} {options}"))).await
    }

    pub(crate) async fn spawn(mut command: Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        let said = timeout(LONG, stdout.read_line(&mut line)).await;
        said.expect("says where it is").expect("a line");
        let told = |key: &str| {
            let word = line.split_whitespace().find_map(|word| word.strip_prefix(key));
            word.and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{key} in {line:?}"))
        };
        assert!(line.contains(" api=http"), "{line}");
        Self { xds: told("xds="), health: told("health="), child, _stdout: stdout }
    }

    /// Status and body of a probe.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let answer = timeout(LONG, get(self.health, path, "*/*")).await.expect("in time");
        answer.expect("an answer")
    }

    /// The gate of this name, as JSON.
    pub(crate) async fn gate(&self, name: &str) -> Value {
        let asked = get(self.health, "/readyz", "application/json").await;
        let report: Value = serde_json::from_str(&asked.expect("an answer").1).expect("JSON");
        let gates = report["gates"].as_array().expect("gates");
        gates.iter().find(|gate| gate["name"] == name).cloned().unwrap_or_default()
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

    /// Waits until it leads, or does not.
    pub(crate) async fn until_leads(&self, leads: bool) {
        self.until("/metrics", 200, &format!("\ncontour_leader {}\n", u8::from(leads))).await;
    }

    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none()
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

pub(crate) async fn get(
    at: SocketAddr,
    path: &str,
    accept: &str,
) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(at).await?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {at}\r\naccept: {accept}\r\nconnection: close\r\n\r\n"
    );
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

/// An object of the API server, of a name and kind, in the namespace `default`.
pub(crate) fn manifest(version: &str, kind: &str, name: &str) -> Value {
    json!({ "apiVersion": version, "kind": kind, "metadata": { "name": name, "namespace": "default" } })
}

pub(crate) fn manifest_of_secret(name: &str) -> Value {
    manifest("v1", "Secret", name)
}

/// An Ingress of ours for a host.
pub(crate) fn manifest_of_ingress(name: &str, host: &str) -> Value {
    let path = json!({
        "path": "/", "pathType": "Prefix",
        "backend": { "service": { "name": name, "port": { "number": 80 } } },
    });
    let mut ingress = manifest("networking.k8s.io/v1", "Ingress", name);
    ingress["spec"] = json!({ "ingressClassName": "contour", "rules": [{ "host": host, "http": { "paths": [path] } }] });
    ingress
}

/// The Service of this name, and who is behind it.
pub(crate) fn manifests_behind(name: &str, at: SocketAddr) -> [Value; 2] {
    let mut service = manifest("v1", "Service", name);
    service["spec"] = json!({ "ports": [{ "name": "grpc", "port": 80 }] });
    let mut slice = manifest("discovery.k8s.io/v1", "EndpointSlice", &format!("{name}-1"));
    slice["metadata"]["labels"] = json!({ "kubernetes.io/service-name": name });
    slice["addressType"] = json!("IPv4");
    slice["endpoints"] = json!([{ "addresses": [at.ip()], "conditions": { "ready": true } }]);
    slice["ports"] = json!([{ "name": "grpc", "port": at.port() }]);
    [service, slice]
}
