use http::HeaderMap;
use http::header::ACCEPT;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Kubernetes' text.
    Text,
    /// Our JSON.
    Json,
    /// `application/health+json`.
    HealthJson,
}

/// The first is taken when nothing else decides.
const OFFERS: [(Format, &str, &str); 3] = [
    (Format::Text, "text", "plain"),
    (Format::Json, "application", "json"),
    (Format::HealthJson, "application", "health+json"),
];

impl Format {
    /// Chooses what the asker likes best: the highest quality, then the range that says most, then text.
    ///
    /// A header that is malformed, or likes none of ours, gets text: a probe is better answered than refused.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut liked = [None; OFFERS.len()];
        for value in headers.get_all(ACCEPT) {
            let Ok(value) = value.to_str() else { return Self::Text };
            for range in value.split(',').map(str::trim).filter(|range| !range.is_empty()) {
                let Some(range) = Range::parse(range) else { return Self::Text };
                range.tell(&mut liked);
            }
        }
        let mut best = (Self::Text, None);
        for ((format, ..), liked) in OFFERS.iter().zip(liked) {
            let liked = liked.filter(|liked: &Liked| liked.quality > 0);
            if liked.map(Liked::rank) > best.1 {
                best = (*format, liked.map(Liked::rank));
            }
        }
        best.0
    }
}

/// How much one of ours is liked, by the range that says most about it.
#[derive(Debug, Clone, Copy)]
struct Liked {
    precision: u8,
    quality: u16,
}

impl Liked {
    fn rank(self) -> (u16, u8) {
        (self.quality, self.precision)
    }
}

/// `application/*;q=0.5`.
struct Range<'a> {
    kind: &'a str,
    subkind: &'a str,
    quality: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subkind) = parts.next()?.split_once('/')?;
        if !is_token(kind) || !is_token(subkind) || (kind == "*" && subkind != "*") {
            return None;
        }
        let mut quality = 1_000;
        for parameter in parts {
            let (key, value) = parameter.split_once('=')?;
            if key.trim_end().eq_ignore_ascii_case("q") {
                quality = parse_quality(value.trim_start())?;
            }
        }
        Some(Self { kind, subkind, quality })
    }

    fn tell(&self, liked: &mut [Option<Liked>; OFFERS.len()]) {
        for ((_, kind, subkind), liked) in OFFERS.iter().zip(liked) {
            let precision = match (self.kind, self.subkind) {
                ("*", _) => 0,
                (this, "*") if this.eq_ignore_ascii_case(kind) => 1,
                (this, that)
                    if this.eq_ignore_ascii_case(kind) && that.eq_ignore_ascii_case(subkind) =>
                {
                    2
                }
                _ => continue,
            };
            if liked.is_none_or(|liked: Liked| precision > liked.precision) {
                *liked = Some(Liked { precision, quality: self.quality });
            }
        }
    }
}

fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

/// `0`, `0.5`, `1.000`: thousandths.
fn parse_quality(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if !matches!(whole, "0" | "1") || part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{whole}{part:0<3}").parse().ok()?;
    (thousandths <= 1_000).then_some(thousandths)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[track_caller]
    fn asked(accept: &[u8]) -> Format {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_bytes(accept).expect("a header"));
        Format::of(&headers)
    }

    #[test]
    fn the_asker_gets_what_it_likes_best_and_text_when_in_doubt() {
        use Format::{HealthJson, Json, Text};
        for (accept, expected) in [
            ("", Text),
            ("*/*", Text),
            ("text/plain", Text),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Text),
            ("application/json", Json),
            ("Application/JSON", Json),
            ("application/*", Json),
            ("application/json; charset=utf-8", Json),
            ("application/json, */*", Json),
            ("application/json, text/plain, */*", Text),
            ("application/json;q=0.5, text/plain;q=0.4", Json),
            ("application/json;q=0.4, text/plain;q=0.5", Text),
            ("application/health+json", HealthJson),
            ("application/health+json, application/json;q=0.9", HealthJson),
            ("application/*, application/json;q=0", HealthJson),
            ("application/json;q=0", Text),
            ("*/*;q=0", Text),
            ("image/png", Text),
            ("application/json;Q=1.000", Json),
            (",, application/json ,", Json),
            // Malformed: text.
            ("application/json, nonsense", Text),
            ("application/json;q", Text),
            ("application/json;q=", Text),
            ("application/json;q=2", Text),
            ("application/json;q=1.001", Text),
            ("application/json;q=0.1234", Text),
            ("application/json;q=-1", Text),
            ("*/json", Text),
            ("/json", Text),
            ("application/", Text),
        ] {
            assert_eq!(asked(accept.as_bytes()), expected, "{accept}");
        }
        assert_eq!(asked(b"application/json, \xff"), Text);
        assert_eq!(Format::of(&HeaderMap::new()), Text);
    }

    #[test]
    fn several_headers_are_one_list() {
        let mut headers = HeaderMap::new();
        headers.append(ACCEPT, HeaderValue::from_static("text/plain;q=0.1"));
        headers.append(ACCEPT, HeaderValue::from_static("application/json;q=0.2"));
        assert_eq!(Format::of(&headers), Format::Json);
    }
}
