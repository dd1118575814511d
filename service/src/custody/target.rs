//! An entry with what the vault has of it.

use einsicht_access::openings::{Openings, State};
use einsicht_access::sealed_entry::seals_of;
use einsicht_access::{RetentionClass, SealedField, read_body};
use einsicht_proto::v1::EntryBody;
use einsicht_tlog::{Index, Leaf};

use super::undone::{Undone, month_of};
use super::{Custody, CustodyError, Parts, blocking};
use crate::vault::{Found, VaultError};

/// An entry of which something is sealed.
pub(super) struct Target {
    pub index: Index,
    pub leaf: Vec<u8>,
    pub body: EntryBody,
    pub kept: Kept,
    /// An entry that says that something was erased which is there still, and nobody can read what: it may be of this.
    pub unclear: Option<Index>,
}

/// What the vault has of it.
pub(super) enum Kept {
    /// Openings that fit, some of which may be erased.
    Some {
        /// How long they are kept.
        class: RetentionClass,
        openings: Openings,
    },
    /// They were erased with their month, or destroyed; or an entry says so, and the disk did not follow yet.
    Nothing {
        /// The entry that says so.
        by: Index,
    },
    /// Something that nobody can read, or that is not what was sealed. It can only be erased.
    Damaged {
        /// How long it is kept.
        class: RetentionClass,
    },
}

impl Custody {
    /// Reads a published entry, and what is sealed of it, which is checked against its seals. What an entry says was
    /// erased counts as that, also where it is there still.
    pub(super) async fn target(&self, index: Index) -> Result<Target, CustodyError> {
        self.keyring()?;
        self.look_up(index, false).await
    }

    /// The same for whoever erases it: then it may be damaged.
    pub(super) async fn target_to_erase(&self, index: Index) -> Result<Target, CustodyError> {
        self.keyring()?;
        self.look_up(index, true).await
    }

    /// The same also without a wrapping key: then nothing is read, and it shows what was erased.
    pub(super) async fn look_up(&self, index: Index, is_to_go: bool) -> Result<Target, CustodyError> {
        self.published(index)?;
        let Parts { reader, vault, annotations, .. } = self.parts();
        let (reader, vault, annotations) = (reader.clone(), vault.clone(), annotations.clone());
        blocking(move || {
            let leaf = reader.leaf(index)?;
            let body = read_body(Leaf::parse(&leaf)?.body)?;
            // Where nobody can tell in which class it lies, the vault says why.
            let class = vault.class_of(index, &leaf).ok();
            let erased_by = match class {
                Some(class) => annotations.erased_by(month_of(&leaf)?, class)?,
                None => None,
            };
            if let Some(by) = erased_by {
                return Ok(Target { index, leaf, body, kept: Kept::Nothing { by }, unclear: None });
            }
            let undone = Undone::of(index, class, &vault, &reader)?;
            let kept = match vault.openings(index, &leaf) {
                Ok(Found { class, mut openings, .. }) => match openings.verify(&body) {
                    Ok(()) => {
                        undone.take_from(&mut openings);
                        Kept::Some { class, openings }
                    }
                    Err(_) if is_to_go => Kept::Damaged { class },
                    Err(problem) => return Err(CustodyError::Unfit { index, problem }),
                },
                Err(VaultError::Damaged { .. }) if is_to_go => {
                    Kept::Damaged { class: vault.class_of(index, &leaf)? }
                }
                Err(VaultError::Erased { by, .. }) => Kept::Nothing { by },
                Err(error) => return Err(error.into()),
            };
            Ok(Target { index, leaf, body, kept, unclear: undone.unclear })
        })
        .await
    }
}

impl Target {
    /// How long what is said about it is kept: as long as itself, or as all is.
    pub fn class(&self, otherwise: RetentionClass) -> RetentionClass {
        match &self.kept {
            Kept::Some { class, .. } | Kept::Damaged { class } => *class,
            Kept::Nothing { .. } => otherwise,
        }
    }

    /// What of it is or was sealed. Where all is gone with a confidential record, what that hid is not known.
    pub fn fields(&self) -> Vec<SealedField> {
        match &self.kept {
            Kept::Some { openings, .. } => openings.iter().map(|opening| opening.field).collect(),
            Kept::Nothing { .. } | Kept::Damaged { .. } => {
                seals_of(&self.body).into_iter().map(|(field, _)| field).collect()
            }
        }
    }

    /// The fields that are meant by those that were named, by ascending number: all if none was. What is in a
    /// confidential record is shown through the record.
    pub fn select(&self, named: &[SealedField]) -> Result<Vec<SealedField>, CustodyError> {
        let has = self.fields();
        let is_confidential = has.contains(&SealedField::Confidential);
        let hides_all = is_confidential && matches!(self.kept, Kept::Nothing { .. });
        if let Some(field) = named.iter().copied().find(|field| !has.contains(field) && !hides_all) {
            return Err(CustodyError::NoSuchField { index: self.index, field });
        }
        if named.is_empty() {
            return Ok(has);
        }
        let mut fields = named.to_vec();
        if is_confidential {
            fields.push(SealedField::Confidential);
        }
        fields.sort_unstable();
        fields.dedup();
        Ok(fields)
    }

    /// The entry that erased a field, if it was; otherwise what is there of it.
    pub fn state(&self, field: SealedField) -> Option<State<'_>> {
        match &self.kept {
            Kept::Some { openings, .. } => openings.state(field),
            Kept::Nothing { by } => Some(State::Erased { by: by.0 }),
            Kept::Damaged { .. } => None,
        }
    }
}
