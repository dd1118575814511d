//! Puts a charter in force.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::CharterError;
use tokio::sync::Mutex;

use super::{Announced, Charters};
use crate::annotations::{Annotations, CharterPlace, NotKnown};
use crate::sequencer::{Published, Refused, Sequencer, Work};
use crate::storage::{LogReader, ReadError};

/// What a charter is called where something is wrong with it: the service knows no file.
const NAME: &str = "charter";

/// Publishes charters, one at a time. Cheap to clone.
#[derive(Clone)]
pub struct Publishing {
    charters: Charters,
    sequencer: Sequencer,
    reader: LogReader,
    annotations: Annotations,
    /// Whether a text is in force already can only be told while nobody publishes another one.
    desk: Arc<Mutex<()>>,
}

/// A charter is in force.
#[derive(Debug)]
pub struct PublishedCharter {
    /// Where it stands.
    pub place: CharterPlace,
    /// C2SP tlog-proof of its last entry, with the leaf.
    pub receipt: Bytes,
    /// Whether it was in force before.
    pub already: bool,
}

/// A charter was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It can't be used.
    #[error(transparent)]
    Invalid(#[from] CharterError),
    /// It could not be recorded.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Which charter is in force is not known yet.
    #[error(transparent)]
    NotKnown(#[from] NotKnown),
    /// It is recorded; its receipt could not be made.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The work ended in the middle.
    #[error("publishing ended in disorder; ask which charter is in force")]
    Disorder,
}

impl Publishing {
    /// Works with these, all of one ledger.
    #[must_use]
    pub fn new(
        charters: Charters,
        sequencer: Sequencer,
        reader: LogReader,
        annotations: Annotations,
    ) -> Self {
        Self { charters, sequencer, reader, annotations, desk: Arc::default() }
    }

    /// The charters that it publishes.
    #[must_use]
    pub fn charters(&self) -> &Charters {
        &self.charters
    }

    /// Parses a text, and puts it in force unless it is already. Goes on to its end if the caller waits no longer.
    ///
    /// # Errors
    /// [`PublishError`].
    pub async fn publish(&self, text: Bytes) -> Result<PublishedCharter, PublishError> {
        let publishing = self.clone();
        let published = tokio::spawn(async move { publishing.publish_alone(text).await });
        published.await.unwrap_or(Err(PublishError::Disorder))
    }

    async fn publish_alone(&self, text: Bytes) -> Result<PublishedCharter, PublishError> {
        let announced = blocking(move || Ok(Announced::parse(NAME, &text)?)).await?;
        let _alone = self.desk.lock().await;
        let published = Arc::clone(&self.sequencer.published().borrow());
        self.annotations.check_known()?;
        let in_force = self.charters.published(published.head.size);
        if let Some(same) = in_force.filter(|in_force| in_force.place.sha256 == *announced.sha256()) {
            return self.answer(same.place, published, true).await;
        }
        let acknowledged = self.sequencer.submit(Work::Charter(announced), None).await?;
        let published = acknowledged.published;
        let in_force = self.charters.published(published.head.size).ok_or(PublishError::Disorder)?;
        // Its figures are there before anything is counted.
        in_force.count(Default::default());
        let CharterPlace { first, last, .. } = in_force.place;
        tracing::info!(%first, %last, "a charter was published; what is recorded from now on is judged by it");
        self.answer(in_force.place, published, false).await
    }

    async fn answer(
        &self,
        place: CharterPlace,
        under: Arc<Published>,
        already: bool,
    ) -> Result<PublishedCharter, PublishError> {
        let reader = self.reader.clone();
        let receipt = blocking(move || Ok(under.receipt(place.last, &reader)?)).await?;
        Ok(PublishedCharter { place, receipt, already })
    }
}

/// Runs what takes its time, or waits for a disk, on a thread that may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PublishError> + Send + 'static,
) -> Result<T, PublishError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| PublishError::Disorder)?
}
