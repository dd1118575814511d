//! Which ledger lies in a folder, by what its entry 0 says.

use einsicht_access::entry::GenesisError;
use einsicht_proto::v1::Genesis;
use einsicht_tlog::{Checkpoint, Origin, TreeHead, VerifierKey};

use super::{LedgerError, read_genesis};
use crate::storage::file::{Folder, read_small};
use crate::storage::{CHECKPOINT, OpenError};

/// A ledger's name and keys.
///
/// Only entry 0 is believed here. Whether these are the keys that others know, their owner has to say.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Entry 0.
    pub genesis: Genesis,
    /// Its name.
    pub origin: Origin,
    /// The keys that sign its checkpoints.
    pub keys: Vec<VerifierKey>,
}

impl Identity {
    /// Reads entry 0; `None` if nothing was recorded yet.
    ///
    /// # Errors
    /// [`LedgerError`] if it is damaged, not a genesis, or one that nobody can build on.
    pub fn read(folder: &dyn Folder) -> Result<Option<Self>, LedgerError> {
        let Some(genesis) = read_genesis(folder)? else { return Ok(None) };
        let origin = Origin::parse(&genesis.origin)?;
        let keys = genesis.public_keys.iter().enumerate().map(|(index, key)| {
            let bytes = key.len();
            let key = key.as_ref().try_into().map_err(|_| GenesisError::PublicKeyLength { index, bytes })?;
            Ok(VerifierKey::new(origin.as_str(), key)?)
        });
        let keys = keys.collect::<Result<_, LedgerError>>()?;
        Ok(Some(Self { genesis, origin, keys }))
    }

    /// What `log/checkpoint` of the folder says, its signature verified; `None` if there is none.
    ///
    /// # Errors
    /// [`LedgerError::Log`].
    pub fn published(&self, folder: &dyn Folder) -> Result<Option<TreeHead>, LedgerError> {
        let bytes = read_small(folder, CHECKPOINT)
            .map_err(|error| OpenError::Io { path: CHECKPOINT.to_owned(), error })?;
        let head = |bytes: Vec<u8>| Checkpoint::open(&bytes, self.origin.as_str(), &self.keys);
        let checkpoint = bytes.map(head).transpose().map_err(OpenError::Checkpoint)?;
        Ok(checkpoint.map(|checkpoint| checkpoint.head))
    }
}
