//! Why something was not recorded.

use std::sync::Arc;

use einsicht_access::Month;
use einsicht_tlog::Index;

use crate::clock::ClockError;
use crate::sessions::StoreError;
use crate::storage::{AppendError, NoRoom};

/// A submission was not recorded, or its outcome is not known.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The number stands for another event.
    #[error(
        "event {position}: sequence {sequence} of this session was recorded with another event_id, as entry \
         {index}; numbers are never used twice"
    )]
    Conflict {
        /// Position in the batch, from 0.
        position: usize,
        /// The number.
        sequence: u64,
        /// Its entry.
        index: Index,
    },
    /// Nobody can tell any more whether the number was recorded.
    #[error(
        "event {position}: sequence {sequence} lies more than {} behind {highest}, the highest of this \
         session; whether it was recorded can no longer be told. Look in the log, or use a new session",
        crate::sessions::HORIZON_NUMBERS
    )]
    BeyondHorizon {
        /// Position in the batch, from 0.
        position: usize,
        /// The number.
        sequence: u64,
        /// The highest of the session.
        highest: u64,
    },
    /// Sealed values were encrypted and marked for another month than the one in which they would be
    /// recorded. Nothing was; prepared for that month, they are.
    #[error(
        "the sealed values were prepared for another month than {month}, in which they would be recorded"
    )]
    OtherMonth {
        /// The month to prepare them for.
        month: Month,
    },
    /// Accesses were judged by another charter than the one in force where they would be recorded. None was; judged by
    /// that, they are.
    #[error("the events were judged by another charter than the one that is in force by now")]
    OtherCharter,
    /// The session is over.
    #[error("this session was ended by entry {index}; use a new one")]
    SessionEnded {
        /// The entry.
        index: Index,
    },
    /// The session has recorded more than it says.
    #[error("last_sequence is below {highest}, which this session has recorded")]
    EndBelowHighest {
        /// The highest number of the session.
        highest: u64,
    },
    /// Too many wait.
    #[error("the queue is full ({waiting}); try again shortly")]
    QueueFull {
        /// What fills it.
        waiting: &'static str,
    },
    /// The caller's deadline passed before its turn came; nothing was recorded.
    #[error("the deadline passed while the events waited; they were not recorded")]
    Expired,
    /// The clock can't be trusted.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// There is no room on the disk. It goes on by itself once there is.
    #[error(transparent)]
    NoRoom(NoRoom),
    /// Whether events are known can't be told.
    #[error(transparent)]
    Sessions(#[from] StoreError),
    /// The log could not be written. The outcome of these events is not known.
    #[error(transparent)]
    Append(Arc<AppendError>),
    /// An entry could not be read back, or not be put together.
    #[error("an entry could not be placed: {0}")]
    Placing(String),
    /// The service is going down.
    #[error("the service is shutting down; send the events again when it is back")]
    ShuttingDown,
}
