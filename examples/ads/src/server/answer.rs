use std::sync::Arc;

use envoy_types::pb::envoy::service::discovery::v3::DiscoveryResponse;
use envoy_types::pb::google::protobuf::Any;

use crate::snapshot::{Kind, Resource};

/// A response; it shares its resources with all other streams until the transport takes it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) kind: Kind,
    pub(crate) version: Arc<str>,
    pub(crate) nonce: u64,
    pub(crate) resources: Vec<Arc<Resource>>,
}

impl Answer {
    pub(crate) fn into_message(self) -> DiscoveryResponse {
        let any = |resource: &Arc<Resource>| Any {
            type_url: self.kind.type_url().to_owned(),
            value: resource.encoded.clone(),
        };
        DiscoveryResponse {
            version_info: self.version.as_ref().to_owned(),
            resources: self.resources.iter().map(any).collect(),
            type_url: self.kind.type_url().to_owned(),
            nonce: self.nonce.to_string(),
            ..Default::default()
        }
    }
}
