use crate::wire::HealthCheckResponse;
use crate::wire::health_check_response::ServingStatus;

/// The answer for a view: SERVING or NOT_SERVING.
pub(crate) fn of_view(ready: bool) -> HealthCheckResponse {
    of(if ready { ServingStatus::Serving } else { ServingStatus::NotServing })
}

pub(crate) fn service_unknown() -> HealthCheckResponse {
    of(ServingStatus::ServiceUnknown)
}

fn of(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}
