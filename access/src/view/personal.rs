//! The values of an event that are sealed whenever they are there.

use std::fmt;

use einsicht_proto::v1::{AccessEvent, Subject};

use super::List;
use crate::seal::SealedField;
use crate::value::{Items, SubjectView, Value};

/// What is personal in an event: all that is sealed but the exact times. Nothing of it is printed but which
/// fields there are.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Personal<'a> {
    pub subjects: List<SubjectView<'a>>,
    pub actor: Option<&'a str>,
    pub on_behalf_of: Option<&'a str>,
    pub record_keys: List<&'a str>,
    pub justification: Option<&'a str>,
    pub case_number: Option<&'a str>,
    pub query: Option<&'a str>,
    pub client_address: Option<&'a str>,
    pub trace_id: Option<&'a [u8]>,
    pub span_id: Option<&'a [u8]>,
}

/// How many fields that are.
pub(crate) const PERSONAL_FIELDS: usize = 10;

impl Personal<'_> {
    /// The values as they are sealed, by ascending number of their field.
    pub fn values(&self) -> [(SealedField, Option<Value<'_>>); PERSONAL_FIELDS] {
        let subjects = (!self.subjects.is_empty()).then(|| Value::Subjects(Items::Borrowed(&self.subjects)));
        let keys = (!self.record_keys.is_empty()).then(|| Value::Texts(Items::Borrowed(&self.record_keys)));
        [
            (SealedField::Subjects, subjects),
            (SealedField::Actor, self.actor.map(Value::Text)),
            (SealedField::OnBehalfOf, self.on_behalf_of.map(Value::Text)),
            (SealedField::RecordKeys, keys),
            (SealedField::Justification, self.justification.map(Value::Text)),
            (SealedField::CaseNumber, self.case_number.map(Value::Text)),
            (SealedField::Query, self.query.map(Value::of_query)),
            (SealedField::ClientAddress, self.client_address.map(Value::Text)),
            (SealedField::TraceId, self.trace_id.map(Value::Bytes)),
            (SealedField::SpanId, self.span_id.map(Value::Bytes)),
        ]
    }

    /// Whether there is nothing personal.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The fields that are there, by ascending number.
    pub fn fields(&self) -> impl Iterator<Item = SealedField> {
        self.values().into_iter().filter(|(_, value)| value.is_some()).map(|(field, _)| field)
    }
}

impl fmt::Debug for Personal<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Personal ")?;
        formatter.debug_set().entries(self.fields()).finish()
    }
}

impl<'a> From<&'a AccessEvent> for Personal<'a> {
    fn from(event: &'a AccessEvent) -> Self {
        Self {
            subjects: event.subjects.iter().map(SubjectView::from).collect(),
            actor: event.actor.as_deref(),
            on_behalf_of: event.on_behalf_of.as_deref(),
            record_keys: event.record_keys.iter().map(String::as_str).collect(),
            justification: event.justification.as_deref(),
            case_number: event.case_number.as_deref(),
            query: event.query.as_deref(),
            client_address: event.client_address.as_deref(),
            trace_id: event.trace_id.as_deref(),
            span_id: event.span_id.as_deref(),
        }
    }
}

impl<'a> From<&'a Subject> for SubjectView<'a> {
    fn from(subject: &'a Subject) -> Self {
        Self { scheme: &subject.scheme, id: &subject.id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{full_event, sealed_event};

    #[test]
    fn each_value_is_seen_under_its_name_and_none_is_printed() {
        let event =
            AccessEvent { actor: Some("Erika".into()), span_id: Some(bytes::Bytes::new()), ..full_event() };
        let personal = Personal::from(&event);
        assert_eq!(personal.fields().collect::<Vec<_>>(), [SealedField::Actor, SealedField::SpanId]);
        assert_eq!(format!("{personal:?}"), "Personal {Actor, SpanId}");
        assert!(!personal.is_empty() && Personal::from(&full_event()).is_empty());
    }

    #[test]
    fn each_field_has_a_value_and_they_ascend() {
        let fields: Vec<_> = Personal::from(&sealed_event()).fields().collect();
        assert_eq!(fields, SealedField::ALL[..PERSONAL_FIELDS]);
    }
}
