use envoy_types::pb::envoy::service::discovery::v3::DiscoveryRequest;

use crate::snapshot::Kind;

/// A request of a client, without what is of no use here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) kind: Kind,
    pub(crate) names: Vec<String>,
    /// The version that the client has accepted; empty: none.
    pub(crate) version: String,
    /// The response that it answers; empty: none, it subscribes.
    pub(crate) nonce: String,
    /// Why that response is refused.
    pub(crate) error: Option<String>,
}

impl Ask {
    /// Of a type that is not known: its URL.
    pub(crate) fn of(request: DiscoveryRequest) -> Result<Self, String> {
        let Some(kind) = Kind::of_url(&request.type_url) else { return Err(request.type_url) };
        Ok(Self {
            kind,
            names: request.resource_names,
            version: request.version_info,
            nonce: request.response_nonce,
            error: request.error_detail.map(|status| status.message),
        })
    }
}
