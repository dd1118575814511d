//! View keys, given out for a citizen.

use std::collections::HashSet;

use einsicht_access::Month;
use einsicht_access::marker::ViewKey;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{IssueViewKeysRequest, Subject};

use super::error::{AnswerFault, VaultError};
use super::{Vault, check, proven, statement};
use crate::proven::ProvenEntry;
use crate::view_keys::{ViewKeyOf, ViewKeys};

/// View keys, and the entry that says that they were given out.
#[derive(Debug, Clone, PartialEq)]
pub struct IssuedKeys {
    /// The keys. That each finds what it should, a scan shows; absence of hits proves nothing of a key.
    pub keys: ViewKeys,
    /// The entry that says so.
    pub trail: ProvenEntry,
}

impl Vault {
    /// Has view keys made for a person, by all of the person's registers, for months that have ended. Months
    /// in which nothing was sealed have none.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn issue_view_keys(
        &self,
        subjects: &[Subject],
        months: &[Month],
        reason: &str,
    ) -> Result<IssuedKeys, VaultError> {
        let known = self.known_size();
        let request = IssueViewKeysRequest {
            subjects: subjects.to_vec(),
            months: months.iter().map(ToString::to_string).collect(),
            reason: reason.to_owned(),
        };
        let answer = self
            .link
            .connection
            .vault(request, |mut vault, ask| async move { vault.issue_view_keys(ask).await });
        let answer = answer.await?;
        let trail = proven(&self.link, "the trail", &answer.trail).await?;
        check::is_new(&trail, known)?;
        if !matches!(trail.content(), Some(Content::Disclosure(_))) {
            return Err(check::other_kind(&trail, "a disclosure").into());
        }
        let said = statement::statement_of(&trail, answer.statement.as_ref())?;
        statement::gives(&trail, &said, reason)?;
        let asked: Vec<_> = months.iter().map(ToString::to_string).collect();
        if said.subjects != subjects || said.months != asked {
            let what = "people or months, in what it has sealed,";
            return Err(AnswerFault::SaysOther { index: trail.index(), what }.into());
        }
        let mut keys = ViewKeys::new(self.trust().origin().to_owned());
        let mut given = HashSet::new();
        for (position, issued) in answer.keys.iter().enumerate() {
            let item = |problem| AnswerFault::Item { position, problem };
            let subject = usize::try_from(issued.subject).ok().and_then(|subject| subjects.get(subject));
            let scheme = &subject.ok_or_else(|| item("is for a person that was not asked for"))?.scheme;
            let month: Month = issued.month.parse().map_err(|_| item("is for no month"))?;
            if !months.contains(&month) {
                return Err(item("is for a month that was not asked for").into());
            }
            let key: [u8; 32] = issued.key.as_ref().try_into().map_err(|_| item("is no key"))?;
            if !given.insert((issued.subject, month)) {
                return Err(item("is there twice").into());
            }
            keys.add(ViewKeyOf { scheme: scheme.clone(), month, key: ViewKey::from(key) });
        }
        for month in months {
            let of_month = given.iter().filter(|(_, of)| of == month).count();
            if of_month > 0 && of_month < subjects.len() {
                let position = answer.keys.len();
                return Err(AnswerFault::Item {
                    position,
                    problem: "is missing: a month has keys for all or for nobody",
                }
                .into());
            }
        }
        Ok(IssuedKeys { keys, trail })
    }
}
