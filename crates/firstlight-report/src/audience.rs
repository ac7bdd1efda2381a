/// Who reads a report, and so how much it tells.
///
/// | | public | detailed |
/// |---|---|---|
/// | names, states, what waits for what | yes | yes |
/// | reasons, evidence, why the drain began | withheld | in full |
/// | places in the source | withheld | in full |
/// | ages and progress | no, so that a body can be cached | yes |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Audience {
    /// Whoever can reach the port: load balancers, probes, strangers.
    Public,
    /// People who run the service, behind a port or a login of their own.
    Detailed,
}
