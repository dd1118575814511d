//! The gRPC services, one file each; `status` is the only place where an error becomes a status.

mod charter;
mod deadline;
mod frames;
mod ledger;
mod recorded;
mod recorder;
mod report;
mod status;
mod vault;

use std::sync::Arc;

use einsicht_access::charter::CHARTER_BYTES_MAX;
use einsicht_proto::unread::charter_server::CharterServer;
use einsicht_proto::unread::recorder_server::RecorderServer;
use einsicht_proto::v1::ledger_server::LedgerServer;
use einsicht_proto::v1::reports_server::ReportsServer;
use einsicht_proto::v1::vault_server::VaultServer;
use futures::{Stream, StreamExt as _};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::annotations::Annotations;
use crate::auth::{Refusal, Session};
use crate::charters::Publishing;
use crate::clock::Clock;
use crate::custody::Custody;
use crate::reports::{MANIFEST_BYTES_MAX, Reports};
use crate::sequencer::Sequencer;
use crate::storage::LogReader;

pub use charter::CharterService;
pub use frames::limit_messages;
pub use ledger::LedgerService;
pub use recorder::RecorderService;
pub use report::ReportsService;
pub use vault::VaultService;

/// Most bytes of one request or answer. Well-formed batches of 1,000 events are far smaller.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A charter that is longer than it may be is told so, as long as it is not much longer.
const CHARTER_MESSAGE_BYTES_MAX: usize = CHARTER_BYTES_MAX + 64 * 1024;

/// A manifest that is longer than it may be likewise.
const MANIFEST_MESSAGE_BYTES_MAX: usize = MANIFEST_BYTES_MAX + 64 * 1024;

/// What the services share.
#[derive(Clone)]
pub struct Shared {
    /// Takes events to the writer, and knows the newest checkpoint.
    pub sequencer: Sequencer,
    /// Reads the log.
    pub reader: LogReader,
    /// What entries say about others.
    pub annotations: Annotations,
    /// Publishes charters, and knows them.
    pub publishing: Publishing,
    /// Publishes reports.
    pub reports: Reports,
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

/// The service that publishes charters and tells what they say.
#[must_use]
pub fn charter(shared: &Shared) -> CharterServer<CharterService> {
    CharterServer::new(CharterService::new(shared.clone()))
        .max_decoding_message_size(CHARTER_MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX * 4)
}

/// The service that publishes reports, and lists them.
#[must_use]
pub fn reports(shared: &Shared) -> ReportsServer<ReportsService> {
    ReportsServer::new(ReportsService::new(shared.clone()))
        .max_decoding_message_size(MANIFEST_MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX)
}

/// Passes answers on for as long as a reload does not take the right to them away. Without a session
/// nobody had to be known.
fn while_allowed<T: Send>(
    session: Option<Session>,
    answers: impl Stream<Item = Result<T, Status>> + Send,
) -> impl Stream<Item = Result<T, Status>> + Send {
    answers.scan((session, false), |(session, refused), answer| {
        let renewed = session.as_mut().map_or(Ok(()), Session::renew);
        let passed = (!*refused).then(|| {
            renewed.map_err(|refusal| status::of_refusal(&refusal))?;
            answer
        });
        *refused |= matches!(passed, Some(Err(_)));
        futures::future::ready(passed)
    })
}
