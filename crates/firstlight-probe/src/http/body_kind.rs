/// How a probe reads the body of an answer.
///
/// A 2xx whose body is not of the kind that was set, is empty, or was cut before it told is an error of the
/// class [`Protocol`](firstlight_poll::ErrorClass::Protocol): its status alone proves nothing then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BodyKind {
    /// By its content type and shape; the default.
    ///
    /// `application/health+json`, Spring actuator's JSON, Kubernetes' verbose text; anything else is judged
    /// by its status. JSON that is merely like a health answer is not taken for one: without that content
    /// type it must have a `checks` object or the status `pass`, `warn` or `fail`. An object that the probe's
    /// limit cuts is an error, as with a kind that was set: it may be half of a health answer.
    #[default]
    Auto,
    /// Not at all: the status alone decides.
    ///
    /// The body of a 2xx is not even awaited.
    Status,
    /// As the verbose text of a Kubernetes component: `[+]ping ok`, or `ok` alone.
    Kubernetes,
    /// As the JSON of Spring Boot's actuator: `{"status":"UP"}`.
    Actuator,
    /// As `application/health+json`: `{"status":"pass"}`.
    HealthJson,
}
