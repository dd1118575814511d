//! Publishing charters, for stewards.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::charter::parts_of;
use einsicht_proto::v1::PublishCharterRequest;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, Size};

use crate::Trust;
use crate::config::RecorderConfig;
use crate::link::Link;
use crate::proven::ProvenEntry;
use crate::vault::{AnswerFault, VaultError, proven};

/// Where charters are published. Clones share connection and what was verified.
#[derive(Clone)]
pub struct CharterDesk {
    link: Arc<Link>,
}

/// A charter is in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// Its last entry, proven: it names the SHA-256 of the whole text.
    pub entry: ProvenEntry,
    /// Its first entry.
    pub first: Index,
    /// Whether it was in force before, so that nothing was written.
    pub already_in_force: bool,
}

impl CharterDesk {
    /// Connects, and verifies the newest checkpoint. Of the configuration of a recorder, address, key, credentials,
    /// time limits and state folder are used.
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

    /// Publishes a charter: from its last entry on, accesses are judged by it. It can't be changed or taken back,
    /// only followed by another. That the text stands in the ledger is proven. The one in force is not written again,
    /// so that asking twice does no harm.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn publish(&self, text: impl Into<Bytes>) -> Result<Publication, VaultError> {
        let text = text.into();
        let known = Size(self.link.checkpoints.known_size());
        let request = PublishCharterRequest { text: text.clone() };
        let answer = self
            .link
            .connection
            .charter(request, |mut charter, ask| async move { charter.publish_charter(ask).await });
        let answer = answer.await?;
        let entry = proven(&self.link, "the receipt", &answer.receipt).await?;
        let index = entry.index();
        if known.contains(index) && !answer.already_in_force {
            return Err(AnswerFault::NotNew { index, known }.into());
        }
        let Some(Content::Charter(part)) = entry.content() else {
            let found = einsicht_access::kind_name(entry.body());
            return Err(AnswerFault::OtherKind { index, expected: "a part of a charter", found }.into());
        };
        // It holds the hash of the whole.
        if parts_of(&text).last() != Some(part) {
            return Err(AnswerFault::SaysOther { index, what: "text" }.into());
        }
        let first = index.0.checked_sub(u64::from(part.parts.saturating_sub(1)));
        let first = first.map(Index).ok_or(AnswerFault::SaysOther { index, what: "number of parts" })?;
        Ok(Publication { entry, first, already_in_force: answer.already_in_force })
    }
}

impl std::fmt::Debug for CharterDesk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (origin, newest) = (self.trust().origin(), self.trust().newest());
        formatter
            .debug_struct("CharterDesk")
            .field("ledger", &origin)
            .field("newest", &newest)
            .finish_non_exhaustive()
    }
}
