/// What a request's path names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Path<'a> {
    Version,
    /// `/readyz`, `/livez` and `/healthz`.
    Health,
    CoreVersions,
    Groups,
    /// The kinds of one group and version.
    Kinds {
        group: &'a str,
        version: &'a str,
    },
    Objects(Address<'a>),
    Unknown,
}

/// Where objects, or one object, are to be found; nothing of it is checked yet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    pub(crate) group: &'a str,
    pub(crate) version: &'a str,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) plural: &'a str,
    pub(crate) name: Option<&'a str>,
    /// The subresource, which has but the object's status.
    pub(crate) status: bool,
}

/// Takes a path apart; escapes are left as they are, since no name has one.
pub(crate) fn parse(path: &str) -> Path<'_> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match *parts {
        ["version"] => Path::Version,
        ["readyz" | "livez" | "healthz"] => Path::Health,
        ["api"] => Path::CoreVersions,
        ["apis"] => Path::Groups,
        // The core group has no name, and is not to be found by that.
        ["apis", "", ..] => Path::Unknown,
        ["api", version] => Path::Kinds { group: "", version },
        ["apis", group, version] => Path::Kinds { group, version },
        ["api", version, ref rest @ ..] => objects("", version, rest),
        ["apis", group, version, ref rest @ ..] => objects(group, version, rest),
        _ => Path::Unknown,
    }
}

fn objects<'a>(group: &'a str, version: &'a str, rest: &[&'a str]) -> Path<'a> {
    let (namespace, plural, name, status) = match *rest {
        ["namespaces", name, "status"] => (None, "namespaces", Some(name), true),
        ["namespaces", namespace, plural] => (Some(namespace), plural, None, false),
        ["namespaces", namespace, plural, name] => (Some(namespace), plural, Some(name), false),
        ["namespaces", namespace, plural, name, "status"] => {
            (Some(namespace), plural, Some(name), true)
        }
        [plural] => (None, plural, None, false),
        [plural, name] => (None, plural, Some(name), false),
        [plural, name, "status"] => (None, plural, Some(name), true),
        _ => return Path::Unknown,
    };
    Path::Objects(Address { group, version, namespace, plural, name, status })
}
