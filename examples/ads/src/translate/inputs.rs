use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::Ingress;

use super::{Key, Kind, Object};

/// The objects that are known.
///
/// Best collected anew from the stores of reflectors, which know how to take a relist: `store.state().into_iter().collect()`. Bounded by
/// what the API server holds; an object is never copied.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    pub(super) ingresses: BTreeMap<Key, Arc<Ingress>>,
    pub(super) services: BTreeMap<Key, Arc<Service>>,
    pub(super) slices: BTreeMap<Key, Arc<EndpointSlice>>,
}

impl Inputs {
    /// Puts an object there, in the place of its older version if there is one.
    pub fn apply(&mut self, object: impl Into<Object>) {
        let object = object.into();
        let key = object.key();
        match object {
            Object::Ingress(ingress) => drop(self.ingresses.insert(key, ingress)),
            Object::Service(service) => drop(self.services.insert(key, service)),
            Object::EndpointSlice(slice) => drop(self.slices.insert(key, slice)),
        }
    }

    /// Takes an object away; nothing, if it is not there.
    pub fn delete(&mut self, key: &Key) {
        match key.kind {
            Kind::Ingress => drop(self.ingresses.remove(key)),
            Kind::Service => drop(self.services.remove(key)),
            Kind::EndpointSlice => drop(self.slices.remove(key)),
        }
    }

    /// Counts the objects.
    pub fn len(&self) -> usize {
        self.ingresses.len() + self.services.len() + self.slices.len()
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<O: Into<Object>> Extend<O> for Inputs {
    fn extend<I: IntoIterator<Item = O>>(&mut self, objects: I) {
        objects.into_iter().for_each(|object| self.apply(object));
    }
}

impl<O: Into<Object>> FromIterator<O> for Inputs {
    fn from_iter<I: IntoIterator<Item = O>>(objects: I) -> Self {
        let mut inputs = Self::default();
        inputs.extend(objects);
        inputs
    }
}
