//! The three checks of a damaged copy, as the functions that the programs call.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use einsicht_access::vault::WrappingKey;
use einsicht_client::audit::{AuditOptions, audit};
use einsicht_client::finding::Conclusion;
use einsicht_client::source::Source;
use einsicht_client::trust::Trust;
use einsicht_client::vault_audit::{VaultCopy, audit_vault};
use einsicht_service::command::fsck;
use einsicht_service::ledger::{Ledger, LedgerError};
use einsicht_service::sequencer::{Judged, PreparedEvent, Refused, Work};
use einsicht_service::wrapping_key::WrappingKeySource;
use einsicht_tlog::{Index, VerifierKey};

use super::harm::Harm;
use super::original::{Original, open, wrapping_key};
use super::sealed;

/// What one of the checks said. The order is that of the exit codes of the programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// Nothing is wrong.
    Sound,
    /// Something is wrong.
    Wrong,
    /// It can't be told.
    CannotTell,
}

/// What a start did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Start {
    /// It refused.
    Refused,
    /// It started, left the file as it is, and said that something of the vault is damaged.
    Told,
    /// It made the file good.
    Mended,
    /// It left the file as it is.
    Passed,
}

/// Who noticed a flip.
#[derive(Debug, Clone)]
pub struct Noticed {
    pub fsck: Said,
    pub verify: Said,
    pub start: Start,
    /// Whether the file differs from the original after the start.
    pub differs: bool,
    /// What is wrong whoever noticed it.
    pub wrong: Option<String>,
}

impl Noticed {
    /// Whether anybody did.
    pub fn anybody(&self) -> bool {
        let by_start = matches!(self.start, Start::Refused | Start::Told);
        self.fsck != Said::Sound || self.verify != Said::Sound || by_start
    }

    /// What the programs say to it: `fsck`, `verify`, and whether the service starts, and then whether it tells of
    /// damage.
    pub fn told(&self) -> (Said, Said, Option<bool>) {
        (self.fsck, self.verify, (self.start != Start::Refused).then_some(self.start == Start::Told))
    }
}

/// Runs all three. The start is the last: it changes the copy.
pub fn run(original: &Original, copy: &Path, harm: &Harm) -> Noticed {
    let file = &harm.file;
    let (fsck, log) = (check(copy), verify(original, copy));
    let verify = if harm.is_of_vault() { verify_vault(original, copy) } else { log };
    let started = catch_unwind(AssertUnwindSafe(|| open(copy)));
    // sled keeps changing its files; that its answers are right is looked at in the ledger.
    let is_foreign = file.starts_with("state");
    let differs = || !is_foreign && !sealed::is_made_good(original, copy, file);
    let told = fsck != Said::Sound;
    let (start, mut wrong) = match started {
        Err(_) => (Start::Refused, Some("the start panicked".to_owned())),
        // The service ends, and readers see nothing wrong. What is derived must not stop it.
        Ok(Err(error)) => (Start::Refused, refused(file, &*error)),
        Ok(Ok(mut ledger)) => {
            let tells = sealed::tells_of_damage(&ledger, copy);
            let wrong = answers_differ(original, &mut ledger, told)
                .or_else(|| sealed::values_differ(original, &ledger, told || tells))
                .or_else(|| harm.is_of_vault().then(|| sealed::records_wrongly(original, &mut ledger))?);
            ledger.committer.finish();
            let start = match (differs(), tells) {
                (_, true) => Start::Told,
                (true, false) => Start::Passed,
                // The same key in another spelling.
                (false, false) if is_foreign || file.ends_with("wrapping.key") => Start::Passed,
                (false, false) => Start::Mended,
            };
            (start, wrong)
        }
    };
    if harm.is_of_vault() && log != Said::Sound {
        wrong.get_or_insert_with(|| format!("the log is not verified: {log:?}"));
    }
    Noticed { fsck, verify, start, differs: differs(), wrong }
}

/// `einsichtd fsck`, with keys.
fn check(copy: &Path) -> Said {
    let Ok(wrapping) = WrappingKeySource::File(wrapping_key(copy)).read() else { return Said::CannotTell };
    match fsck::check_with(copy, Some((&copy.join("keys"), wrapping))) {
        Ok(findings) if findings.faults.is_empty() && findings.vault_faults.is_empty() => Said::Sound,
        Ok(_) => Said::Wrong,
        Err(error) => {
            let is_finding = |cause: &LedgerError| cause.is_finding();
            let found = error.chain().any(|cause| cause.downcast_ref().is_some_and(is_finding));
            if found { Said::Wrong } else { Said::CannotTell }
        }
    }
}

/// `einsicht verify`, with the verifier key of the folder: that may be damaged, too.
fn verify(original: &Original, copy: &Path) -> Said {
    let text = fs::read_to_string(copy.join("ledger.vkey"));
    let Ok(key) = text.map_err(drop).and_then(|text| VerifierKey::parse(&text).map_err(drop)) else {
        return Said::CannotTell;
    };
    let audited =
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let source = Source::open(copy.to_str().unwrap())?;
            audit(&source, &Trust::in_memory(key), AuditOptions { full: true }, |_| {}).await
        });
    match audited {
        Ok(report) => {
            assert_eq!(report.head, original.head, "verify verified another ledger");
            Said::Sound
        }
        Err(error) if error.conclusion() == Conclusion::Failed => Said::Wrong,
        Err(_) => Said::CannotTell,
    }
}

/// `einsicht verify --vault`.
fn verify_vault(original: &Original, copy: &Path) -> Said {
    let key = VerifierKey::parse(&fs::read_to_string(copy.join("ledger.vkey")).unwrap()).unwrap();
    let Ok(wrapping) = fs::read_to_string(wrapping_key(copy))
        .map_err(drop)
        .and_then(|text| WrappingKey::parse(&text).map_err(drop))
    else {
        return Said::CannotTell;
    };
    let Ok(vault) = VaultCopy::open(copy, &copy.join("keys"), &wrapping, key.name()) else {
        return Said::CannotTell;
    };
    let audited =
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let source = Source::open(copy.to_str().unwrap())?;
            audit_vault(&source, &Trust::in_memory(key), vault, |_| {}).await
        });
    match audited.map(|audit| (audit.log.head, audit.conclusion())) {
        Ok((head, conclusion)) => {
            assert_eq!(head, original.head, "verify verified another ledger");
            match conclusion {
                Conclusion::Verified => Said::Sound,
                Conclusion::Failed => Said::Wrong,
                Conclusion::CouldNotTell => Said::CannotTell,
            }
        }
        Err(error) if error.conclusion() == Conclusion::Failed => Said::Wrong,
        Err(_) => Said::CannotTell,
    }
}

/// Derived files are rebuilt: they never stop a start. Nor does the vault, nor a key of it.
fn refused(file: &Path, error: &dyn std::error::Error) -> Option<String> {
    let never = ["state", "log/offsets", "log/hashes", "log/watermark", "ledger.vkey", "vault"];
    let keys = ["keys/vault", "keys/markers"];
    let is_never = never.iter().chain(&keys).any(|never| file.starts_with(never));
    // It betrays a log that was cut: where it names another one, nothing may be destroyed.
    let is_witness = file.ends_with("vault/watermark");
    (is_never && !is_witness).then(|| format!("it stops the start: {error}"))
}

/// What a ledger that has started must still know: its size and root, and every number. What it serves of
/// entries and hashes must be right unless `told`, that is unless the scrub tells that it is not. A number may
/// be refused then, but only if its own entry is not served as it was recorded.
fn answers_differ(original: &Original, ledger: &mut Ledger, told: bool) -> Option<String> {
    let head = ledger.committer.published().borrow().head;
    let mut wrong = (head != original.head).then(|| format!("the ledger begins with {head:?}"));
    let read = |index| ledger.reader.leaf(Index(index)).ok();
    let served: Vec<bool> =
        (0..).map(read).zip(&original.leaves).map(|(found, leaf)| found.as_ref() == Some(leaf)).collect();
    if served.contains(&false) && !told {
        wrong.get_or_insert_with(|| "an entry is served that is none, and the scrub is silent".to_owned());
    }
    if let Some(unknown) = forgotten(original, ledger, told, &served) {
        wrong.get_or_insert(unknown);
    }
    wrong
}

/// The first number that is not known any more, or the first end of a session.
fn forgotten(original: &Original, ledger: &mut Ledger, told: bool, served: &[bool]) -> Option<String> {
    for number in &original.numbers {
        let is_served = served[usize::try_from(number.index.0).unwrap()];
        let event = PreparedEvent {
            sequence: number.sequence,
            event_id: number.event_id,
            body: vec![0].into(),
            sealed: None,
            judged: Judged::default(),
        };
        let work = Work::Accesses { session: number.session, events: vec![event] };
        match ledger.committer.record_now(vec![work]) {
            Ok(placed) => {
                let [placed] = placed.as_slice() else { return Some("not one answer".to_owned()) };
                if !placed.already_recorded || placed.index != number.index {
                    return Some(format!("{number:?} is answered with {placed:?}"));
                }
                if placed.leaf_hash != number.leaf_hash && !told {
                    return Some(format!("{number:?} has another hash: {placed:?}, and the scrub is silent"));
                }
            }
            // Whether an event is known is looked up by its entry; if that hides it, in the vault.
            Err(_) if told && (!is_served || number.is_hidden) => {}
            Err(refused) => return Some(format!("{number:?} is refused: {refused}")),
        }
    }
    for (session, end) in &original.ended {
        let event = PreparedEvent {
            sequence: 1 << 20,
            event_id: [1; 16],
            body: vec![0].into(),
            sealed: None,
            judged: Judged::default(),
        };
        let work = Work::Accesses { session: *session, events: vec![event] };
        match ledger.committer.record_now(vec![work]) {
            Err(Refused::SessionEnded { index }) if index == *end => {}
            other => {
                return Some(format!("a session that ended with entry {end} is taken for open: {other:?}"));
            }
        }
    }
    None
}
