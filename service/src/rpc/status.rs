//! Errors as gRPC statuses with `google.rpc` details: the only place where that happens.

mod charter;
mod report;

use std::time::Duration;

use einsicht_access::record::SealError;
use einsicht_access::view::NoEvent;
use einsicht_access::{BatchError, Problem};
use einsicht_tlog::Size;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::annotations::NotKnown;
use crate::auth::{Kind, Refusal};
use crate::custody::CustodyError;
use crate::sealing::SealingError;
use crate::sequencer::Refused;
use crate::storage::ReadError;
use crate::vault::{KeyringError, VaultError};

pub(super) use charter::{no_commitment, no_severity, of_charter_read, of_looking, of_publishing};
pub(super) use report::of_report;

/// How long a caller waits before it tries a full queue again.
const QUEUE_RETRY: Duration = Duration::from_millis(100);
/// How long a caller waits before it tries a service that has stopped recording.
const STOPPED_RETRY: Duration = Duration::from_secs(5);

/// A status, counted by its code.
pub(super) fn counted(status: Status) -> Status {
    metrics::counter!("einsicht_errors_total", "code" => format!("{:?}", status.code())).increment(1);
    status
}

/// Says who it is that is missing, which right, in which fields, or how long to wait.
pub(super) fn of_refusal(refusal: &Refusal) -> Status {
    let mut details = ErrorDetails::new();
    if let Refusal::ForeignDatasets(foreign) = refusal {
        for path in &foreign.listed {
            details.add_bad_request_violation(path, "is not a data set that this caller may record for");
        }
    }
    let code = match refusal.kind() {
        Kind::Unknown => Code::Unauthenticated,
        Kind::Forbidden => Code::PermissionDenied,
        // As it is answered where the limit is that of all.
        Kind::TooLarge => Code::OutOfRange,
        Kind::TooMuch(wait) => {
            details.set_retry_info(Some(wait));
            Code::ResourceExhausted
        }
    };
    Status::with_error_details(code, refusal.to_string(), details)
}

/// Nobody stands at the door: a call came past the guard.
pub(super) fn unguarded() -> Status {
    Status::internal("this call was not authenticated; that is a fault of the service")
}

/// Names every bad field.
pub(super) fn of_batch(error: &BatchError) -> Status {
    let mut details = ErrorDetails::new();
    match error {
        BatchError::Invalid(violations) => {
            for violation in &violations.listed {
                details.add_bad_request_violation(violation.path(), violation.problem.to_string());
            }
            Status::with_error_details(Code::InvalidArgument, error.to_string(), details)
        }
        BatchError::SealingOff(fields) => {
            for field in &fields.listed {
                details.add_bad_request_violation(field.to_string(), "needs sealing, which is off");
            }
            Status::with_error_details(Code::FailedPrecondition, error.to_string(), details)
        }
    }
}

/// An event that is no message of protobuf: as the messages around it are answered.
pub(super) fn of_malformed(error: NoEvent) -> Status {
    Status::internal(error.to_string())
}

pub(super) fn of_refused(refused: &Refused) -> Status {
    let (code, retry) = match refused {
        Refused::Conflict { .. } => (Code::AlreadyExists, None),
        Refused::BeyondHorizon { .. } | Refused::SessionEnded { .. } => (Code::FailedPrecondition, None),
        Refused::EndBelowHighest { .. } => (Code::InvalidArgument, None),
        Refused::QueueFull { .. } => (Code::ResourceExhausted, Some(QUEUE_RETRY)),
        Refused::NoRoom(_) => (Code::ResourceExhausted, Some(STOPPED_RETRY)),
        Refused::Expired => (Code::DeadlineExceeded, None),
        // Prepared again, they are recorded: whoever prepares does so, and gives up only where months fly.
        Refused::OtherMonth { .. } | Refused::OtherCharter => (Code::Unavailable, Some(QUEUE_RETRY)),
        // The session store is derived: what it can't tell now, it can after a start.
        Refused::Clock(_) | Refused::Append(_) | Refused::Sessions(_) | Refused::ShuttingDown => {
            (Code::Unavailable, Some(STOPPED_RETRY))
        }
        Refused::Placing(_) => (Code::Internal, None),
    };
    let details = retry.map_or_else(ErrorDetails::new, |delay| ErrorDetails::with_retry_info(Some(delay)));
    Status::with_error_details(code, refused.to_string(), details)
}

pub(super) fn of_read(error: &ReadError) -> Status {
    match error {
        ReadError::Proof(error) => Status::invalid_argument(error.to_string()),
        ReadError::Io { .. } => {
            tracing::error!(%error, "the log could not be read");
            Status::internal(error.to_string())
        }
    }
}

/// What could not be done with sealed values. Shows none of them.
pub(super) fn of_custody(error: &CustodyError) -> Status {
    use CustodyError as Error;
    let code = match error {
        Error::Refused(refused) => return of_refused(refused),
        Error::Read(error) => return of_read(error),
        Error::NotKnown(error) => return not_known(error),
        Error::Text { field, problem } => return bad_field((*field).to_owned(), problem, error),
        Error::Subject { position, field, problem } => {
            return bad_field(format!("subjects[{position}].{field}"), problem, error);
        }
        Error::UnknownField { .. }
        | Error::NoIndex
        | Error::NoMonth { .. }
        | Error::MonthTwice { .. }
        | Error::UnknownScheme { .. }
        | Error::Count { .. } => Code::InvalidArgument,
        Error::NotPublished { .. } | Error::NoSuchField { .. } => Code::NotFound,
        Error::NotForTwo { .. } | Error::SamePerson { .. } => Code::PermissionDenied,
        Error::Off
        | Error::ErasedBefore { .. }
        | Error::TrailStays { .. }
        | Error::AllOrNone { .. }
        | Error::NoRequest { .. }
        | Error::AnsweredBefore { .. }
        | Error::Lapsed { .. }
        | Error::OtherRequest { .. }
        | Error::NoAccess { .. }
        | Error::NotConfidential { .. }
        | Error::OpenedBefore { .. }
        | Error::NotYet { .. }
        | Error::NotEnded { .. }
        | Error::MonthErased { .. }
        | Error::NotOpened { .. }
        // The entry stands: it is known what was done, and that the rest waits for the disk.
        | Error::NotDone { .. } => Code::FailedPrecondition,
        Error::Vault(error) => of_vault(error),
        Error::Key(error) => of_key(error),
        Error::Unfit { .. } | Error::Unclear { .. } | Error::MayBeErased { .. } => Code::DataLoss,
        Error::Leaf(_)
        | Error::Entry(_)
        | Error::Random(_)
        | Error::Disorder => Code::Internal,
    };
    if matches!(code, Code::DataLoss | Code::Internal) || matches!(error, Error::NotDone { .. }) {
        tracing::error!(%error, "the vault");
        metrics::counter!("einsicht_vault_faults_total").increment(1);
    }
    Status::new(code, error.to_string())
}

fn of_vault(error: &VaultError) -> Code {
    match error {
        VaultError::NotSealed { .. } => Code::NotFound,
        VaultError::Missing { .. } | VaultError::Damaged { .. } => Code::DataLoss,
        VaultError::Erased { .. } => Code::FailedPrecondition,
        // Some backup may have it.
        VaultError::NoKey { .. } | VaultError::Unreadable { .. } => Code::DataLoss,
        VaultError::Key(error) => of_key(error),
        _ => Code::Internal,
    }
}

fn of_key(error: &KeyringError) -> Code {
    match error {
        KeyringError::Damaged { .. }
        | KeyringError::Lost { .. }
        | KeyringError::Closed { .. }
        | KeyringError::WrongWrappingKey { .. } => Code::DataLoss,
        KeyringError::Erased { .. } => Code::FailedPrecondition,
        KeyringError::Io { .. } | KeyringError::Random(_) => Code::Internal,
    }
}

/// Events could not be sealed. They are recorded when they are sent again, once the operator has seen to it.
pub(super) fn of_sealing(error: &SealingError) -> Status {
    if matches!(error, SealingError::Seal(SealError::Off { .. })) {
        return Status::failed_precondition(error.to_string());
    }
    // Which key file fails, and how, is the operator's business.
    tracing::error!(%error, "events can't be sealed");
    metrics::counter!("einsicht_vault_faults_total").increment(1);
    let details = ErrorDetails::with_retry_info(Some(STOPPED_RETRY));
    let message = "the events can't be sealed now, the log of the service says why; nothing was recorded. Try again later";
    Status::with_error_details(Code::Unavailable, message, details)
}

fn bad_field(path: String, problem: &Problem, error: &CustodyError) -> Status {
    let details = ErrorDetails::with_bad_request_violation(path, problem.to_string());
    Status::with_error_details(Code::InvalidArgument, error.to_string(), details)
}

/// The service does not record so far, and will soon.
pub(super) fn not_known(error: &NotKnown) -> Status {
    let details = ErrorDetails::with_retry_info(Some(STOPPED_RETRY));
    Status::with_error_details(Code::Unavailable, error.to_string(), details)
}

/// The caller stopped waiting; what becomes of its events it learns by sending them again.
pub(super) fn deadline_exceeded() -> Status {
    Status::deadline_exceeded(
        "the deadline passed before the events were durable; send them again to learn what became of them",
    )
}

/// The caller has verified more entries than there are.
pub(super) fn knows_more(known: u64, published: Size) -> Status {
    Status::failed_precondition(format!(
        "you have verified {known} entries, this ledger has {published}: it was cut, an older copy was \
         restored, or it is another one. Nothing was recorded; keep your checkpoint as evidence"
    ))
}

/// An entry or a size that is not published.
pub(super) fn not_published(code: Code, what: &str, asked: u64, published: Size) -> Status {
    Status::new(code, format!("{what} {asked} is not published; the ledger has {published} entries"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use einsicht_access::Month;
    use einsicht_tlog::Index;

    use super::*;
    use crate::clock::ClockError;
    use crate::sessions::StoreError;
    use crate::storage::{AppendError, NoRoom, Shortage};

    fn no_room() -> NoRoom {
        NoRoom { shortage: Shortage::Bytes { free: 1, reserve: 2 }, path: "/data".into() }
    }

    #[test]
    fn each_refusal_has_its_code_and_says_when_to_try_again() {
        let (position, sequence, index, highest) = (0, 1, Index(2), 3);
        for (refused, code, retry) in [
            (Refused::Conflict { position, sequence, index }, Code::AlreadyExists, None),
            (Refused::BeyondHorizon { position, sequence, highest }, Code::FailedPrecondition, None),
            (Refused::SessionEnded { index }, Code::FailedPrecondition, None),
            (Refused::EndBelowHighest { highest }, Code::InvalidArgument, None),
            (Refused::QueueFull { waiting: "bytes" }, Code::ResourceExhausted, Some(QUEUE_RETRY)),
            (Refused::NoRoom(no_room()), Code::ResourceExhausted, Some(STOPPED_RETRY)),
            (Refused::Expired, Code::DeadlineExceeded, None),
            (Refused::OtherMonth { month: Month::of_unix_s(0) }, Code::Unavailable, Some(QUEUE_RETRY)),
            (Refused::OtherCharter, Code::Unavailable, Some(QUEUE_RETRY)),
            (Refused::Clock(ClockError::BeforeEpoch), Code::Unavailable, Some(STOPPED_RETRY)),
            (Refused::Append(Arc::new(AppendError::Stopped)), Code::Unavailable, Some(STOPPED_RETRY)),
            (Refused::ShuttingDown, Code::Unavailable, Some(STOPPED_RETRY)),
            (Refused::Sessions(StoreError::Damaged), Code::Unavailable, Some(STOPPED_RETRY)),
        ] {
            let status = of_refused(&refused);
            assert_eq!(status.code(), code, "{refused}");
            assert_eq!(status.message(), refused.to_string());
            let delay = status.get_details_retry_info().and_then(|info| info.retry_delay);
            assert_eq!(delay, retry, "{refused}");
        }
    }
}
