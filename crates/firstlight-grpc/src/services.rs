use std::collections::BTreeMap;
use std::sync::Arc;

use firstlight_ready::{Reason, View};
use tokio::sync::watch;

use crate::error::ServiceError;

/// The longest name of a service, in bytes.
pub const MAX_SERVICE_NAME: usize = 1024;

/// As many services as there can be, that of the empty name with them.
pub const MAX_SERVICES: usize = 1024;

/// As many services as `List` answers with; when there are more it fails with RESOURCE_EXHAUSTED.
pub const MAX_LISTED: usize = 100;

/// The services and their views; clones share them. One can be added at any time, none is taken back.
#[derive(Debug, Clone)]
pub(crate) struct Services(Arc<watch::Sender<BTreeMap<String, View>>>);

impl Services {
    pub(crate) fn new(overall: Option<View>) -> Self {
        let services = overall.map(|view| (String::new(), view)).into_iter().collect();
        Self(Arc::new(watch::Sender::new(services)))
    }

    pub(crate) fn add(&self, service: String, view: View) -> Result<(), ServiceError> {
        if service.len() > MAX_SERVICE_NAME {
            let start: String = service.chars().take(32).collect();
            return Err(ServiceError::TooLong { length: service.len(), start: start.into() });
        }
        let mut refused = None;
        // Those who watch a service that is not there yet are woken by it.
        self.0.send_if_modified(|services| {
            if services.contains_key(&service) {
                refused = Some(ServiceError::Duplicate { service: Reason::new(&service) });
            } else if services.len() >= MAX_SERVICES {
                refused = Some(ServiceError::TooMany { service: Reason::new(&service) });
            } else {
                services.insert(service, view);
            }
            refused.is_none()
        });
        refused.map_or(Ok(()), Err)
    }

    pub(crate) fn find(&self, service: &str) -> Option<View> {
        self.0.borrow().get(service).cloned()
    }

    /// Waits until there is a service of this name.
    pub(crate) async fn added(&self, service: &str) -> Option<View> {
        let mut services = self.0.subscribe();
        let found = services.wait_for(|services| services.contains_key(service)).await;
        found.ok().and_then(|services| services.get(service).cloned())
    }

    /// Tells of each whether its view is ready; when there are too many, how many there are.
    pub(crate) fn list(&self) -> Result<BTreeMap<String, bool>, usize> {
        let services = self.0.borrow();
        match services.len() {
            number if number > MAX_LISTED => Err(number),
            _ => Ok(services.iter().map(|(name, view)| (name.clone(), view.is_ready())).collect()),
        }
    }
}
