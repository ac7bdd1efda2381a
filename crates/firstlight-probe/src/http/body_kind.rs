/// How a probe reads the body of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BodyKind {
    /// By its content type and shape: `application/health+json`, Spring actuator's JSON, Kubernetes' verbose text; anything else is judged by its status. The default.
    ///
    /// JSON that is merely like a health answer is not taken for one: without that content type it must have a `checks` object or the status `pass`, `warn` or `fail`.
    #[default]
    Auto,
    /// Not at all: the status alone decides. The body of a 2xx is not even awaited.
    Status,
    /// As the verbose text of a Kubernetes component: `[+]ping ok`.
    Kubernetes,
    /// As the JSON of Spring Boot's actuator: `{"status":"UP"}`.
    Actuator,
    /// As `application/health+json`: `{"status":"pass"}`.
    HealthJson,
}
