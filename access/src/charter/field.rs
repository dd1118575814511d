//! What rules can look at, and which conditions fit it.

use super::condition::ConditionKind;
use super::register::{DatasetList, Register};
use crate::facts::{CONFIDENTIAL_UNTIL, OCCURRED_UNTIL};

/// A field that a rule can look at: what the log shows of an access, and whether its data is personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "named as in event.proto, which describes them")]
pub enum RuleField {
    Dataset,
    OtherDatasets,
    /// Whether any of the data sets holds personal data, as the charter says.
    Personal,
    Operation,
    Purpose,
    Activity,
    AccessCount,
    RecordCount,
    Unit,
    Role,
    ActorKind,
    LegalBasis,
    NationalNorm,
    Recipient,
    Categories,
    Processing,
    SecondaryUse,
    Consideration,
    StorageLocation,
    Announcement,
    AnnouncedOn,
    Approval,
    CollectedOn,
    Outcome,
    OccurredUntil,
    ConfidentialUntil,
    Subjects,
    Actor,
    OnBehalfOf,
    RecordKeys,
    Justification,
    CaseNumber,
    Query,
    ClientAddress,
    TraceId,
    SpanId,
}

/// What kind of value a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A code that the charter declares.
    Code(Register),
    /// Text that nobody declares.
    Text,
    /// Codes; those of data sets are declared.
    Codes(Option<Register>),
    /// A value of an enumeration.
    Choice,
    Flag,
    Count,
    /// A day.
    Day,
    /// Seen only as being there: the field with this number.
    Presence(u32),
}

use ConditionKind as Is;
use RuleField as F;

const CODE: &[Is] = &[Is::Value, Is::In, Is::Present];
const CODE_LISTED: &[Is] = &[Is::Value, Is::In, Is::Present, Is::ListedInDataset];

/// One line for each field: name, shape, conditions that fit. What is always there can't be asked for.
#[rustfmt::skip] // A table reads as a table.
static FIELDS: [(RuleField, &str, Shape, &[ConditionKind]); 36] = [
    (F::Dataset, "dataset", Shape::Code(Register::Dataset), &[Is::Value, Is::In]),
    (F::OtherDatasets, "other_datasets", Shape::Codes(Some(Register::Dataset)), &[Is::In, Is::Present]),
    (F::Personal, "personal", Shape::Flag, &[Is::Value]),
    (F::Operation, "operation", Shape::Choice, &[Is::Value, Is::In, Is::ListedInDataset]),
    (F::Purpose, "purpose", Shape::Code(Register::Purpose), &[Is::Value, Is::In, Is::ListedInDataset]),
    (F::Activity, "activity", Shape::Code(Register::Activity), CODE),
    (F::AccessCount, "access_count", Shape::Count, &[Is::Value, Is::In, Is::AtMost]),
    (F::RecordCount, "record_count", Shape::Count, &[Is::Value, Is::In, Is::Present, Is::AtMost, Is::AtMostOfDataset]),
    (F::Unit, "unit", Shape::Code(Register::Unit), CODE_LISTED),
    (F::Role, "role", Shape::Code(Register::Role), CODE_LISTED),
    (F::ActorKind, "actor_kind", Shape::Choice, CODE),
    (F::LegalBasis, "legal_basis", Shape::Code(Register::LegalBasis), CODE_LISTED),
    (F::NationalNorm, "national_norm", Shape::Text, CODE),
    (F::Recipient, "recipient", Shape::Code(Register::Recipient), CODE_LISTED),
    (F::Categories, "categories", Shape::Codes(None), &[Is::In, Is::Present]),
    (F::Processing, "processing", Shape::Choice, CODE),
    (F::SecondaryUse, "secondary_use", Shape::Flag, &[Is::Value, Is::Present]),
    (F::Consideration, "consideration", Shape::Flag, &[Is::Value, Is::Present]),
    (F::StorageLocation, "storage_location", Shape::Code(Register::StorageLocation), CODE_LISTED),
    (F::Announcement, "announcement", Shape::Text, CODE),
    (F::AnnouncedOn, "announced_on", Shape::Day, &[Is::Present, Is::NotOlderThanDays, Is::DaysBeforeAccess]),
    (F::Approval, "approval", Shape::Text, CODE),
    (F::CollectedOn, "collected_on", Shape::Day, &[Is::Present, Is::NotOlderThanDays, Is::NotOlderThanOfDataset, Is::DaysBeforeAccess]),
    (F::Outcome, "outcome", Shape::Choice, &[Is::Value, Is::In]),
    (F::OccurredUntil, "occurred_until", Shape::Presence(OCCURRED_UNTIL), &[Is::Present]),
    (F::ConfidentialUntil, "confidential_until", Shape::Presence(CONFIDENTIAL_UNTIL), &[Is::Present]),
    (F::Subjects, "subjects", Shape::Presence(32), &[Is::Present]),
    (F::Actor, "actor", Shape::Presence(33), &[Is::Present]),
    (F::OnBehalfOf, "on_behalf_of", Shape::Presence(34), &[Is::Present]),
    (F::RecordKeys, "record_keys", Shape::Presence(35), &[Is::Present]),
    (F::Justification, "justification", Shape::Presence(36), &[Is::Present]),
    (F::CaseNumber, "case_number", Shape::Presence(37), &[Is::Present]),
    (F::Query, "query", Shape::Presence(38), &[Is::Present]),
    (F::ClientAddress, "client_address", Shape::Presence(39), &[Is::Present]),
    (F::TraceId, "trace_id", Shape::Presence(40), &[Is::Present]),
    (F::SpanId, "span_id", Shape::Presence(41), &[Is::Present]),
];

impl RuleField {
    /// Every field, in the order in which they are told.
    pub fn all() -> impl Iterator<Item = Self> {
        FIELDS.iter().map(|row| row.0)
    }

    /// The field of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        FIELDS.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// Its name in a charter: that of the event's field, or `personal`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Which conditions fit it.
    #[must_use]
    pub fn conditions(self) -> &'static [ConditionKind] {
        self.row().3
    }

    /// The list of a data set that it can be looked up in.
    #[must_use]
    pub fn dataset_list(self) -> Option<DatasetList> {
        Some(match self {
            Self::Purpose => DatasetList::Purposes,
            Self::Role => DatasetList::Roles,
            Self::Recipient => DatasetList::Recipients,
            Self::LegalBasis => DatasetList::LegalBases,
            Self::Unit => DatasetList::Units,
            Self::Operation => DatasetList::Operations,
            Self::StorageLocation => DatasetList::StorageLocations,
            _ => return None,
        })
    }

    pub(crate) fn shape(self) -> Shape {
        self.row().2
    }

    fn row(self) -> &'static (Self, &'static str, Shape, &'static [ConditionKind]) {
        // The table is in the order of the enumeration, which a test checks.
        let [first, ..] = &FIELDS;
        FIELDS.get(self as usize).unwrap_or(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{self, Kind};

    #[test]
    fn the_table_is_in_the_order_of_the_enumeration_and_names_are_found_again() {
        for (position, field) in RuleField::all().enumerate() {
            assert_eq!(field as usize, position);
            assert_eq!(RuleField::of_name(field.name()), Some(field));
        }
        assert_eq!(RuleField::of_name("colour"), None);
    }

    #[test]
    fn every_field_of_an_event_can_be_looked_at_but_its_id_and_minute_and_none_shows_what_is_sealed() {
        for known in &field::FIELDS {
            let Some(found) = RuleField::of_name(known.name) else {
                assert!(["event_id", "occurred_at"].contains(&known.name), "{}", known.name);
                continue;
            };
            let fits = match found.shape() {
                Shape::Code(_) => known.kind() == Kind::Code,
                Shape::Text => known.kind() == Kind::Text,
                Shape::Codes(_) => known.kind() == Kind::Codes,
                Shape::Choice => known.kind() == Kind::Choice,
                Shape::Flag => known.kind() == Kind::Flag,
                Shape::Count => known.kind() == Kind::Count,
                Shape::Day => known.kind() == Kind::Day,
                Shape::Presence(_) => {
                    matches!(known.name, "occurred_until" | "confidential_until") || known.is_sealed()
                }
            };
            assert!(fits, "{}", known.name);
            assert!(!known.is_sealed() || found.conditions() == [ConditionKind::Present], "{}", known.name);
        }
        assert_eq!(RuleField::all().count(), field::FIELDS.len() - 2 + 1, "and personal");
    }

    #[test]
    fn a_field_fits_the_list_of_a_data_set_exactly_where_the_condition_says_so() {
        for field in RuleField::all() {
            let listed = field.conditions().contains(&ConditionKind::ListedInDataset);
            assert_eq!(field.dataset_list().is_some(), listed, "{}", field.name());
        }
    }
}
