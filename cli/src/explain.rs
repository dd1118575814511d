//! Says what went wrong, what it means and what to do, and how the programme ends.

use einsicht_access::Language;
use einsicht_client::VerifyError;
use einsicht_client::disclosure::DisclosureFileError;
use einsicht_client::error::{Cause, RecordError, Unconfirmed};
use einsicht_client::finding::{Conclusion, Fault, Finding};
use einsicht_client::scan::ScanError;
use einsicht_client::source::SourceError;
use einsicht_client::trust::TrustError;
use einsicht_client::vault::VaultError;
use einsicht_tlog::receipt::ReceiptError;

use crate::command::{Doubted, Unusable};
use crate::exit::Exit;
use crate::language::pick;
use crate::output::{Emphasis, complain, complain_styled};
use crate::view::ViewError;

mod german;
mod steps;

use steps::next_steps;

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
pub fn complain_about(error: &anyhow::Error, language: Language) -> Exit {
    let exit = exit_of(error);
    let unusable = |cause| is::<Unusable>(cause, |error| error.language == Language::German);
    let label_language = match error.chain().any(unusable) {
        true => Language::German,
        false => language,
    };
    let is_the_report = error.chain().any(|cause| cause.is::<Doubted>());
    let label = match exit {
        // The ledger was verified: it is the report that it does not give.
        Exit::Failed if is_the_report => {
            pick(language, "BERICHT NICHT BESTÄTIGT: ", "REPORT NOT CONFIRMED: ")
        }
        Exit::Failed => pick(language, "PRÜFUNG FEHLGESCHLAGEN: ", "VERIFICATION FAILED: "),
        _ => pick(label_language, "Fehler: ", "error: "),
    };
    complain_styled(Emphasis::Bad, label, &text_in(error, language));
    for step in next_steps(error, language) {
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
            || is::<Doubted>(cause, |error| !error.may_be_version())
    });
    if failed { Exit::Failed } else { Exit::Untold }
}

/// The error and its causes in one text. Causes that are part of what was said already are left out.
pub fn text_of(error: &anyhow::Error) -> String {
    text_in(error, Language::English)
}

/// The same in a language, as far as it is told in it.
pub fn text_in(error: &anyhow::Error, language: Language) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let german = pick(language, german::said(cause), None);
        let said = german.unwrap_or_else(|| match cause.downcast_ref::<RecordError>() {
            Some(RecordError::Unconfirmed(unconfirmed)) => unconfirmed_text(unconfirmed),
            Some(RecordError::Verification(error)) => format!("the ledger's answer is not believed: {error}"),
            _ => cause.to_string(),
        });
        if text.is_empty() {
            text = said;
        } else if !text.contains(&said) && !said.is_empty() {
            text = format!("{text}: {said}");
        }
    }
    text
}

/// A finding in one sentence.
pub fn finding_text(finding: &Finding, language: Language) -> String {
    match language {
        Language::German => german::finding_text(finding),
        Language::English => finding.to_string(),
    }
}

/// What a failed check means.
pub fn meaning_of(fault: Fault) -> &'static str {
    match fault {
        Fault::Rollback => {
            "Entries that were signed before are gone: the ledger was cut back or replaced by an older copy."
        }
        Fault::Segment | Fault::Frame => "The stored files were damaged or changed after they were written.",
        Fault::Missing => {
            "Entries that the ledger has signed are not there: it was cut back, or this is a copy that is older than what \
             was verified here before. Of an older copy, its beginning can be verified with another --state-dir."
        }
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
        Fault::Confidential => {
            "The record is marked as confidential, and yet shows something of the access: what it shows is neither sealed nor \
             judged. The service never writes such a record."
        }
        Fault::Opening => {
            "What is shown of a confidential record is not what was sealed, or came before its day: the ledger shows \
             something that was not recorded, or what it had to keep back."
        }
        Fault::Charter => {
            "The ledger holds something as a charter that is none, so nobody can say what accesses were judged by. The \
             service checks charters before it publishes them."
        }
        Fault::Report => {
            "The ledger holds something as a report that is none, or as the correction of another one that is none of the \
             same period. The service never writes such an entry."
        }
        Fault::OtherCharter => {
            "The record was judged by promises that were not those in force, or by none: its verdict says nothing."
        }
        Fault::Verdict => {
            "The ledger says of this access that it fits or does not fit what the city promised, and by the charter in the \
             ledger that is not so."
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
        Fault::OpeningsFile => {
            "A file of the vault was damaged at its beginning, or exchanged; the records behind that were read all the same."
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
    fn who_reads_german_is_told_what_failed_and_what_it_means_in_german() {
        let error =
            anyhow::Error::new(VerifyError::from(finding(Fault::Chain))).context("x ist nicht bestätigt");
        let text = "x ist nicht bestätigt: Eintrag 7: die Kette ist unterbrochen: erwartet: a; gefunden: b";
        assert_eq!(text_in(&error, Language::German), text);
        let steps = next_steps(&error, Language::German).join(" ");
        assert!(steps.contains("jeder nennt seinen Vorgänger") && steps.contains("Kopie"), "{steps}");
    }

    #[test]
    fn a_cause_is_said_once() {
        let error = Err::<(), _>(std::io::Error::from(std::io::ErrorKind::NotFound));
        let error = error.context("the key x can't be read").unwrap_err();
        assert_eq!(text_of(&error), "the key x can't be read: entity not found");
        let trust = TrustError::Io { path: "x".into(), error: std::io::ErrorKind::NotFound.into() };
        assert_eq!(text_of(&trust.into()), "what was verified can't be kept at x: entity not found");
    }
}
