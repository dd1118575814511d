//! Which handler answers a request, in words that may stand in a log.

use http::{Method, Request, Uri};

use super::reply::Form;

/// Which handler answers a request.
pub(super) struct Route {
    method: Method,
    uri: Uri,
    form: Form,
    #[cfg(feature = "axum")]
    matched: Option<::axum::extract::MatchedPath>,
}

impl Route {
    pub(super) fn of<B>(request: &Request<B>, form: Form) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            form,
            #[cfg(feature = "axum")]
            matched: request.extensions().get().cloned(),
        }
    }

    pub(super) fn path(&self) -> &str {
        self.uri.path()
    }

    /// For logs: never the path that was asked for, which may name a person.
    pub(super) fn name(&self) -> &str {
        match (self.matched(), self.form) {
            // Whoever calls chooses the form, and must not by that choose what stands in a log.
            (Some(matched), _) => matched,
            (None, Form::Grpc) => self.uri.path(),
            (None, Form::Http) => "(a path that is not shown)",
        }
    }

    /// For the person who writes the handler, on their own machine: with the path, if nothing better is known.
    pub(super) fn for_developers(&self) -> String {
        match self.form {
            Form::Grpc => self.uri.path().to_owned(),
            Form::Http => format!("{} {}", self.method, self.matched().unwrap_or(self.uri.path())),
        }
    }

    /// The path as it stands in the routes: `/citizens/{number}`.
    fn matched(&self) -> Option<&str> {
        #[cfg(feature = "axum")]
        return self.matched.as_ref().map(::axum::extract::MatchedPath::as_str);
        #[cfg(not(feature = "axum"))]
        None
    }
}
