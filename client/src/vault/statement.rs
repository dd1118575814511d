//! Whether an entry of the trail says, in what it has sealed, what was asked for.

use einsicht_access::seal::{SALT_BYTES, Salt, SealedField, seal};
use einsicht_access::sealed_entry::seals_of;
use einsicht_access::value::Value;
use einsicht_proto::v1::{OpenedField, Statement};

use super::error::AnswerFault;
use crate::disclosure::ValuesFault;
use crate::proven::ProvenEntry;

const FIELD: SealedField = SealedField::Statement;

/// What an entry says of what was done, from the opening of its seal that came with the answer.
pub(super) fn statement_of(
    entry: &ProvenEntry,
    opened: Option<&OpenedField>,
) -> Result<Statement, AnswerFault> {
    let opened = opened.ok_or(AnswerFault::Missing { field: FIELD })?;
    if opened.field != u32::from(FIELD.number()) {
        return Err(ValuesFault::UnknownField { number: opened.field }.into());
    }
    let bytes = opened.salt.len();
    let salt: [u8; SALT_BYTES] =
        opened.salt.as_ref().try_into().map_err(|_| ValuesFault::Salt { field: FIELD, bytes })?;
    let found = seal(FIELD, &Salt::from(salt), &opened.value);
    let seals = seals_of(entry.body());
    let (_, expected) =
        seals.iter().find(|(field, _)| *field == FIELD).ok_or(ValuesFault::NoSeal { field: FIELD })?;
    if found.as_slice() != expected.as_ref() {
        return Err(ValuesFault::Seal { field: FIELD }.into());
    }
    match Value::read(FIELD, &opened.value) {
        Ok(Value::Statement(statement)) => Ok(statement.into_owned()),
        _ => Err(ValuesFault::Value { field: FIELD }.into()),
    }
}

/// The statement is about that entry and, at least, these fields.
pub(super) fn is_about(
    entry: &ProvenEntry,
    statement: &Statement,
    index: u64,
    fields: &[SealedField],
) -> Result<(), AnswerFault> {
    let says_other = |what| AnswerFault::SaysOther { index: entry.index(), what };
    if statement.index != Some(index) {
        return Err(says_other("entry, in what it has sealed,"));
    }
    let is_named = |field: &SealedField| statement.fields.contains(&u32::from(field.number()));
    if fields.iter().all(is_named) {
        Ok(())
    } else {
        Err(says_other("list of fields, in what it has sealed,"))
    }
}

/// The statement gives that reason.
pub(super) fn gives(entry: &ProvenEntry, statement: &Statement, reason: &str) -> Result<(), AnswerFault> {
    let what = "reason, in what it has sealed,";
    if statement.reason == reason {
        Ok(())
    } else {
        Err(AnswerFault::SaysOther { index: entry.index(), what })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use einsicht_access::body_bytes;
    use einsicht_access::openings::State;
    use einsicht_access::record::seal_statement;
    use einsicht_proto::v1::entry_body::Content;
    use einsicht_proto::v1::{Disclosure, EntryBody};

    use super::*;
    use crate::sample::{Ledger, key};

    fn stated() -> (ProvenEntry, OpenedField) {
        let statement = Statement {
            who: "s".into(),
            index: Some(1),
            fields: vec![33],
            reason: "why".into(),
            ..Statement::default()
        };
        let sealed = seal_statement(&statement, |bytes: &mut [u8]| getrandom::fill(bytes)).unwrap();
        let seal = Bytes::copy_from_slice(&sealed.seal);
        let content = Content::Disclosure(Disclosure { seal, ..Disclosure::default() });
        let mut ledger = Ledger::new();
        ledger.push_bytes(&body_bytes(&EntryBody { content: Some(content) }));
        ledger.commit();
        let Some(State::Open { salt, value }) = sealed.sealed.openings.state(FIELD) else {
            panic!("no opening")
        };
        let opened = OpenedField {
            field: 45,
            salt: Bytes::copy_from_slice(salt.as_bytes()),
            value: Bytes::copy_from_slice(value),
            erased_by: None,
        };
        (ProvenEntry::verify(&ledger.receipt(1), key().verifier()).unwrap(), opened)
    }

    #[test]
    fn only_what_the_entry_sealed_is_what_it_says() {
        let (entry, opened) = stated();
        assert_eq!(statement_of(&entry, Some(&opened)).unwrap().reason, "why");
        assert!(matches!(statement_of(&entry, None), Err(AnswerFault::Missing { .. })));
        let other = OpenedField { value: Bytes::from_static(b"\x1a\x01x"), ..opened.clone() };
        assert!(matches!(
            statement_of(&entry, Some(&other)),
            Err(AnswerFault::Values(ValuesFault::Seal { .. }))
        ));
        let other = OpenedField { field: 33, ..opened };
        assert!(statement_of(&entry, Some(&other)).is_err());
    }

    #[test]
    fn a_statement_about_something_else_is_told_apart() {
        let (entry, opened) = stated();
        let said = statement_of(&entry, Some(&opened)).unwrap();
        assert!(is_about(&entry, &said, 1, &[SealedField::Actor]).is_ok());
        assert!(is_about(&entry, &said, 2, &[SealedField::Actor]).is_err());
        assert!(is_about(&entry, &said, 1, &[SealedField::Query]).is_err());
        assert!(gives(&entry, &said, "why").is_ok() && gives(&entry, &said, "no").is_err());
    }
}
