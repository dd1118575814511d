//! What the failure of a spooled request means: nobody is there who could be asked.

use tonic::Code;

use super::status::HaltReason;
use crate::attempt::AttemptError;
use crate::retry::{Meaning, is_sealing_off};

/// What to do with a request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is sent again, for as long as it takes: what is wrong is not the request.
    Wait(HaltReason),
    /// It may be an operator's mistake, or a fault that passes: it is sent again for a while.
    Doubt,
    /// Ask first whether the ledger is still the one that it was.
    Compare,
    /// The ledger will never take it.
    Never,
}

impl Verdict {
    pub(crate) fn of(error: &AttemptError) -> Self {
        let status = match error {
            AttemptError::False(_) => return Self::Wait(HaltReason::Distrusted),
            AttemptError::Trust(_) => return Self::Wait(HaltReason::Disk),
            AttemptError::Unproven(_) => return Self::Wait(HaltReason::Away),
            AttemptError::Failed(status) => status,
        };
        if Meaning::of(status).passes() {
            return Self::Wait(HaltReason::Away);
        }
        match status.code() {
            // Concerns everything that waits: to set one request aside after the other would help nobody.
            Code::Unauthenticated => Self::Wait(HaltReason::NotKnown),
            Code::FailedPrecondition if is_sealing_off(status) => Self::Wait(HaltReason::SealingOff),
            Code::FailedPrecondition => Self::Compare,
            // What answers there is no ledger: another listener, a proxy during maintenance (HTTP 404).
            Code::Unimplemented => Self::Wait(HaltReason::Away),
            Code::InvalidArgument | Code::AlreadyExists | Code::OutOfRange => Self::Never,
            _ => Self::Doubt,
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::Status;
    use tonic_types::{ErrorDetails, StatusExt as _};

    use super::*;

    #[test]
    fn only_what_the_ledger_says_of_the_request_itself_is_final() {
        let of = |code| Verdict::of(&AttemptError::Failed(Status::new(code, "")));
        let of_kind =
            |verdict| (1..=16).map(Code::from).filter(|code| of(*code) == verdict).collect::<Vec<_>>();
        use Code::*;
        assert_eq!(of_kind(Verdict::Never), [InvalidArgument, AlreadyExists, OutOfRange]);
        assert_eq!(of_kind(Verdict::Wait(HaltReason::NotKnown)), [Unauthenticated]);
        assert_eq!(of_kind(Verdict::Compare), [FailedPrecondition]);
        let away = [DeadlineExceeded, ResourceExhausted, Aborted, Unimplemented, Unavailable];
        assert_eq!(of_kind(Verdict::Wait(HaltReason::Away)), away);
        assert_eq!(
            of_kind(Verdict::Doubt),
            [Cancelled, Unknown, NotFound, PermissionDenied, Internal, DataLoss]
        );
    }

    #[test]
    fn what_a_ledger_cannot_seal_waits_until_it_can() {
        let details = ErrorDetails::with_bad_request_violation("events[0].trace_id", "must be sealed");
        let off = Status::with_error_details(Code::FailedPrecondition, "", details);
        assert_eq!(Verdict::of(&AttemptError::Failed(off)), Verdict::Wait(HaltReason::SealingOff));
    }
}
