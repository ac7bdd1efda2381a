use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(2);
/// How much of an answer is read.
const LIMIT: u64 = 1 << 20;

/// The states that say more than what was found, the worst first.
const WORST: [&str; 5] = ["failed", "stale", "pending", "syncing", "degraded"];

/// Asks the health port of an instance, as a kubelet, a scraper and an operator do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probe(pub(crate) SocketAddr);

impl Probe {
    /// Whether `/readyz` says 200; no answer is a no.
    pub(crate) async fn is_ready(self) -> bool {
        self.get("/readyz", "*/*").await.is_some_and(|(status, _)| status == 200)
    }

    /// How often a snapshot was published, by the metrics.
    pub(crate) async fn publications(self) -> Option<u64> {
        const SERIES: &str = "firstlight_output_publications_total{output=\"snapshot\"} ";
        let (_, text) = self.get("/metrics", "*/*").await?;
        text.lines().find_map(|line| line.strip_prefix(SERIES)?.parse().ok())
    }

    /// What an operator reads from `/readyz?verbose`, in few words.
    pub(crate) async fn words(self) -> Option<String> {
        let (_, text) = self.get("/readyz?verbose", "application/json").await?;
        words(&serde_json::from_str(&text).ok()?)
    }

    async fn get(self, path: &str, accept: &str) -> Option<(u16, String)> {
        let ask = async {
            let mut stream = TcpStream::connect(self.0).await?;
            let request = format!(
                "GET {path} HTTP/1.1\r\nhost: instance\r\naccept: {accept}\r\nconnection: close\r\n\r\n"
            );
            stream.write_all(request.as_bytes()).await?;
            let mut answer = Vec::new();
            stream.take(LIMIT).read_to_end(&mut answer).await?;
            io::Result::Ok(answer)
        };
        let answer = timeout(ANSWER, ask).await.ok()?.ok()?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split_whitespace().nth(1)?.parse().ok()?;
        Some((status, body.to_owned()))
    }
}

/// The worst gate's reason; if none has trouble, what was found; without a gate for that, the state that there is.
fn words(report: &Value) -> Option<String> {
    let gates = || report["gates"].as_array().into_iter().flatten();
    let counted = || gates().filter(|gate| gate["outcome"] != "uncounted");
    let worst = WORST.iter().find_map(|state| counted().find(|gate| gate["state"] == **state));
    let found = || counted().find(|gate| gate["name"] == "configuration");
    let gate = worst.or_else(found).or_else(|| counted().next())?;
    let told = gate["reason"].as_str().or_else(|| gate["evidence"]["revision"].as_str());
    let told = told.unwrap_or_default();
    // Which request it was does not matter, and neither do the details behind it.
    let told = told.strip_prefix("watch: ").or_else(|| told.strip_prefix("list: ")).unwrap_or(told);
    match told.split(':').next() {
        None | Some("") => gate["state"].as_str().map(str::to_owned),
        Some(told) => Some(told.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_words_are_those_of_the_worst_or_of_what_was_found() {
        let found = json!({"name": "configuration", "state": "ready-empty", "evidence": {"revision": "no configuration"}});
        let wrong = json!({"name": "configuration", "state": "degraded", "reason": "configuration error: 1 rejected, x"});
        let gone = json!({"name": "services", "state": "degraded", "reason": "watch: no connection: refused"});
        let fine =
            json!({"name": "services", "state": "ready-empty", "evidence": {"revision": "7"}});
        let port = |state| json!({"name": "xds", "state": state});
        let follows = json!({"name": "leader", "state": "pending", "outcome": "uncounted", "reason": "follows a"});
        for (gates, expected) in [
            (json!([]), None),
            (json!([fine, found, follows]), Some("no configuration")),
            (json!([fine, wrong, follows]), Some("configuration error")),
            (json!([found, gone]), Some("no connection")),
            (json!([port("pending")]), Some("pending")),
            (json!([port("ready")]), Some("ready")),
        ] {
            let told = words(&json!({"gates": gates}));
            assert_eq!(told.as_deref(), expected, "{gates}");
        }
        assert_eq!(words(&json!("no report")), None);
    }
}
