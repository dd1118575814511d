//! Reads a charter from the entries that it stands in.

use std::sync::Arc;

use einsicht_access::charter::{Assembly, PartError};
use einsicht_access::{Charter, CharterError, WireError, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::leaf::LeafError;
use einsicht_tlog::{Index, Leaf};

use crate::annotations::CharterPlace;
use crate::storage::{LogReader, ReadError};

/// A charter of the log can't be read.
#[derive(Debug, thiserror::Error)]
pub enum CharterReadError {
    /// Its entries could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its entries are no charter.
    #[error("entries {first} to {last} should be the parts of a charter: {reason}")]
    Damaged {
        /// The first of them.
        first: Index,
        /// The last.
        last: Index,
        /// Why they are not.
        reason: PartFault,
    },
    /// It was published, and this version does not take it.
    #[error(
        "the charter in entries {first} to {last} can't be read by this version of the service; start one that is at \
         least as new as the one that wrote it. {error}"
    )]
    Unreadable {
        /// Its first entry.
        first: Index,
        /// Its last.
        last: Index,
        /// What this version finds wrong with it.
        error: CharterError,
    },
}

/// Why an entry is not the next part of a charter.
#[derive(Debug, thiserror::Error)]
pub enum PartFault {
    /// It is no leaf.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// Its body can't be read.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// It is a part of another one, or of none.
    #[error(transparent)]
    Part(#[from] PartError),
    /// It is another kind of entry, or there are too few.
    #[error("the last part is missing")]
    NoPart,
}

/// The charter that stands there.
///
/// # Errors
/// [`CharterReadError`].
pub(super) fn read(place: &CharterPlace, reader: &LogReader) -> Result<Arc<Charter>, CharterReadError> {
    let CharterPlace { first, last, .. } = *place;
    let mut assembly = Assembly::default();
    let mut whole = None;
    for index in first.0..=last.0 {
        let leaf = reader.leaf(Index(index))?;
        whole =
            push(&mut assembly, &leaf).map_err(|reason| CharterReadError::Damaged { first, last, reason })?;
    }
    let text = whole.ok_or(CharterReadError::Damaged { first, last, reason: PartFault::NoPart })?;
    let name = format!("charter of entry {last}");
    let charter = Charter::parse(&name, &text);
    let charter = charter.map_err(|error| CharterReadError::Unreadable { first, last, error })?;
    Ok(Arc::new(charter))
}

fn push(assembly: &mut Assembly, leaf: &[u8]) -> Result<Option<Vec<u8>>, PartFault> {
    match read_body(Leaf::parse(leaf)?.body)?.content {
        Some(Content::Charter(part)) => Ok(assembly.push(&part)?),
        _ => Err(PartFault::NoPart),
    }
}
