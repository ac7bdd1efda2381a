/// Whether lines for people are coloured.
///
/// It concerns [`Format::Pretty`](crate::Format::Pretty) and [`Format::Text`](crate::Format::Text):
/// JSON and the journal have no colours, whatever is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Color {
    /// On a terminal, unless the environment refuses.
    ///
    /// It does where `NO_COLOR` is set and not empty, and where `TERM` is `dumb`.
    /// [`Format::Text`](crate::Format::Text) has none.
    #[default]
    Auto,
    /// Everywhere, files among them, whatever the environment says.
    Always,
    /// Nowhere.
    Never,
}
