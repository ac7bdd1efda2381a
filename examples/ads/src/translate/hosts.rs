use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use k8s_openapi::api::networking::v1::{HTTPIngressPath, Ingress, IngressRule};

use super::backends::Backends;
use super::names::{is_host, is_path, shown};
use super::verdict::Verdicts;
use super::{Inputs, Key, Options};

/// How many hosts there may be; the Ingress that brings one more is rejected.
pub const MAX_HOSTS: usize = 16_384;

/// How many paths a host may have.
pub const MAX_PATHS: usize = 256;

/// What is at a host, and whose it is.
#[derive(Debug)]
pub(super) struct Host<'a> {
    owner: &'a Key,
    /// Prefixes with their clusters.
    pub(super) paths: BTreeMap<&'a str, String>,
}

/// Collects the hosts of our Ingresses, the oldest first, and the backends that they name.
pub(super) fn hosts<'a>(
    inputs: &'a Inputs,
    options: &Options,
    backends: &mut Backends<'a>,
    verdicts: &mut Verdicts,
) -> BTreeMap<&'a str, Host<'a>> {
    let mut ours = Vec::new();
    for (key, ingress) in &inputs.ingresses {
        let class = ingress.spec.as_ref().and_then(|spec| spec.ingress_class_name.as_ref());
        if class == Some(&options.class) {
            ours.push((key, &**ingress));
        } else {
            verdicts.irrelevant(key);
        }
    }
    // Stable: of those of one age the first by name. Without an age it is the youngest.
    ours.sort_by_key(|(_, ingress)| {
        let created = ingress.metadata.creation_timestamp.as_ref();
        (created.is_none(), created)
    });
    let mut hosts = BTreeMap::new();
    for (key, ingress) in ours {
        verdicts.relevant(key);
        for rule in rules(ingress) {
            let wrong = take(key, rule, &mut hosts, backends, verdicts);
            wrong.unwrap_or_else(|reason| verdicts.rejected(key, || reason));
        }
        if rules(ingress).is_empty() {
            verdicts.rejected(key, || "it has no rules".to_owned());
        }
    }
    hosts
}

fn rules(ingress: &Ingress) -> &[IngressRule] {
    ingress.spec.as_ref().and_then(|spec| spec.rules.as_deref()).unwrap_or_default()
}

/// Takes a rule; an error takes none of it, a path that is wrong takes only that away.
fn take<'a>(
    key: &'a Key,
    rule: &'a IngressRule,
    hosts: &mut BTreeMap<&'a str, Host<'a>>,
    backends: &mut Backends<'a>,
    verdicts: &mut Verdicts,
) -> Result<(), String> {
    let name = rule.host.as_deref().filter(|host| !host.is_empty());
    let name = name.ok_or("a rule has no host")?;
    if !is_host(name) {
        return Err(format!("{} is no host", shown(name)));
    }
    let paths = rule.http.as_ref().map(|http| &*http.paths).unwrap_or_default();
    if paths.is_empty() {
        return Err(format!("host {name} has no paths"));
    }
    let many = hosts.len() >= MAX_HOSTS;
    let host = match hosts.entry(name) {
        Entry::Vacant(_) if many => return Err(format!("there are more than {MAX_HOSTS} hosts")),
        Entry::Vacant(new) => new.insert(Host { owner: key, paths: BTreeMap::new() }),
        Entry::Occupied(old) => old.into_mut(),
    };
    if host.owner != key {
        let Key { namespace, name: owner, .. } = host.owner;
        return Err(format!("host {name} is that of {namespace}/{owner}, which is older"));
    }
    for path in paths {
        if let Err(reason) = take_path(key, path, host, backends, verdicts) {
            verdicts.rejected(key, || format!("host {name}: {reason}"));
        }
    }
    Ok(())
}

fn take_path<'a>(
    key: &'a Key,
    path: &'a HTTPIngressPath,
    host: &mut Host<'a>,
    backends: &mut Backends<'a>,
    verdicts: &mut Verdicts,
) -> Result<(), String> {
    if !matches!(&*path.path_type, "Prefix" | "ImplementationSpecific") {
        return Err(format!("path type {} is not served", shown(&path.path_type)));
    }
    let prefix = path.path.as_deref().unwrap_or("/");
    if !is_path(prefix) {
        return Err(format!("{} is no path", shown(prefix)));
    }
    if host.paths.contains_key(prefix) {
        return Err(format!("path {} is there twice", shown(prefix)));
    }
    if host.paths.len() >= MAX_PATHS {
        return Err(format!("there are more than {MAX_PATHS} paths"));
    }
    let cluster = backends.name(key, &path.backend, verdicts)?;
    host.paths.insert(prefix, cluster);
    Ok(())
}
