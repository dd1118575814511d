//! What is sealed: disclosing, erasing, and what stands beside records. For auditors and stewards.
//!
//! Every answer is verified: each entry that the service says it wrote is proven to be in the ledger, behind what
//! the ledger showed before, and to say what was asked for, also in what it has sealed; every disclosed value is
//! recomputed to the seal that the record has held since it was made, and none is left out. Of months that were erased,
//! the entry may be an older one: where the disk failed, that is done again under it. Nothing is sent twice: a call that
//! is not answered may have been carried out, and the ledger itself is where to look.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::seal::SealedField;
use einsicht_access::sealed_entry::seals_of;
use einsicht_proto::v1::{CorrectRequest, DiscloseRequest, EraseRequest, OpenRecordRequest};
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::{Index, Size};

use crate::Trust;
use crate::checkpoints::GivenProof;
use crate::config::RecorderConfig;
use crate::disclosure::{DisclosureFile, Erased, Values};
use crate::link::Link;
use crate::proven::ProvenEntry;

mod check;
mod error;
mod keys;
mod records;
mod statement;

pub use error::{AnswerFault, VaultError};
pub use keys::IssuedKeys;
pub use records::{Pending, Retention};

/// Calls of the service Vault of one ledger, believed only as far as they are proven. Clones share
/// connection and what was verified.
#[derive(Clone)]
pub struct Vault {
    link: Arc<Link>,
}

/// What to disclose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Of which entry. May be left out where a request is granted, which says it itself.
    pub index: Option<Index>,
    /// Which fields; none means all that the entry has, or that the request names.
    pub fields: Vec<SealedField>,
    /// The request of another steward that this one grants.
    pub request: Option<Index>,
}

/// What came of a call for disclosure.
#[derive(Debug, Clone, PartialEq)]
pub enum Disclosure {
    /// The values, proven.
    Disclosed {
        /// The values and their proofs.
        file: Box<DisclosureFile>,
        /// Who had them disclosed, as the trail seals it.
        who: Who,
        /// An erasure of which the service can't read any more what it is about: maybe one of these values, which
        /// should not be there then. That it is an erasure, and behind the entry, is proven.
        may_be_erased_by: Option<Index>,
    },
    /// Another steward has to grant it.
    Requested {
        /// The entry that says that it was asked for.
        entry: Box<ProvenEntry>,
        /// Who asked, as that entry seals it.
        who: Who,
    },
}

/// The name under which the ledger knows somebody. It may be a person's: Debug leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Who(String);

impl Who {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Who {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Who(..)")
    }
}

/// What came of a call for erasure.
#[derive(Debug, Clone, PartialEq)]
pub struct Erasing {
    /// The entry that says that something was erased, and on which ground.
    pub entry: ProvenEntry,
    /// What the service says was erased.
    pub erased: Vec<SealedField>,
    /// What was meant as well, and had been erased before, by entries that can have done so.
    pub before: Vec<Erased>,
    /// What was meant, and was neither erased now nor, by an entry that says so, before.
    pub left: Vec<SealedField>,
}

impl Vault {
    /// Connects, and verifies the newest checkpoint. Of the configuration of a recorder, address, key,
    /// credentials, time limits and state folder are used.
    ///
    /// # Errors
    /// [`VaultError::Connect`].
    pub async fn connect(config: RecorderConfig) -> Result<Self, VaultError> {
        Ok(Self { link: Arc::new(Link::connect(&config).await?) })
    }

    /// What is believed of the ledger.
    #[must_use]
    pub fn trust(&self) -> &Trust {
        self.link.checkpoints.trust()
    }

    /// Discloses values of one entry, or asks for that where two stewards are needed. The ledger records it
    /// before it shows anything.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn disclose(&self, wanted: &Wanted, reason: &str) -> Result<Disclosure, VaultError> {
        let known = self.known_size();
        let request = DiscloseRequest {
            index: wanted.index.map(|index| index.0),
            fields: wanted.fields.iter().map(|field| field.name().to_owned()).collect(),
            reason: reason.to_owned(),
            request: wanted.request.map(|request| request.0),
        };
        let answer =
            self.link.connection.vault(request, |mut vault, ask| async move { vault.disclose(ask).await });
        let answer = answer.await?;
        let trail = proven(&self.link, "the trail", &answer.trail).await?;
        check::is_new(&trail, known)?;
        let said = statement::statement_of(&trail, answer.statement.as_ref())?;
        statement::gives(&trail, &said, reason)?;
        if let Some(requested) = answer.requested {
            check::requested(&trail, Index(requested), wanted, &answer.opened)?;
            let index = wanted.index.map_or(requested, |index| index.0);
            statement::is_about(&trail, &said, index, &wanted.fields)?;
            return Ok(Disclosure::Requested { entry: Box::new(trail), who: Who(said.who.clone()) });
        }
        let entry = proven(&self.link, "the receipt", &answer.receipt).await?;
        let values = Values::of_answer(&answer.opened).map_err(AnswerFault::from)?;
        check::disclosed(&entry, &trail, wanted, &values)?;
        // What proves the others is shown with them.
        let shown: Vec<_> = values.opened.iter().map(|opened| opened.field).collect();
        let named = shown.into_iter().filter(|field| *field != SealedField::Confidential).collect::<Vec<_>>();
        statement::is_about(&trail, &said, entry.index().0, &named)?;
        values.verify(entry.body()).map_err(AnswerFault::from)?;
        let may_be_erased_by = answer.may_be_erased_by.map(Index);
        let erasures = values.erased.iter().map(|erased| erased.by).chain(may_be_erased_by);
        for by in erasures.collect::<BTreeSet<_>>() {
            check::erases(&self.entry(by).await?, &entry)?;
        }
        let file = Box::new(DisclosureFile { entry, values, trail });
        Ok(Disclosure::Disclosed { file, who: Who(said.who.clone()), may_be_erased_by })
    }

    /// Erases values of one entry; no fields means all that are left. Returns the entry that says so, what was
    /// erased, and what was asked for and was not: it was erased before, or is still there.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn erase(
        &self,
        index: Index,
        fields: &[SealedField],
        ground: &str,
    ) -> Result<Erasing, VaultError> {
        let known = self.known_size();
        let names = fields.iter().map(|field| field.name().to_owned()).collect();
        let request = EraseRequest { index: index.0, fields: names, ground: ground.to_owned() };
        let answer = self
            .link
            .connection
            .vault(request, |mut vault, ask| async move { vault.erase(ask).await })
            .await?;
        let entry = proven(&self.link, "the receipt", &answer.receipt).await?;
        check::is_new(&entry, known)?;
        let erased = check::erased(&entry, fields, ground, &answer.fields)?;
        let said = statement::statement_of(&entry, answer.statement.as_ref())?;
        statement::is_about(&entry, &said, index.0, &erased)?;
        let target = self.entry(index).await?;
        let before = Values::of_answer(&answer.erased_before).map_err(AnswerFault::from)?;
        let erasures: BTreeSet<_> = before.erased.iter().map(|erased| erased.by).collect();
        for by in erasures {
            check::erases(&self.entry(by).await?, &target)?;
        }
        let all: Vec<_> = seals_of(target.body()).iter().map(|(field, _)| *field).collect();
        let meant = if fields.is_empty() { &all[..] } else { fields };
        let is_left = |field: &SealedField| !erased.contains(field) && !before.has(*field);
        let left = meant.iter().copied().filter(is_left).collect();
        Ok(Erasing { entry, erased, before: before.erased, left })
    }

    /// Writes a correction beside a record. Returns its entry.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn correct(
        &self,
        index: Index,
        correction: &str,
        ground: &str,
    ) -> Result<ProvenEntry, VaultError> {
        let known = self.known_size();
        let request =
            CorrectRequest { index: index.0, correction: correction.to_owned(), ground: ground.to_owned() };
        let sent = request.clone();
        let answer =
            self.link.connection.vault(request, |mut vault, ask| async move { vault.correct(ask).await });
        let entry = proven(&self.link, "the receipt", &answer.await?.receipt).await?;
        check::is_new(&entry, known)?;
        check::corrects(&entry, &sent)?;
        Ok(entry)
    }

    /// Makes a confidential record public. Returns the entry that does, whose record was recomputed to the
    /// seal that it had.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn open_record(&self, index: Index) -> Result<ProvenEntry, VaultError> {
        let known = self.known_size();
        let request = OpenRecordRequest { index: index.0 };
        let answer =
            self.link.connection.vault(request, |mut vault, ask| async move { vault.open_record(ask).await });
        let opening = proven(&self.link, "the receipt", &answer.await?.receipt).await?;
        check::is_new(&opening, known)?;
        let sealed = self.entry(index).await?;
        check::opens(&opening, &sealed)?;
        Ok(opening)
    }

    /// An entry, proven.
    async fn entry(&self, index: Index) -> Result<ProvenEntry, VaultError> {
        let receipt = self.link.connection.receipt(index.0).await.map_err(VaultError::unproven)?;
        let entry = proven(&self.link, "the receipt", &receipt).await?;
        if entry.index() != index {
            let found = entry.index();
            return Err(AnswerFault::OtherEntry { what: "the receipt", asked: index, found }.into());
        }
        Ok(entry)
    }

    /// What the ledger had before a call: what the call writes stands behind it.
    fn known_size(&self) -> Size {
        Size(self.link.checkpoints.known_size())
    }
}

/// The entry of a receipt, proven: checkpoint, inclusion, leaf, body.
pub(crate) async fn proven(
    link: &Link,
    what: &'static str,
    receipt: &Bytes,
) -> Result<ProvenEntry, VaultError> {
    let fault = |error| AnswerFault::Unproven { what, error };
    let receipt = Receipt::parse(receipt).map_err(|error| fault(error.into()))?;
    let note = Bytes::copy_from_slice(&receipt.checkpoint);
    let signed = link.checkpoints.believe(&note, GivenProof::default()).await?;
    Ok(ProvenEntry::under(receipt, signed.head).map_err(fault)?)
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (origin, newest) = (self.trust().origin(), self.trust().newest());
        formatter
            .debug_struct("Vault")
            .field("ledger", &origin)
            .field("newest", &newest)
            .finish_non_exhaustive()
    }
}
