//! Writes what is done into the log, and proves that it stands there.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::record::{SealedStatement, seal_statement};
use einsicht_access::vault::AEAD_NONCE_BYTES;
use einsicht_access::{Month, RetentionClass, SealedField, body_bytes};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{EntryBody, Statement};
use einsicht_tlog::Index;

use super::{Custody, CustodyError, OpenedValue, blocking};
use crate::sequencer::{Published, Refused, Work};
use crate::signer;
use crate::vault::SealedBytes;

/// How often an entry is prepared anew because a month has ended meanwhile.
const MONTHS_TRIED_MAX: usize = 3;

/// An entry that was written, and a checkpoint that covers it.
pub(super) struct Written {
    pub index: Index,
    pub published: Arc<Published>,
}

/// Seal and nonce of a statement, as they stand in an entry.
pub(super) struct Sealed {
    pub seal: Bytes,
    pub nonce: Bytes,
}

/// A statement that is sealed for a month.
struct Prepared {
    sealed: Sealed,
    bytes: SealedBytes,
    opened: OpenedValue,
}

impl Custody {
    /// Writes an entry in which nothing is sealed.
    pub(super) async fn write(&self, content: Content) -> Result<Written, CustodyError> {
        Ok(self.submit(body(content), None).await?)
    }

    /// Writes an entry with a sealed statement, whose opening is kept for as long as `class` says. `content` makes
    /// the entry from the seal. Returns the statement opened, too: whoever asked may see that it says so.
    pub(super) async fn write_sealed(
        &self,
        statement: Statement,
        class: RetentionClass,
        content: impl Fn(Sealed) -> Content,
    ) -> Result<(Written, OpenedValue), CustodyError> {
        let statement = Arc::new(statement);
        let mut month = self.month()?;
        let mut tried = 0;
        loop {
            let Prepared { sealed, bytes, opened } = self.seal(Arc::clone(&statement), month, class).await?;
            match self.submit(body(content(sealed)), Some(bytes)).await {
                Err(Refused::OtherMonth { month: now }) if tried < MONTHS_TRIED_MAX => {
                    self.has_begun(now);
                    month = now;
                }
                written => return Ok((written?, opened)),
            }
            tried += 1;
        }
    }

    async fn seal(
        &self,
        statement: Arc<Statement>,
        month: Month,
        class: RetentionClass,
    ) -> Result<Prepared, CustodyError> {
        let (keyring, origin) = (Arc::clone(self.keyring()?), self.parts().origin.clone());
        blocking(move || {
            let key = keyring.vault_key(month, class)?;
            let SealedStatement { seal, sealed } = seal_statement(&statement, signer::random)?;
            let mut nonce = [0; AEAD_NONCE_BYTES];
            signer::random(&mut nonce)?;
            let bytes = key.encrypt(origin.as_str(), &sealed.nonce, &nonce, sealed.openings.as_bytes());
            let state = sealed.openings.state(SealedField::Statement).ok_or(CustodyError::Disorder)?;
            let opened = OpenedValue::of(SealedField::Statement, state);
            let seal = Bytes::copy_from_slice(&seal);
            let nonce = Bytes::copy_from_slice(&sealed.nonce);
            let bytes = SealedBytes { month, class, bytes: bytes.into() };
            Ok(Prepared { sealed: Sealed { seal, nonce }, bytes, opened })
        })
        .await
    }

    async fn submit(&self, body: Vec<u8>, sealed: Option<SealedBytes>) -> Result<Written, Refused> {
        let acknowledged = self.parts().sequencer.submit(Work::Own { body, sealed }, None).await?;
        let index = acknowledged.entries.first().map(|placed| placed.index);
        let index = index.ok_or_else(|| Refused::Placing("an entry has no place".to_owned()))?;
        Ok(Written { index, published: acknowledged.published })
    }

    /// The receipt of an entry, with its leaf, under the checkpoint of one that was written.
    pub(super) async fn receipt(&self, index: Index, under: &Arc<Published>) -> Result<Bytes, CustodyError> {
        let (reader, published) = (self.parts().reader.clone(), Arc::clone(under));
        blocking(move || Ok(published.receipt(index, &reader)?)).await
    }
}

fn body(content: Content) -> Vec<u8> {
    body_bytes(&EntryBody { content: Some(content) })
}
