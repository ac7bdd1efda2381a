//! Which names may become part of a resource's name: they come from whoever may write objects.

/// The longest path.
const MAX_PATH: usize = 1024;

/// A name in DNS, lower case, as the API server demands of hosts.
pub(super) fn is_host(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_label)
}

/// A name of a service or of a port.
pub(super) fn is_label(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(good)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// A path from the root, of printable characters.
pub(super) fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.len() <= MAX_PATH && path.bytes().all(|b| b.is_ascii_graphic())
}

/// What a stranger wrote, for a reason: short, and on one line.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(64).flat_map(char::escape_debug).collect();
    if text.chars().nth(64).is_some() {
        shown.push_str("...");
    }
    shown
}
