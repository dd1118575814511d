//! Says what went wrong, what it means and what to do, and how the programme ends.

use einsicht_client::VerifyError;
use einsicht_client::answer::VerificationError;
use einsicht_client::disclosure::DisclosureFileError;
use einsicht_client::error::{Cause, RecordError, Unconfirmed};
use einsicht_client::finding::{Conclusion, Fault, Finding};
use einsicht_client::scan::ScanError;
use einsicht_client::source::SourceError;
use einsicht_client::trust::TrustError;
use einsicht_client::vault::VaultError;
use einsicht_tlog::checkpoint::CheckpointError;
use einsicht_tlog::receipt::ReceiptError;
use tonic::Code;

use crate::exit::Exit;
use crate::output::{Emphasis, complain, complain_styled};
use crate::view::ViewError;

const START: &str = "If it is a ledger for trying out, start it: einsichtd dev --data ./einsicht-data";
const WRONG_KEY: &str = "First make sure that --vkey is the key of this ledger, and not of another one or of one \
    that was set up anew. If the key is right, the ledger shows something that its key did not sign.";
const KEEP: &str = "Keep a copy of what was read, do not rely on this ledger, and tell its operator and others \
    who watch it. `einsicht verify --full` reads everything again.";
const NOT_ALLOWED: &str = "The ledger knows who you are. What you may do there is in the service's configuration: ask \
    its operator, or give the token or certificate that is meant for this";
const WHO_ARE_YOU: &str = "Give the file with the token that the operator of the service gave you: --token-file FILE; \
    or your certificate, if it knows you by that: --cert-file FILE --key-file FILE";
const KEEP_MESSAGE: &str =
    "The ledger answered something that it did not prove. Keep this message, and tell its operator";

/// The ledger did not confirm an event.
#[derive(Debug, thiserror::Error)]
#[error("the ledger did not confirm the event")]
pub struct NotConfirmed {
    /// Why.
    #[source]
    pub error: RecordError,
    /// How to send it again.
    pub advice: String,
}

/// Tells an error to the person at the terminal, and how the programme ends with it.
pub fn complain_about(error: &anyhow::Error) -> Exit {
    let exit = exit_of(error);
    let label = if exit == Exit::Failed { "VERIFICATION FAILED: " } else { "error: " };
    complain_styled(Emphasis::Bad, label, &text_of(error));
    for step in next_steps(error) {
        complain(&format!("  {step}"));
    }
    exit
}

/// How the programme ends with an error: "proven false" and "could not tell" never look alike.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    let failed = error.chain().any(|cause| {
        is::<VerifyError>(cause, |error| error.conclusion() == Conclusion::Failed)
            || is::<TrustError>(cause, TrustError::is_failure)
            || is::<SourceError>(cause, SourceError::is_failure)
            || is::<RecordError>(cause, RecordError::is_verification_failure)
            || is::<ScanError>(
                cause,
                |error| matches!(error, ScanError::Verify(error) if error.conclusion() == Conclusion::Failed),
            )
            || is::<VaultError>(cause, VaultError::is_verification_failure)
            || is::<DisclosureFileError>(cause, DisclosureFileError::is_failure)
            || is::<Finding>(cause, |_| true)
            || is::<ReceiptError>(cause, |error| !matches!(error, ReceiptError::NoLeaf))
            || is::<ViewError>(cause, |_| true)
    });
    if failed { Exit::Failed } else { Exit::Untold }
}

/// The error and its causes in one text. Causes that are part of what was said already are left out.
pub fn text_of(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let said = match cause.downcast_ref::<RecordError>() {
            Some(RecordError::Unconfirmed(unconfirmed)) => unconfirmed_text(unconfirmed),
            Some(RecordError::Verification(error)) => format!("the ledger's answer is not believed: {error}"),
            _ => cause.to_string(),
        };
        if text.is_empty() {
            text = said;
        } else if !text.contains(&said) && !said.is_empty() {
            text = format!("{text}: {said}");
        }
    }
    text
}

/// What a failed check means.
pub fn meaning_of(fault: Fault) -> &'static str {
    match fault {
        Fault::Rollback => {
            "Entries that were signed before are gone: the ledger was cut back or replaced by an older copy."
        }
        Fault::Segment | Fault::Frame => "The stored files were damaged or changed after they were written.",
        Fault::Missing => "Entries that the ledger has signed are not there.",
        Fault::Bundle | Fault::Length => "What was read is not what the ledger must show at this place.",
        Fault::Leaf | Fault::Body => {
            "This entry can't be read in one way only, so nobody can say what it states."
        }
        Fault::Chain => {
            "An entry was changed, put in or taken out after it was recorded: each one names its predecessor."
        }
        Fault::Time => "Entries were put in another order, or the ledger's clock was turned back.",
        Fault::Genesis => "This is not the beginning of the ledger that the verifier key belongs to.",
        Fault::CommitRoot | Fault::Root | Fault::LeafHash => {
            "What is shown is not what was signed: entries were changed, put in or taken out."
        }
        Fault::Opening => {
            "What is shown of a confidential record is not what was sealed, or came before its day: the ledger shows \
             something that was not recorded, or what it had to keep back."
        }
        Fault::Seal => {
            "What the vault would disclose of this entry is not what was sealed, or something of it is missing."
        }
        Fault::Marker => {
            "Somebody whose data was accessed would not find this record with their view key, or another would."
        }
        Fault::NoOpening => {
            "What was sealed can't be disclosed any more, and no entry says that it was erased: the vault was damaged, or \
             something was taken out of it."
        }
        Fault::StrayOpening => {
            "Something was put into the vault that was never recorded, or into another place."
        }
        Fault::Erasure => {
            "Something was erased that no entry speaks of, or the ledger says that something was erased and it was not."
        }
        Fault::Annotation => {
            "The service names corrections or openings that are none: what it says about records can't be relied on."
        }
        Fault::Tile => "The hashes that are shown do not belong to the tree that was signed.",
    }
}

fn next_steps(error: &anyhow::Error) -> Vec<String> {
    error.chain().find_map(steps_for).unwrap_or_default()
}

fn steps_for(cause: &(dyn std::error::Error + 'static)) -> Option<Vec<String>> {
    let one = |step: &str| Some(vec![step.to_owned()]);
    if let Some(error) = cause.downcast_ref::<VerifyError>() {
        return match error {
            VerifyError::Failed(finding) => steps_for(&**finding),
            VerifyError::Distrusted(error) => steps_for(error),
            VerifyError::Unread(error) => steps_for(error),
            _ => None,
        };
    }
    if let Some(finding) = cause.downcast_ref::<Finding>() {
        return Some(vec![meaning_of(finding.fault).to_owned(), KEEP.to_owned()]);
    }
    if let Some(error) = cause.downcast_ref::<TrustError>() {
        return match error {
            TrustError::Checkpoint(CheckpointError::Origin { .. } | CheckpointError::Signature(_)) => {
                one(WRONG_KEY)
            }
            _ => None,
        };
    }
    if let Some(error) = cause.downcast_ref::<ReceiptError>() {
        return match error {
            ReceiptError::Checkpoint(_) => one(
                "First make sure that --vkey is the key of the ledger that the receipt is from. If it is, the receipt is not genuine.",
            ),
            ReceiptError::NoLeaf => None,
            _ => one("The receipt was changed or damaged: it proves nothing."),
        };
    }
    if let Some(unconfirmed) = cause.downcast_ref::<NotConfirmed>() {
        return one(&unconfirmed.advice);
    }
    if let Some(SourceError::Unreachable { .. }) = cause.downcast_ref::<SourceError>() {
        return one(&format!("Is the service running there, and is the address right? {START}"));
    }
    if let Some(ScanError::Verify(error)) = cause.downcast_ref::<ScanError>() {
        return steps_for(error);
    }
    if let Some(error) = cause.downcast_ref::<VaultError>() {
        return vault_steps(error);
    }
    if let Some(error) = cause.downcast_ref::<DisclosureFileError>() {
        return match error {
            error if error.is_failure() => one("The file was changed, or is not genuine: it proves nothing."),
            DisclosureFileError::Origin { .. } => one(WRONG_KEY),
            DisclosureFileError::TwoTrees { .. } => {
                one("It was put together from two. Ask for the file as `einsicht disclose --out` wrote it.")
            }
            _ => None,
        };
    }
    record_steps(cause)
}

fn vault_steps(error: &VaultError) -> Option<Vec<String>> {
    let step = match error {
        VaultError::Connect(error) => return record_steps(error),
        VaultError::Refused(failure) => match failure.code() {
            Code::PermissionDenied => NOT_ALLOWED,
            Code::Unauthenticated => WHO_ARE_YOU,
            _ => return None,
        },
        VaultError::NotReached(_) => START,
        VaultError::Unanswered(_) | VaultError::Unproven(_) => {
            "It may have been done. Every call leaves an entry: look at the last ones before you ask again \
             (einsicht list --all)"
        }
        VaultError::False(_) => KEEP_MESSAGE,
        _ => return None,
    };
    Some(vec![step.to_owned()])
}

fn record_steps(cause: &(dyn std::error::Error + 'static)) -> Option<Vec<String>> {
    let error = cause.downcast_ref::<RecordError>()?;
    let step = match error {
        // It says itself what to do.
        RecordError::Unreachable { status, .. } if status.tls().is_some() => return None,
        RecordError::Unreachable { status: failure, .. } | RecordError::Refused(failure) => {
            match failure.code() {
                Code::PermissionDenied => NOT_ALLOWED,
                Code::Unauthenticated => WHO_ARE_YOU,
                _ if matches!(error, RecordError::Unreachable { shows_certificate: false, .. }) => START,
                _ => return None,
            }
        }
        RecordError::Verification(error) => match &**error {
            VerificationError::Checkpoint(error) => return steps_for(error),
            _ => KEEP_MESSAGE,
        },
        RecordError::Partly { error, .. } => return record_steps(&**error),
        _ => return None,
    };
    Some(vec![step.to_owned()])
}

fn unconfirmed_text(unconfirmed: &Unconfirmed) -> String {
    let count = unconfirmed.events().len();
    let (what, they) =
        if count == 1 { ("1 event".to_owned(), "was") } else { (format!("{count} events"), "were") };
    let why = match unconfirmed.cause() {
        Cause::Failed(failure) => failure.to_string(),
        cause => cause.to_string(),
    };
    match unconfirmed.may_be_recorded() {
        true => format!("nobody knows whether {what} {they} recorded: {why}"),
        false => format!("{what} {they} not recorded: {why}"),
    }
}

fn is<E: std::error::Error + 'static>(
    cause: &(dyn std::error::Error + 'static),
    test: impl FnOnce(&E) -> bool,
) -> bool {
    cause.downcast_ref::<E>().is_some_and(test)
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use einsicht_tlog::Index;

    use super::*;

    fn finding(fault: Fault) -> Finding {
        Finding { fault, index: Some(Index(7)), place: None, expected: "a".to_owned(), found: "b".to_owned() }
    }

    #[test]
    fn false_and_unknown_end_differently() {
        let exit = |error: anyhow::Error| exit_of(&error);
        assert_eq!(exit(VerifyError::from(finding(Fault::Chain)).into()), Exit::Failed);
        assert_eq!(exit(anyhow::Error::new(finding(Fault::Body)).context("more")), Exit::Failed);
        assert_eq!(exit(VerifyError::Empty { place: "x".to_owned() }.into()), Exit::Untold);
        assert_eq!(exit(ReceiptError::OtherLeaf.into()), Exit::Failed);
        assert_eq!(exit(ReceiptError::NoLeaf.into()), Exit::Untold);
        assert_eq!(exit(anyhow::anyhow!("no key")), Exit::Untold);
    }

    #[test]
    fn a_cause_is_said_once() {
        let error = Err::<(), _>(std::io::Error::from(std::io::ErrorKind::NotFound));
        let error = error.context("the key x can't be read").unwrap_err();
        assert_eq!(text_of(&error), "the key x can't be read: entity not found");
        let trust = TrustError::Io { path: "x".into(), error: std::io::ErrorKind::NotFound.into() };
        assert_eq!(text_of(&trust.into()), "what was verified can't be kept at x: entity not found");
    }

    #[test]
    fn a_failed_check_says_what_it_means_and_what_to_do() {
        let error = anyhow::Error::new(VerifyError::from(finding(Fault::Chain)));
        let steps = next_steps(&error);
        assert!(steps.iter().any(|step| step.contains("names its predecessor")), "{steps:?}");
        assert!(steps.iter().any(|step| step.contains("Keep a copy")), "{steps:?}");
    }

    #[test]
    fn who_knows_nothing_of_an_event_is_told_how_to_send_it_again() {
        let unconfirmed = NotConfirmed { error: RecordError::Closed, advice: "Send it again".to_owned() };
        let error = anyhow::Error::new(unconfirmed).context("more");
        assert_eq!(next_steps(&error), ["Send it again"]);
        assert!(text_of(&error).starts_with("more: the ledger did not confirm the event: "));
    }

    #[test]
    fn who_reaches_nothing_is_told_what_to_start() {
        let error = SourceError::Unreachable { url: "u".to_owned(), attempts: 1, reason: "r".to_owned() };
        let steps = next_steps(&VerifyError::from(error).into());
        assert!(steps.iter().any(|step| step.contains("einsichtd dev")), "{steps:?}");
    }
}
