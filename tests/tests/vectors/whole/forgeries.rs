//! Forgeries of the whole ledger, and how their verification ends.

use einsicht_client::{Conclusion, VerifyError};
use serde::Serialize;

use super::scans::{key_file, scanned};
use super::served::{damaged, damaged_at_the_end, shorter, signed_by_others};
use super::signed_anew::{signed_anew, with_record};
use super::{Tiles, audited, shown};
use crate::city::{self, A, City};
use crate::forged::{Changes, changes};
use crate::ledger::{Ledger, hex, text, trust};
use crate::outcome;

#[derive(Serialize)]
pub struct Forged {
    name: &'static str,
    #[serde(flatten)]
    changes: Changes,
    kept: Option<Kept>,
    outcome: u8,
    shows: Option<&'static str>,
    scan: Option<ScanOf>,
}

/// What a citizen finds in a forgery that nothing gives away.
#[derive(Serialize)]
struct ScanOf {
    file: String,
    found: Vec<String>,
}

#[derive(Serialize, Clone)]
struct Kept {
    size: String,
    root: String,
    checkpoint: String,
}

pub async fn forged(city: &City) -> Vec<Forged> {
    let ledger = &city.ledger;
    let mut forged = Vec::new();
    for (name, tiles, shows) in
        [damaged(ledger), damaged_at_the_end(ledger), signed_by_others(ledger)].concat()
    {
        forged.push(case(name, ledger, tiles, None, shows).await);
    }
    for (name, other, shows) in signed_anew(ledger) {
        forged.push(case(name, ledger, other.tiles(), None, shows).await);
    }
    let kept = |size| Kept {
        size: format!("{size}"),
        root: hex(ledger.head_at(size).root.as_bytes()),
        checkpoint: text(ledger.note_at(size)),
    };
    let other_markers = with_record(ledger, city::MARKED_IN_DECEMBER, |record| {
        record.markers = vec![vec![7; 16].into()];
    });
    let cases = [
        ("kept, and nothing is new", ledger.tiles(), kept(300), None),
        ("kept, and grown", ledger.tiles(), kept(150), None),
        ("another marker, behind what was kept", other_markers.tiles(), kept(280), None),
        ("another marker, within what was kept", other_markers.tiles(), kept(281), Some("history")),
        ("smaller than what was kept", shorter(ledger), kept(300), Some("history")),
    ];
    for (name, tiles, kept, shows) in cases {
        forged.push(case(name, ledger, tiles, Some(kept), shows).await);
    }
    let keys = key_file(&[(A, "2026-12")]);
    let mut unseen =
        case("another marker, signed anew: nobody sees it alone", ledger, other_markers.tiles(), None, None)
            .await;
    let (_, found) = scanned(&other_markers, &keys).await;
    unseen.scan = Some(ScanOf {
        file: keys.to_json().to_string(),
        found: found.into_iter().map(|hit| hit.index).collect(),
    });
    assert_ne!(scanned(ledger, &keys).await.1.len(), unseen.scan.as_ref().unwrap().found.len());
    forged.push(unseen);
    forged
}

async fn case(
    name: &'static str,
    ledger: &Ledger,
    tiles: Tiles,
    kept: Option<Kept>,
    shows: Option<&'static str>,
) -> Forged {
    let trust = trust();
    if let Some(kept) = &kept {
        trust.offer(kept.checkpoint.as_bytes()).unwrap();
    }
    let found = audited(&tiles, &trust).await;
    let rust = found.as_ref().err().map_or(Conclusion::Verified, VerifyError::conclusion);
    let shown = found.err().map(|error| shown(&error));
    // This verifier fetches no hash tiles (docs/format.md, This project's verifier).
    let expected = shows.filter(|shows| *shows != "tiles");
    assert_eq!(shown, expected, "{name}");
    let outcome = match shows {
        None => outcome(Conclusion::Verified),
        Some("missing" | "empty") => outcome(Conclusion::CouldNotTell),
        Some(_) => outcome(Conclusion::Failed),
    };
    assert!(shows == Some("tiles") || crate::outcome(rust) == outcome, "{name}");
    Forged { name, changes: changes(&ledger.tiles(), &tiles), kept, outcome, shows, scan: None }
}
