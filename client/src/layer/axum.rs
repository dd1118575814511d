//! The guard as an argument of axum handlers.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use super::{AccessGuard, MissingLayer};

impl<S: Sync> FromRequestParts<S> for AccessGuard {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingLayer> {
        Self::of(&parts.extensions)
    }
}

impl IntoResponse for MissingLayer {
    fn into_response(self) -> Response {
        // What the caller gets is for the person who builds the service; it says nothing about data.
        tracing::error!("{self}");
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}
