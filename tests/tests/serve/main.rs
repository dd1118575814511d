//! A city's service as its callers and operators meet it: `einsichtd serve` over TLS, with callers,
//! certificates, limits, reloads, and everything that it refuses. Through the real program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on fails"
)]

mod command_line;
mod connections;
mod datasets;
mod health;
mod identity;
mod limits;
mod public;
mod reload;
mod roles;
mod shutdown;
mod site;
mod start;
mod supervisor;

use einsicht_tests::city::{Caller, City, Known, Running, Shown};
use einsicht_tests::figures::Figures;

/// The data set of `make::event`.
const DATASET: &str = "besuchertrend";

/// A city with a recorder, and its service.
async fn with_recorder() -> (City, Running, Known) {
    let mut city = City::new().await;
    let counter = city.add(Caller::recorder("visitor-counter", &[DATASET]));
    let service = city.serve().await;
    (city, service, counter)
}

/// The figures, as somebody with the role `monitor` reads them.
async fn figures(service: &Running, monitor: &Known) -> Figures {
    Figures::read(&service.get("/metrics", &Shown::token(monitor)).await)
}
