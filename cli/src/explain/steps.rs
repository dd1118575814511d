//! What a person can do about an error.

use einsicht_access::Language;
use einsicht_client::VerifyError;
use einsicht_client::answer::VerificationError;
use einsicht_client::disclosure::DisclosureFileError;
use einsicht_client::error::RecordError;
use einsicht_client::finding::Finding;
use einsicht_client::scan::ScanError;
use einsicht_client::source::SourceError;
use einsicht_client::trust::TrustError;
use einsicht_client::vault::VaultError;
use einsicht_tlog::checkpoint::CheckpointError;
use einsicht_tlog::receipt::ReceiptError;
use tonic::Code;

use super::{NotConfirmed, german, meaning_of};
use crate::command::Doubted;
use crate::language::pick;

/// The same in German and in English.
type Step = [&'static str; 2];

const START: Step = [
    "Läuft der Dienst dort, und stimmt die Adresse? Ein Protokoll zum Ausprobieren startet: einsichtd dev --data \
     ./einsicht-data",
    "Is the service running there, and is the address right? If it is a ledger for trying out, start it: einsichtd dev \
     --data ./einsicht-data",
];
const WRONG_KEY: Step = [
    "Zuerst bitte sicherstellen, dass --vkey der Schlüssel dieses Protokolls ist und nicht der eines anderen oder neu \
     eingerichteten. Ist es der richtige, so zeigt das Protokoll etwas, das mit diesem Schlüssel nicht unterschrieben ist.",
    "First make sure that --vkey is the key of this ledger, and not of another one or of one that was set up anew. If the \
     key is right, the ledger shows something that its key did not sign.",
];
const KEEP: Step = [
    "Bitte eine Kopie des Gelesenen aufbewahren, diesem Protokoll nicht trauen, und den Betreiber und andere, die es \
     beobachten, unterrichten. `einsicht verify --full` liest alles noch einmal.",
    "Keep a copy of what was read, do not rely on this ledger, and tell its operator and others who watch it. `einsicht \
     verify --full` reads everything again.",
];
const NOT_ALLOWED: Step = [
    "Das Protokoll weiß, wer Sie sind. Was Sie dort dürfen, steht in der Konfiguration des Dienstes: bitte den Betreiber \
     fragen, oder das Token oder Zertifikat angeben, das dafür gedacht ist",
    "The ledger knows who you are. What you may do there is in the service's configuration: ask its operator, or give the \
     token or certificate that is meant for this",
];
const WHO_ARE_YOU: Step = [
    "Bitte die Datei mit dem Token angeben, das Sie vom Betreiber des Dienstes haben: --token-file FILE; oder Ihr Zertifikat, \
     wenn er Sie daran erkennt: --cert-file FILE --key-file FILE",
    "Give the file with the token that the operator of the service gave you: --token-file FILE; or your certificate, if it \
     knows you by that: --cert-file FILE --key-file FILE",
];
const KEEP_MESSAGE: Step = [
    "Das Protokoll hat etwas geantwortet, das es nicht bewiesen hat. Bitte diese Meldung aufbewahren und den Betreiber \
     unterrichten",
    "The ledger answered something that it did not prove. Keep this message, and tell its operator",
];
const FALSE_BUT_MAYBE_DONE: Step = [
    "Das Protokoll hat etwas geantwortet, das es nicht bewiesen hat. Was verlangt war, kann trotzdem geschehen sein. Bitte \
     diese Meldung aufbewahren, den Betreiber unterrichten, und die letzten Einträge ansehen (einsicht list --all)",
    "The ledger answered something that it did not prove. What was asked for may have been done all the same. Keep this \
     message, tell its operator, and look at the last entries (einsicht list --all)",
];
const MAYBE_DONE: Step = [
    "Es kann geschehen sein. Jeder Aufruf hinterlässt einen Eintrag: bitte die letzten ansehen, ehe Sie es noch einmal \
     verlangen (einsicht list --all)",
    "It may have been done. Every call leaves an entry: look at the last ones before you ask again (einsicht list --all)",
];
const WRONG_RECEIPT_KEY: &str = "First make sure that --vkey is the key of the ledger that the receipt is from. If it is, the \
    receipt is not genuine.";

/// What to do about an error.
pub fn next_steps(error: &anyhow::Error, language: Language) -> Vec<String> {
    error.chain().find_map(|cause| steps_for(cause, language)).unwrap_or_default()
}

fn steps_for(cause: &(dyn std::error::Error + 'static), language: Language) -> Option<Vec<String>> {
    let one = |step: &str| Some(vec![step.to_owned()]);
    let in_both = |[german, english]: Step| one(pick(language, german, english));
    if let Some(error) = cause.downcast_ref::<VerifyError>() {
        return match error {
            VerifyError::Failed(finding) => steps_for(&**finding, language),
            VerifyError::Distrusted(error) => steps_for(error, language),
            VerifyError::Unread(error) => steps_for(error, language),
            _ => None,
        };
    }
    if let Some(finding) = cause.downcast_ref::<Finding>() {
        let meaning = pick(language, german::meaning_of(finding.fault), meaning_of(finding.fault));
        return Some(vec![meaning.to_owned(), pick(language, KEEP[0], KEEP[1]).to_owned()]);
    }
    if let Some(doubted) = cause.downcast_ref::<Doubted>() {
        return Some(doubted.advice(language));
    }
    if let Some(error) = cause.downcast_ref::<TrustError>() {
        return match error {
            TrustError::Checkpoint(CheckpointError::Origin { .. } | CheckpointError::Signature(_)) => {
                in_both(WRONG_KEY)
            }
            _ => None,
        };
    }
    if let Some(error) = cause.downcast_ref::<ReceiptError>() {
        return match error {
            ReceiptError::Checkpoint(_) => one(WRONG_RECEIPT_KEY),
            ReceiptError::NoLeaf => None,
            _ => one("The receipt was changed or damaged: it proves nothing."),
        };
    }
    if let Some(unconfirmed) = cause.downcast_ref::<NotConfirmed>() {
        return one(&unconfirmed.advice);
    }
    if let Some(SourceError::Unreachable { .. }) = cause.downcast_ref::<SourceError>() {
        return in_both(START);
    }
    if let Some(ScanError::Verify(error)) = cause.downcast_ref::<ScanError>() {
        return steps_for(error, language);
    }
    if let Some(error) = cause.downcast_ref::<VaultError>() {
        return vault_steps(error, language);
    }
    if let Some(error) = cause.downcast_ref::<DisclosureFileError>() {
        return match error {
            error if error.is_failure() => one("The file was changed, or is not genuine: it proves nothing."),
            DisclosureFileError::Origin { .. } => in_both(WRONG_KEY),
            DisclosureFileError::TwoTrees { .. } => {
                one("It was put together from two. Ask for the file as `einsicht disclose --out` wrote it.")
            }
            _ => None,
        };
    }
    record_steps(cause, language)
}

fn vault_steps(error: &VaultError, language: Language) -> Option<Vec<String>> {
    let [german, english] = match error {
        VaultError::Connect(error) => return record_steps(error, language),
        VaultError::Refused(failure) => match failure.code() {
            Code::PermissionDenied => NOT_ALLOWED,
            Code::Unauthenticated => WHO_ARE_YOU,
            _ => return None,
        },
        VaultError::NotReached(_) => START,
        VaultError::Unanswered(_) | VaultError::Unproven(_) => MAYBE_DONE,
        VaultError::False(_) => FALSE_BUT_MAYBE_DONE,
        _ => return None,
    };
    Some(vec![pick(language, german, english).to_owned()])
}

fn record_steps(cause: &(dyn std::error::Error + 'static), language: Language) -> Option<Vec<String>> {
    let error = cause.downcast_ref::<RecordError>()?;
    let [german, english] = match error {
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
            VerificationError::Checkpoint(error) => return steps_for(error, language),
            _ => KEEP_MESSAGE,
        },
        RecordError::Partly { error, .. } => return record_steps(&**error, language),
        _ => return None,
    };
    Some(vec![pick(language, german, english).to_owned()])
}

#[cfg(test)]
mod tests {
    use einsicht_client::finding::Fault;
    use einsicht_client::vault::AnswerFault;
    use einsicht_tlog::Index;
    use tonic::Status;

    use super::*;

    #[test]
    fn a_failed_check_says_what_it_means_and_what_to_do() {
        let error = anyhow::Error::new(VerifyError::from(finding()));
        let steps = next_steps(&error, Language::English);
        assert!(steps.iter().any(|step| step.contains("names its predecessor")), "{steps:?}");
        assert!(steps.iter().any(|step| step.contains("Keep a copy")), "{steps:?}");
    }

    #[test]
    fn who_knows_nothing_of_an_event_is_told_how_to_send_it_again() {
        let unconfirmed = NotConfirmed { error: RecordError::Closed, advice: "Send it again".to_owned() };
        let error = anyhow::Error::new(unconfirmed).context("more");
        assert_eq!(next_steps(&error, Language::English), ["Send it again"]);
        assert!(crate::explain::text_of(&error).starts_with("more: the ledger did not confirm the event: "));
    }

    #[test]
    fn who_reaches_nothing_is_told_what_to_start() {
        let error = SourceError::Unreachable { url: "u".to_owned(), attempts: 1, reason: "r".to_owned() };
        let steps = next_steps(&VerifyError::from(error).into(), Language::English);
        assert!(steps.iter().any(|step| step.contains("einsichtd dev")), "{steps:?}");
    }

    fn finding() -> Finding {
        let (expected, found) = ("a".to_owned(), "b".to_owned());
        Finding { fault: Fault::Chain, index: Some(Index(7)), place: None, expected, found }
    }

    #[test]
    fn who_has_no_answer_of_the_vault_is_told_that_it_may_have_been_done() {
        let steps =
            |status: Status| next_steps(&VaultError::from(status).into(), Language::English).join(" ");
        for unclear in
            [Status::unavailable("later"), Status::deadline_exceeded("slow"), Status::internal("?")]
        {
            assert!(steps(unclear).contains("It may have been done"));
        }
        assert_eq!(steps(Status::not_found("no such entry")), "");
        assert!(steps(Status::permission_denied("no")).contains("configuration"));
        let lie = AnswerFault::Nothing("no value");
        let lied = next_steps(&VaultError::from(lie).into(), Language::English).join(" ");
        assert!(lied.contains("may have been done all the same"), "{lied}");
    }
}
