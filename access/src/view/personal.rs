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

impl<'a> Personal<'a> {
    /// Shows every value that there is, as it is sealed, by ascending number of its field.
    #[inline]
    pub fn each_value<'s>(&'s self, mut show: impl FnMut(SealedField, Value<'s>))
    where
        'a: 's,
    {
        if !self.subjects.is_empty() {
            show(SealedField::Subjects, Value::Subjects(Items::Borrowed(&self.subjects)));
        }
        self.actor.into_iter().for_each(|text| show(SealedField::Actor, Value::Text(text)));
        self.on_behalf_of.into_iter().for_each(|text| show(SealedField::OnBehalfOf, Value::Text(text)));
        if !self.record_keys.is_empty() {
            show(SealedField::RecordKeys, Value::Texts(Items::Borrowed(&self.record_keys)));
        }
        self.justification.into_iter().for_each(|text| show(SealedField::Justification, Value::Text(text)));
        self.case_number.into_iter().for_each(|text| show(SealedField::CaseNumber, Value::Text(text)));
        self.query.into_iter().for_each(|query| show(SealedField::Query, Value::Query(query)));
        self.client_address.into_iter().for_each(|text| show(SealedField::ClientAddress, Value::Text(text)));
        self.trace_id.into_iter().for_each(|id| show(SealedField::TraceId, Value::Bytes(id)));
        self.span_id.into_iter().for_each(|id| show(SealedField::SpanId, Value::Bytes(id)));
    }

    /// Whether there is nothing personal.
    pub fn is_empty(&self) -> bool {
        let texts = [
            self.actor,
            self.on_behalf_of,
            self.justification,
            self.case_number,
            self.query,
            self.client_address,
        ];
        self.subjects.is_empty()
            && self.record_keys.is_empty()
            && texts.iter().all(Option::is_none)
            && self.trace_id.is_none()
            && self.span_id.is_none()
    }

    /// The fields that are there, by ascending number.
    pub fn fields(&self) -> Vec<SealedField> {
        let mut fields = Vec::new();
        self.each_value(|field, _| fields.push(field));
        fields
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
        assert_eq!(personal.fields(), [SealedField::Actor, SealedField::SpanId]);
        assert_eq!(format!("{personal:?}"), "Personal {Actor, SpanId}");
        assert!(!personal.is_empty() && Personal::from(&full_event()).is_empty());
    }

    #[test]
    fn each_field_has_a_value_and_they_ascend() {
        assert_eq!(Personal::from(&sealed_event()).fields(), SealedField::ALL[..10]);
    }
}
