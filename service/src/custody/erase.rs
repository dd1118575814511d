//! Erasing sealed values of one entry: first an entry says so, then they are overwritten.

use bytes::Bytes;
use einsicht_access::SealedField;
use einsicht_access::openings::State;
use einsicht_proto::v1::Erasure;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::Index;

use super::disclose::statement;
use super::target::{Kept, Target};
use super::trail::Written;
use super::{Custody, CustodyError, Doer, GROUND_BYTES_MAX, OpenedValue, blocking, check_given, names};
use crate::vault::VaultError;

/// What was erased.
pub struct Erased {
    /// Receipt of the entry that says so.
    pub receipt: Bytes,
    /// The fields.
    pub fields: Vec<SealedField>,
    /// What the entry says.
    pub statement: OpenedValue,
    /// What was meant as well, and had been erased before.
    pub before: Vec<OpenedValue>,
}

impl Custody {
    /// Erases sealed values of an entry: those that are named, or all that are left. Where they can't be read any more,
    /// they go only all together, and somebody has to want that.
    ///
    /// # Errors
    /// [`CustodyError`]; unless it is [`CustodyError::NotDone`], nothing was erased, nor written that it was.
    pub async fn erase(
        &self,
        by: &Doer,
        index: Index,
        named: &[SealedField],
        ground: String,
    ) -> Result<Erased, CustodyError> {
        check_given("ground", &ground, GROUND_BYTES_MAX)?;
        let _alone = self.inner.desk.write().await;
        // What an entry says already is done by that one, and needs no other.
        self.erase_undone_of(index).await?;
        let target = self.target_to_erase(index).await?;
        let Meant { left: fields, before } = meant(&target, named)?;
        let class = target.class(self.parts().rules.current().retention.default);
        let statement = statement(by, &target, &fields, ground.clone());
        let written = self.write_sealed(statement, class, |sealed| {
            let (seal, nonce) = (Some(sealed.seal), Some(sealed.nonce));
            Content::Erasure(Erasure { ground: ground.clone(), seal, nonce, ..Erasure::default() })
        });
        let (Written { index: entry, published }, statement) = written.await?;
        self.overwrite(target, fields.clone(), entry).await?;
        metrics::counter!("einsicht_erasures_total", "what" => "fields").increment(1);
        tracing::info!(index = %entry, "sealed values were erased");
        let receipt = self.receipt(entry, &published).await?;
        Ok(Erased { receipt, fields, statement, before })
    }

    async fn overwrite(
        &self,
        target: Target,
        fields: Vec<SealedField>,
        by: Index,
    ) -> Result<(), CustodyError> {
        let vault = self.parts().vault.clone();
        let erase =
            move || vault.erase(target.index, &target.leaf, &fields, by).map_err(|error| not_done(by, error));
        blocking(erase).await.map(|_| ())
    }
}

/// What of an entry is to be erased.
struct Meant {
    left: Vec<SealedField>,
    before: Vec<OpenedValue>,
}

/// What of the named fields is still there, with all that goes with it.
fn meant(target: &Target, named: &[SealedField]) -> Result<Meant, CustodyError> {
    let index = target.index;
    let has = target.fields();
    if has.contains(&SealedField::Statement) {
        return Err(CustodyError::TrailStays { index });
    }
    if let Kept::Nothing { by } = target.kept {
        return Err(CustodyError::ErasedBefore { index, by });
    }
    if let Some(field) = named.iter().copied().find(|field| !has.contains(field)) {
        return Err(CustodyError::NoSuchField { index, field });
    }
    if let Kept::Damaged { .. } = target.kept {
        let all = named.is_empty() || has.iter().all(|field| named.contains(field));
        let fields = names(&has);
        return match all {
            true => Ok(Meant { left: has, before: Vec::new() }),
            false => Err(CustodyError::AllOrNone { index, fields }),
        };
    }
    let all = named.is_empty() || named.contains(&SealedField::Confidential);
    let (mut left, mut before, mut by) = (Vec::new(), Vec::new(), Index(0));
    for field in has.into_iter().filter(|field| all || named.contains(field)) {
        match target.state(field) {
            Some(State::Open { .. }) => left.push(field),
            Some(State::Erased { by: entry }) => {
                before.push(OpenedValue::of(field, State::Erased { by: entry }));
                by = by.max(Index(entry));
            }
            None => {}
        }
    }
    if left.is_empty() { Err(CustodyError::ErasedBefore { index, by }) } else { Ok(Meant { left, before }) }
}

/// The entry stands; what it says is tried again. Where a sync has failed, the vault ends the process.
pub(super) fn not_done(by: Index, error: VaultError) -> CustodyError {
    tracing::error!(index = %by, %error, "what an entry says was erased could not be erased");
    CustodyError::NotDone { by, error: Box::new(error) }
}
