use bytes::Bytes;
use firstlight_poll::{ErrorClass, Verdict};
use http_body_util::Empty;
use hyper::header::{AUTHORIZATION, CONNECTION, HOST, HeaderMap, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{Request, StatusCode, Uri};

use crate::answer::Answer;
use crate::attempt::Attempt;
use crate::http::body_kind::BodyKind;
use crate::http::connection::Connection;
use crate::http::judge::judge;
use crate::http::memory::Memory;
use crate::http::reply::Reply;
use crate::http::settings::{Settings, bearer};
use crate::http::token_file;
use crate::secrets::Secrets;
use crate::target::shown_path;
use crate::trouble::Trouble;

/// One attempt of an HTTP probe.
pub(crate) struct Asking<'a> {
    settings: &'a Settings,
    memory: &'a Memory,
    attempt: Attempt,
}

impl<'a> Asking<'a> {
    pub(crate) fn new(settings: &'a Settings, memory: &'a Memory, attempt: Attempt) -> Self {
        Self { settings, memory, attempt }
    }

    pub(crate) async fn verdict(&self) -> Verdict<Answer> {
        let first = &self.settings.target.path;
        let Some(second) = &self.settings.fallback else { return self.ask(first).await.0 };
        if self.memory.has_fallen_back() {
            return self.ask(second).await.0;
        }
        match self.ask(first).await {
            (_, Some(StatusCode::NOT_FOUND)) => {
                let (verdict, status) = self.ask(second).await;
                if status.is_some_and(|status| status != StatusCode::NOT_FOUND) {
                    self.memory.fall_back();
                }
                verdict
            }
            (verdict, _) => verdict,
        }
    }

    /// The verdict, and the status if there was an answer.
    async fn ask(&self, path: &PathAndQuery) -> (Verdict<Answer>, Option<StatusCode>) {
        let shown = shown_path(path.as_str());
        let mut secrets = self.settings.secrets.clone();
        match self.reply(path, &mut secrets).await {
            Ok(reply) => {
                let asked = format!("GET {shown}");
                (judge(&asked, &reply, self.settings.body, &secrets), Some(reply.status))
            }
            Err(trouble) => {
                let asked = format!("GET {}{shown}", self.settings.target.origin());
                (trouble.into_verdict(&asked), None)
            }
        }
    }

    async fn reply(&self, path: &PathAndQuery, secrets: &mut Secrets) -> Result<Reply, Trouble> {
        let headers = self.headers(secrets).await?;
        if let Some(mut idle) = self.memory.take_idle() {
            if idle.is_usable().await {
                match self.reply_over(idle, path, &headers).await {
                    // The peer closed it while the request was on its way; it is asked once more.
                    Err(Trouble { class: ErrorClass::Closed | ErrorClass::Reset, .. }) => {}
                    ended => return ended,
                }
            }
        }
        let connection = Connection::over(self.stream().await?, self.attempt).await?;
        self.reply_over(connection, path, &headers).await
    }

    async fn reply_over(
        &self,
        mut connection: Connection,
        path: &PathAndQuery,
        headers: &HeaderMap,
    ) -> Result<Reply, Trouble> {
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.uri_mut() = self.uri(path)?;
        *request.headers_mut() = headers.clone();
        let reply = connection.ask(request, |status| self.max_body(status), self.attempt).await?;
        if self.settings.keep_alive && connection.is_usable().await {
            self.memory.keep(connection);
        }
        Ok(reply)
    }

    async fn headers(&self, secrets: &mut Secrets) -> Result<HeaderMap, Trouble> {
        let config = |what| Trouble::new(ErrorClass::Config, what);
        let mut headers = self.settings.headers.clone();
        if !headers.contains_key(HOST) {
            let host = HeaderValue::try_from(self.settings.target.authority());
            headers.insert(HOST, host.map_err(|_| config("the host cannot be a header"))?);
        }
        if !self.settings.keep_alive {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(path) = &self.settings.token_file {
            let token = token_file::read(path, self.attempt).await?;
            secrets.add(token.trim());
            let header = bearer(&token).ok_or_else(|| config("the token file holds no token"))?;
            headers.insert(AUTHORIZATION, header);
        }
        #[cfg(feature = "proxy")]
        if let Some(proxy) = self.settings.forwarding_proxy() {
            proxy.authorize(&mut headers);
        }
        Ok(headers)
    }

    /// The request's target: the path, or the whole URL when a proxy forwards it.
    fn uri(&self, path: &PathAndQuery) -> Result<Uri, Trouble> {
        let uri = Uri::builder().path_and_query(path.clone());
        #[cfg(feature = "proxy")]
        let uri = match self.settings.forwarding_proxy() {
            Some(_) => uri.scheme("http").authority(self.settings.target.authority()),
            None => uri,
        };
        uri.build().map_err(|_| Trouble::new(ErrorClass::Config, "the path cannot be asked for"))
    }

    async fn stream(&self) -> Result<crate::net::Stream, Trouble> {
        #[cfg(feature = "proxy")]
        if let Some(proxy) = self.settings.proxy() {
            return proxy.open(&self.settings.target, self.attempt).await;
        }
        self.settings.target.route.open(self.attempt).await
    }

    fn max_body(&self, status: StatusCode) -> usize {
        if self.settings.body == BodyKind::Status && status.is_success() {
            0
        } else {
            self.settings.max_body
        }
    }
}
