//! Values that are sealed: whether they can be, and their limits.

use super::At;
use crate::limits::{
    QUERY_BYTES_MAX, RECORD_KEY_BYTES_MAX, SPAN_ID_BYTES, SUBJECT_ID_BYTES_MAX, TEXT_BYTES_MAX,
    TRACE_ID_BYTES, check_address, check_code, check_id, check_text, check_trace_part,
};
use crate::problem::{Problem, ToSeal};
use crate::seal::SealedField;
use crate::view::EventView;

/// What becomes of values that may not be logged in the clear.
#[derive(Debug, Clone, Copy)]
pub enum Sealing<'a> {
    /// Nothing can be sealed: events that need it are refused.
    Off,
    /// They are sealed, and every data subject comes from one of these registers.
    On {
        /// The declared schemes.
        schemes: &'a [String],
    },
    /// Not known, to whoever sends events to a service: that decides.
    Unknown,
}

impl At<'_> {
    pub(super) fn sealed_fields(&mut self, event: &EventView<'_>, sealing: Sealing<'_>) {
        if !event.needs_sealing() {
            return;
        }
        let personal = &event.personal;
        self.subjects(event, sealing);
        self.text("actor", personal.actor, TEXT_BYTES_MAX);
        self.text("on_behalf_of", personal.on_behalf_of, TEXT_BYTES_MAX);
        if self.length("record_keys", &personal.record_keys) {
            for (item, key) in personal.record_keys.iter().enumerate() {
                self.found("record_keys", Some(item), check_text(key, RECORD_KEY_BYTES_MAX));
            }
        }
        self.text("justification", personal.justification, TEXT_BYTES_MAX);
        self.text("case_number", personal.case_number, TEXT_BYTES_MAX);
        self.text("query", personal.query, QUERY_BYTES_MAX);
        self.field("client_address", personal.client_address.map_or(Ok(()), check_address));
        let trace_part = |id: Option<&[u8]>, bytes| id.map_or(Ok(()), |id| check_trace_part(id, bytes));
        self.field("trace_id", trace_part(personal.trace_id, TRACE_ID_BYTES));
        self.field("span_id", trace_part(personal.span_id, SPAN_ID_BYTES));
        if let Sealing::Off = sealing {
            let confidential = event.confidential_until_day.map(|_| "confidential_until_day");
            for field in confidential.into_iter().chain(personal.fields().into_iter().map(SealedField::name))
            {
                self.findings.to_seal.push(ToSeal { position: self.position, field });
            }
        }
    }

    /// Of a list that is too long, the items are not looked at.
    fn subjects(&mut self, event: &EventView<'_>, sealing: Sealing<'_>) {
        if !self.length("subjects", &event.personal.subjects) {
            return;
        }
        for (item, subject) in event.personal.subjects.iter().enumerate() {
            let scheme = check_scheme(subject.scheme, sealing);
            self.found_in("subjects", Some(item), Some("scheme"), scheme);
            let id = check_id(subject.id, SUBJECT_ID_BYTES_MAX);
            self.found_in("subjects", Some(item), Some("id"), id);
        }
    }
}

fn check_scheme(scheme: &str, sealing: Sealing<'_>) -> Result<(), Problem> {
    check_code(scheme)?;
    match sealing {
        Sealing::On { schemes } if !schemes.iter().any(|declared| declared == scheme) => {
            Err(Problem::UnknownScheme { schemes: schemes.to_vec() })
        }
        _ => Ok(()),
    }
}
