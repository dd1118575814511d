//! The gRPC services, one file each; `status` is the only place where an error becomes a status.

mod deadline;
mod frames;
mod ledger;
mod recorded;
mod recorder;
mod status;
mod vault;

use std::sync::Arc;

use einsicht_proto::unread::recorder_server::RecorderServer;
use einsicht_proto::v1::ledger_server::LedgerServer;
use einsicht_proto::v1::vault_server::VaultServer;
use tokio_util::sync::CancellationToken;

use crate::annotations::Annotations;
use crate::auth::Refusal;
use crate::clock::Clock;
use crate::custody::Custody;
use crate::sequencer::Sequencer;
use crate::storage::LogReader;

pub use frames::limit_messages;
pub use ledger::LedgerService;
pub use recorder::RecorderService;
pub use vault::VaultService;

/// Most bytes of one request or answer. Well-formed batches of 1,000 events are far smaller.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What the services share.
#[derive(Clone)]
pub struct Shared {
    /// Takes events to the writer, and knows the newest checkpoint.
    pub sequencer: Sequencer,
    /// Reads the log.
    pub reader: LogReader,
    /// What entries say about others.
    pub annotations: Annotations,
    /// Looks after what is sealed.
    pub custody: Custody,
    /// Gives the time that events are checked against.
    pub clock: Arc<dyn Clock>,
    /// Cancelled when the service goes down: streams end then.
    pub shutdown: CancellationToken,
}

/// The answer to a call that is not let in.
#[must_use]
pub fn refused(refusal: &Refusal) -> tonic::Status {
    status::counted(status::of_refusal(refusal))
}

/// The service that records.
#[must_use]
pub fn recorder(shared: &Shared) -> RecorderServer<RecorderService> {
    RecorderServer::new(RecorderService::new(shared.clone()))
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX * 4)
}

/// The service that reads.
#[must_use]
pub fn ledger(shared: &Shared) -> LedgerServer<LedgerService> {
    LedgerServer::new(LedgerService::new(shared.clone()))
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX)
}

/// The service that looks after what is sealed.
#[must_use]
pub fn vault(shared: &Shared) -> VaultServer<VaultService> {
    VaultServer::new(VaultService::new(shared.custody.clone()))
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX)
}
