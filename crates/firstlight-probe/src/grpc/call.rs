use firstlight_poll::Verdict;
use hyper::Uri;
use tonic::{Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::attempt::Attempt;
use crate::grpc::channel::Channel;
use crate::grpc::probe::Settings;
use crate::grpc::status::{failed, serving};
use crate::phase::Phase;
use crate::text::tidy;
use crate::trouble::Trouble;

/// The most bytes of a message that are decoded; a health answer has a few.
const MAX_MESSAGE: usize = 64 * 1024;

/// One `Check` on a connection of its own.
pub(crate) async fn check(settings: &Settings, attempt: Attempt) -> Verdict<()> {
    let asked = settings.asked();
    let mut client = match connect(settings, attempt).await {
        Ok(client) => client,
        Err(trouble) => return trouble.into_verdict(&asked),
    };
    let call = async { Ok(client.check(settings.request()).await) };
    match attempt.phase(Phase::Answer, call).await {
        Ok(Ok(response)) => serving(&asked, response.into_inner().status),
        Ok(Err(status)) => failed(&asked, &status, &settings.secrets),
        Err(trouble) => trouble.into_verdict(&asked),
    }
}

/// A client on a new connection.
pub(crate) async fn connect(
    settings: &Settings,
    attempt: Attempt,
) -> Result<HealthClient<Channel>, Trouble> {
    let channel = Channel::open(&settings.target.route, attempt).await?;
    let client = HealthClient::with_origin(channel, settings.origin());
    Ok(client.max_decoding_message_size(MAX_MESSAGE))
}

impl Settings {
    pub(crate) fn request(&self) -> Request<HealthCheckRequest> {
        let mut request = Request::new(HealthCheckRequest { service: self.service.clone() });
        let authorization = self.authorization.as_ref().and_then(|value| value.to_str().ok());
        if let Some(value) = authorization.and_then(|value| value.parse().ok()) {
            request.metadata_mut().insert("authorization", value);
        }
        request
    }

    fn origin(&self) -> Uri {
        let uri = Uri::builder().scheme(self.target.scheme()).authority(self.target.authority());
        // Its parts come from a URL that was parsed.
        uri.path_and_query("/").build().unwrap_or_default()
    }

    /// `Check my.Service at http://host:port`.
    fn asked(&self) -> String {
        let service = tidy(&self.service, 128);
        let blank = if service.is_empty() { "" } else { " " };
        format!("Check{blank}{service} at {}", self.target.origin())
    }
}

/// Whether a call can never succeed at this server.
pub(crate) fn is_unknown_call(status: &Status) -> bool {
    status.code() == tonic::Code::Unimplemented
}
