//! What is answered about reports.

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{not_known, of_read, of_refused};
use crate::reports::ReportError;

/// A report that was not published: what is wrong with it, or why it could not be recorded.
pub(in crate::rpc) fn of_report(error: &ReportError) -> Status {
    use ReportError as Error;
    match error {
        Error::Refused(refused) => of_refused(refused),
        Error::NotKnown(error) => not_known(error),
        Error::Read(error) => of_read(error),
        Error::StandsBeside { .. } => Status::failed_precondition(error.to_string()),
        Error::Manifest(_)
        | Error::OtherLedger { .. }
        | Error::Ahead { .. }
        | Error::OtherRoot { .. }
        | Error::CorrectsNone { .. } => {
            let details = ErrorDetails::with_bad_request_violation("manifest", error.to_string());
            Status::with_error_details(Code::InvalidArgument, error.to_string(), details)
        }
        Error::Disorder => Status::internal(error.to_string()),
    }
}
