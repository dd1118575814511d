//! Refusals counted and logged: each one, but not without bound. Never a token, never a name that is
//! not configured.

use std::net::IpAddr;

use super::{Kind, Refusal};
use crate::paced::Paced;

/// Counts refusals, and keeps them from filling the log.
#[derive(Debug, Default)]
pub(super) struct Notes {
    lines: Paced,
}

impl Notes {
    pub(super) fn note(&self, refusal: &Refusal, address: Option<IpAddr>) {
        let (caller, reason) = (refusal.caller().map_or("unknown", |name| name), refusal.reason());
        metrics::counter!("einsicht_refused_total", "caller" => caller.to_owned(), "reason" => reason)
            .increment(1);
        // Callers that go too fast are told so, and readers that what they want is not public. Neither
        // did anything wrong; the counter tells operators.
        if matches!(refusal.kind(), Kind::TooMuch(_)) || *refusal == Refusal::EntriesNotPublic {
            return;
        }
        let Some(left_out) = self.lines.line() else { return };
        let address = address.map_or_else(|| "(not logged)".to_owned(), |address| address.to_string());
        tracing::warn!(caller, reason, address, left_out_before = left_out, "refused: {refusal}");
    }
}
