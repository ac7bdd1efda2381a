use super::{Color, Format};

/// What a sink's descriptor and the environment say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts<'a> {
    pub(crate) is_terminal: bool,
    /// Whether the descriptor is the one that the journal gave to this process.
    pub(crate) journal: bool,
    /// `FIRSTLIGHT_LOG_FORMAT`
    pub(crate) env_format: Option<&'a str>,
    /// `NO_COLOR`
    pub(crate) no_color: Option<&'a str>,
    /// `TERM`
    pub(crate) term: Option<&'a str>,
}

/// How the lines of one sink are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) layout: Layout,
    pub(crate) colored: bool,
}

/// What a line is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Text,
    Json,
    Journald,
}

/// Decides on the layout and on colours; a format that the environment names wrongly counts as none.
pub(crate) fn choose(format: Format, color: Color, facts: &Facts<'_>) -> Chosen {
    let format = facts.env_format.and_then(|name| name.parse().ok()).unwrap_or(format);
    let (layout, for_terminal) = match format {
        Format::Auto if facts.journal => (Layout::Journald, false),
        Format::Auto if facts.is_terminal => (Layout::Text, true),
        Format::Auto | Format::Json => (Layout::Json, false),
        Format::Pretty => (Layout::Text, true),
        Format::Text => (Layout::Text, false),
        Format::Journald => (Layout::Journald, false),
    };
    let refused =
        facts.no_color.is_some_and(|value| !value.is_empty()) || facts.term == Some("dumb");
    let wanted = match color {
        Color::Auto => for_terminal && facts.is_terminal && !refused,
        Color::Always => true,
        Color::Never => false,
    };
    Chosen { layout, colored: wanted && layout == Layout::Text }
}
