//! What a ledger that has started after harm says of its sealed values, and whether it can seal others.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use einsicht_access::{EventView, Month, Provenance, read_body};
use einsicht_proto::v1::{AccessEvent, EntryBody};
use einsicht_service::charters::Terms;
use einsicht_service::config::Rules;
use einsicht_service::ledger::Ledger;
use einsicht_service::sealing::{Batch, Keys, classes};
use einsicht_service::vault::{KeyringError, VaultError};
use einsicht_tlog::{Index, Leaf, Origin};

use super::original::Original;
use crate::folder;
use crate::make::{event, now_us};

const PRODUCER: &str = "trial";

/// Whether a start says that something of the vault is damaged: what it looks at, or a key.
pub fn tells_of_damage(ledger: &Ledger, copy: &Path) -> bool {
    let Some(keyring) = ledger.vault.keyring() else { return false };
    let damaged = |error: KeyringError| matches!(error, KeyringError::Damaged { .. });
    let keys = ["keys/vault", "keys/markers"].map(|of| copy.join(of)).into_iter().filter(|of| of.exists());
    let names = keys
        .flat_map(|of| folder::files(&of))
        .map(|key| key.file_name().unwrap().to_str().unwrap().to_owned());
    let key_damaged = names.into_iter().any(|name| {
        let name = name.strip_suffix(".key").unwrap_or(&name);
        match name.split_once('.') {
            Some((month, class)) => {
                let (month, class) = (month.parse().unwrap(), class.parse().unwrap());
                keyring.existing_vault_key(month, class).is_err_and(damaged)
            }
            None => keyring.existing_period_key(name.parse().unwrap()).is_err_and(damaged),
        }
    });
    key_damaged || !ledger.vault.damages().is_empty()
}

/// Whether a file is as good as before, after something more was sealed: what is derived has grown then.
pub fn is_made_good(original: &Original, copy: &Path, file: &Path) -> bool {
    let [before, now] = [original.data(), copy].map(|data| fs::read(data.join(file)).ok());
    match file.to_str() {
        Some("vault/watermark") => {
            let size = format!("\n{}\n", original.head.size.0 + 1);
            now.is_some_and(|now| String::from_utf8_lossy(&now).contains(&size))
        }
        // Digits in either case, and white space around them, are the same key.
        Some("keys/wrapping.key") => {
            let key = |bytes: Option<Vec<u8>>| {
                String::from_utf8(bytes?).ok().map(|text| text.trim().to_ascii_lowercase())
            };
            key(before) == key(now)
        }
        Some("vault/erasing") => now.is_none_or(|now| now.iter().all(|byte| *byte == 0)),
        Some(path) if path.ends_with("/index") => now.is_some_and(|now| now.starts_with(&before.unwrap())),
        _ => before == now,
    }
}

/// A sealed value that is shown is the one that was sealed, or none is and it is said why: then somebody told of
/// the harm. What was erased may have come back only if that is told.
pub fn values_differ(original: &Original, ledger: &Ledger, told: bool) -> Option<String> {
    for index in &original.erased {
        let found = ledger.vault.openings(Index(*index), &original.leaves[usize::try_from(*index).unwrap()]);
        match found {
            Err(VaultError::Erased { .. }) => {}
            Err(_) if told => {}
            Ok(_) => return Some(format!("values of entry {index} were erased as a whole, and are shown")),
            Err(error) => {
                return Some(format!(
                    "nobody tells, and it is not known that entry {index} was erased: {error}"
                ));
            }
        }
    }
    for (index, openings) in &original.openings {
        let leaf = &original.leaves[usize::try_from(*index).unwrap()];
        match ledger.vault.openings(Index(*index), leaf) {
            Ok(found) if found.openings == *openings => {}
            Ok(found) if told && found.openings.verify(&body_of(leaf)).is_ok() => {}
            Ok(_) => return Some(format!("other values of entry {index} are shown")),
            Err(_) if told => {}
            Err(error) => {
                return Some(format!("nobody tells, and the values of entry {index} are not there: {error}"));
            }
        }
    }
    None
}

/// What is sealed now is recorded with openings that open, or it is refused, and nothing is recorded.
pub fn records_wrongly(original: &Original, ledger: &mut Ledger) -> Option<String> {
    let month = Month::of_unix_s(u64::try_from(now_us() / 1_000_000).unwrap());
    let (terms, event) =
        (Terms::of(Rules::default()), AccessEvent { actor: Some("sorge".to_owned()), ..event() });
    let views = [EventView::from(&event)];
    let keys = Keys::make(ledger.vault.keyring()?, month, &classes(&views, &terms)).ok()?;
    let session = Bytes::from_static(&[9; 16]);
    let provenance = Provenance { producer: PRODUCER, session: &session, sequence: 0 };
    let origin = Origin::parse(&ledger.genesis.origin).unwrap();
    let batch = Batch { events: &views, provenance, terms: &terms, origin: &origin };
    let work = batch.seal(Some(&keys)).unwrap();
    let placed = match ledger.committer.record_now(vec![work]) {
        Ok(placed) => placed[0].index,
        Err(_) if ledger.committer.published().borrow().head == original.head => return None,
        Err(error) => return Some(format!("it refuses what it has recorded: {error}")),
    };
    let leaf = ledger.reader.leaf(placed).ok()?;
    match ledger.vault.openings(placed, &leaf) {
        Ok(found) if found.openings.verify(&body_of(&leaf)).is_ok() => None,
        Ok(_) => Some("what was sealed after the start opens to something else".to_owned()),
        Err(error) => Some(format!("AN ENTRY WITHOUT ITS OPENINGS was recorded after the start: {error}")),
    }
}

fn body_of(leaf: &[u8]) -> EntryBody {
    read_body(Leaf::parse(leaf).unwrap().body).unwrap()
}
