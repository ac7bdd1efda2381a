use super::reader::Source;

const MOUNT: &str = "/sys/fs/cgroup";

/// The directories of the process's own control groups.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cgroups {
    pub(super) unified: Option<String>,
    /// Set if version 1 controls the CPU; the unified group says nothing about it then.
    pub(super) cpu_v1: Option<String>,
    /// Set if version 1 controls memory.
    pub(super) memory_v1: Option<String>,
}

impl Cgroups {
    /// Finds them by the lines of `/proc/self/cgroup` and the places where everybody mounts them.
    ///
    /// The mount table would tell for certain, but may be far longer than one wants to read before `main`.
    pub(super) fn find(text: &str, source: &impl Source) -> Self {
        let mut unified_path = None;
        let mut mixed = false;
        let mut found = Self::default();
        for (controllers, path) in text.lines().filter_map(line) {
            if controllers.is_empty() {
                unified_path = Some(path);
                continue;
            }
            mixed = true;
            let has = |wanted| controllers.split(',').any(|name| name == wanted);
            if has("cpu") {
                found.cpu_v1 = directory(&format!("{MOUNT}/cpu"), path, source);
            }
            if has("memory") {
                found.memory_v1 = directory(&format!("{MOUNT}/memory"), path, source);
            }
        }
        let mount = if mixed { &format!("{MOUNT}/unified") } else { MOUNT };
        found.unified = unified_path.and_then(|path| directory(mount, path, source));
        found
    }
}

/// `ID:CONTROLLERS:PATH`; version 2 has no controllers.
fn line(line: &str) -> Option<(&str, &str)> {
    let mut parts = line.splitn(3, ':');
    let (_id, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
    path.starts_with('/').then_some((controllers, path))
}

fn directory(mount: &str, path: &str, source: &impl Source) -> Option<String> {
    // A group outside of the namespace, or one that was removed: another one's figures would be wrong.
    if path.split('/').any(|name| name == "..") || path.ends_with(" (deleted)") {
        return None;
    }
    let own = format!("{mount}{}", path.trim_end_matches('/'));
    // A container without a namespace of its own sees the host's path, but has its own group mounted at the
    // root.
    let is_own = own.len() == mount.len() || source.has_dir(&own);
    Some(if is_own { own } else { mount.to_owned() })
}

#[cfg(test)]
mod tests;
