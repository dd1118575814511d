//! What is answered about charters.

use einsicht_access::CharterError;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::super::charter::LookError;
use super::{not_known, of_read, of_refused};
use crate::charters::{CharterReadError, PublishError};

/// Problems of a charter that a status names, and characters of each: a status travels in headers.
const CHARTER_PROBLEMS_SHOWN: usize = 10;
const CHARTER_PROBLEM_CHARS: usize = 240;
/// Commitments that a status names, and characters of what was asked for instead.
const COMMITMENTS_SHOWN: usize = 20;
const COMMITMENT_CHARS_SHOWN: usize = 100;

/// A severity that is none.
pub(in crate::rpc) fn no_severity(position: usize) -> Status {
    let (path, problem) = (format!("severities[{position}]"), "is not notice (1) or breach (2)");
    let details = ErrorDetails::with_bad_request_violation(&*path, problem);
    Status::with_error_details(Code::InvalidArgument, format!("{path} {problem}"), details)
}

/// A commitment that is a rule of no charter. `known` are those that are.
pub(in crate::rpc) fn no_commitment(position: usize, id: &str, known: &[String]) -> Status {
    let path = format!("commitments[{position}]");
    let id: String = id.escape_debug().take(COMMITMENT_CHARS_SHOWN).collect();
    let shown: Vec<_> = known.iter().take(COMMITMENTS_SHOWN).map(String::as_str).collect();
    let more = known.len().saturating_sub(shown.len());
    let known = match (shown.as_slice(), more) {
        ([], _) => "none was published".to_owned(),
        (_, 0) => format!("there are {}", shown.join(", ")),
        (_, more) => format!("there are {} and {more} more", shown.join(", ")),
    };
    let problem = format!("'{id}' is no rule of any charter of this ledger; {known}");
    let details = ErrorDetails::with_bad_request_violation(&*path, &*problem);
    Status::with_error_details(Code::InvalidArgument, format!("{path} {problem}"), details)
}

/// A charter that was not published: everything that is wrong with it, or why it could not be recorded.
pub(in crate::rpc) fn of_publishing(error: &PublishError) -> Status {
    match error {
        PublishError::Invalid(error) => of_charter(error),
        PublishError::Refused(refused) => of_refused(refused),
        PublishError::NotKnown(error) => not_known(error),
        PublishError::Read(error) => of_read(error),
        PublishError::Disorder => Status::internal(error.to_string()),
    }
}

/// The first problems, as many as headers have room for: whoever sends a charter can check the whole of it before.
fn of_charter(error: &CharterError) -> Status {
    let mut details = ErrorDetails::new();
    let shown = error.problems.iter().take(CHARTER_PROBLEMS_SHOWN);
    let lines: Vec<String> = shown
        .map(|problem| {
            let reason: String = problem.reason.to_string().chars().take(CHARTER_PROBLEM_CHARS).collect();
            format!("{}:{}: {reason}", problem.line, problem.column)
        })
        .collect();
    for line in &lines {
        details.add_bad_request_violation("text", line);
    }
    let count = error.problems.len() + error.more;
    let more = match count - lines.len() {
        0 => String::new(),
        more => format!("; and {more} more: `einsicht charter check` lists them"),
    };
    let sum = if count == 1 { "1 problem".to_owned() } else { format!("{count} problems") };
    let message =
        format!("the charter can't be used, it has {sum}; nothing was written. {}{more}", lines.join("; "));
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// A deviation that can't be told.
pub(in crate::rpc) fn of_looking(error: &LookError) -> Status {
    match error {
        LookError::Read(error) => of_charter_read(error),
        LookError::NotKnown(error) => not_known(error),
        LookError::Unfit { .. } => {
            tracing::error!(%error, "a watch of deviations");
            Status::data_loss(error.to_string())
        }
    }
}

/// A charter of the log that can't be read.
pub(in crate::rpc) fn of_charter_read(error: &CharterReadError) -> Status {
    match error {
        CharterReadError::Read(error) => of_read(error),
        CharterReadError::Damaged { .. } | CharterReadError::Unreadable { .. } => {
            tracing::error!(%error, "a charter of the log");
            Status::data_loss(error.to_string())
        }
    }
}
