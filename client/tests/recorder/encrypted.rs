//! Certificates of both sides: who is believed, and what is said if nobody is.

mod authority;
mod over_grpc;
mod over_http;
