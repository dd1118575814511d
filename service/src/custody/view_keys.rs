//! View keys: with one, a person finds their own accesses of a month, and nobody else's.

use std::sync::Arc;

use bytes::Bytes;
use std::collections::BTreeSet;

use einsicht_access::limits::{LIST_ITEMS_MAX, SUBJECT_ID_BYTES_MAX, check_code, check_id};
use einsicht_access::{Month, Problem};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{Disclosure, Statement, Subject};

use super::trail::Written;
use super::{Custody, CustodyError, Doer, OpenedValue, Parts, REASON_BYTES_MAX, blocking, check_given};
use crate::charters::Terms;
use crate::vault::{ClassSummary, VaultError};

/// Most months of one call: ten years.
const MONTHS_MAX: usize = 120;
/// Most keys of one call.
const KEYS_MAX: usize = 1000;

/// One key. Not printable.
pub struct IssuedKey {
    /// Position of the subject in the request.
    pub subject: u32,
    /// The month.
    pub month: Month,
    /// Its 32 bytes.
    pub key: Bytes,
}

/// What was given out.
pub struct Issued {
    /// One per subject and month, but for months in which nothing was sealed.
    pub keys: Vec<IssuedKey>,
    /// Receipt of the entry that says so.
    pub trail: Bytes,
    /// What that entry says.
    pub statement: OpenedValue,
}

impl Custody {
    /// Gives out the view keys of subjects for ended months, and the receipt of the entry that says so. Months in
    /// which nothing was sealed have none.
    ///
    /// # Errors
    /// [`CustodyError`]; then none was given out.
    pub async fn issue_view_keys(
        &self,
        by: &Doer,
        subjects: Vec<Subject>,
        months: Vec<String>,
        reason: String,
    ) -> Result<Issued, CustodyError> {
        check_given("reason", &reason, REASON_BYTES_MAX)?;
        let keyring = Arc::clone(self.keyring()?);
        let rules = self.parts().rules.current();
        check_subjects(&subjects, &self.terms())?;
        let ended = ended_months(&months, Month::of_unix_s(self.wall_s()?))?;
        count("subjects times months", subjects.len() * ended.len(), KEYS_MAX)?;
        let _together = self.inner.desk.read().await;
        let Parts { vault, annotations, .. } = self.parts();
        let (asked, vault, annotations) = (subjects.clone(), vault.clone(), annotations.clone());
        let keys = blocking(move || {
            let mut classes = vault.classes().map_err(VaultError::from)?;
            // What an entry says was erased counts as that, also where it is there still.
            for class in classes.iter_mut().filter(|class| class.erased_by.is_none()) {
                class.erased_by = annotations.erased_by(class.month, class.class)?;
            }
            ended.iter().try_for_each(|month| check_kept(*month, &classes))?;
            let mut of_months = Vec::with_capacity(ended.len());
            for month in ended {
                of_months.extend(keyring.existing_period_key(month)?.map(|key| (month, key)));
            }
            let keys = asked.iter().zip(0..).flat_map(|(Subject { scheme, id }, subject)| {
                of_months.iter().map(move |(month, period)| {
                    let key = Bytes::copy_from_slice(period.view_key(scheme, id).as_bytes());
                    IssuedKey { subject, month: *month, key }
                })
            });
            Ok(keys.collect())
        });
        let keys = keys.await?;
        let who = by.name.to_string();
        let statement = Statement { who, reason, subjects, months, ..Statement::default() };
        let written = self.write_sealed(statement, rules.retention.default, |sealed| {
            let (role, nonce) = (by.role.to_owned(), Some(sealed.nonce));
            Content::Disclosure(Disclosure { role, seal: sealed.seal, request: None, nonce })
        });
        let (Written { index, published }, statement) = written.await?;
        metrics::counter!("einsicht_disclosures_total", "outcome" => "view_keys").increment(1);
        tracing::info!(%index, "view keys were given out");
        Ok(Issued { keys, trail: self.receipt(index, &published).await?, statement })
    }
}

/// Whoever was recorded under a register that a charter has given up since asks, too: the configuration can name it.
fn check_subjects(subjects: &[Subject], terms: &Terms) -> Result<(), CustodyError> {
    count("subjects", subjects.len(), LIST_ITEMS_MAX)?;
    let mut seen = BTreeSet::new();
    for (position, Subject { scheme, id }) in subjects.iter().enumerate() {
        let fault = |field| move |problem: Problem| CustodyError::Subject { position, field, problem };
        check_code(scheme).map_err(fault("scheme"))?;
        check_id(id, SUBJECT_ID_BYTES_MAX).map_err(fault("id"))?;
        if !seen.insert((scheme, id)) {
            let same = |before: &Subject| (&before.scheme, &before.id) == (scheme, id);
            let problem = Problem::Duplicate { first: subjects.iter().position(same).unwrap_or(0) };
            return Err(CustodyError::Subject { position, field: "id", problem });
        }
        if !terms.schemes().contains(scheme) && !terms.rules.schemes.contains(scheme) {
            return Err(CustodyError::UnknownScheme { position });
        }
    }
    Ok(())
}

fn ended_months(months: &[String], now: Month) -> Result<Vec<Month>, CustodyError> {
    count("months", months.len(), MONTHS_MAX)?;
    let mut ended = Vec::with_capacity(months.len());
    for (position, month) in months.iter().enumerate() {
        let month: Month = month.parse().map_err(|_| CustodyError::NoMonth { position })?;
        if month >= now {
            return Err(CustodyError::NotEnded { month });
        }
        if ended.contains(&month) {
            return Err(CustodyError::MonthTwice { month });
        }
        ended.push(month);
    }
    Ok(ended)
}

/// Once nothing is kept of a month any more, its markers are to be found by nobody.
fn check_kept(month: Month, classes: &[ClassSummary]) -> Result<(), CustodyError> {
    let of_month: Vec<_> = classes.iter().filter(|class| class.month == month).collect();
    match of_month.iter().filter_map(|class| class.erased_by).max() {
        Some(by) if of_month.iter().all(|class| class.erased_by.is_some()) => {
            Err(CustodyError::MonthErased { month, by })
        }
        _ => Ok(()),
    }
}

fn count(what: &'static str, found: usize, max: usize) -> Result<(), CustodyError> {
    if (1..=max).contains(&found) { Ok(()) } else { Err(CustodyError::Count { what, found, max }) }
}
