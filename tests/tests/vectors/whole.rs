//! What a verifier finds in the whole ledger, and in forgeries of it.

mod forgeries;
mod scans;
mod served;
mod signed_anew;

use std::collections::BTreeMap;

use einsicht_client::audit::{AuditOptions, AuditReport, audit};
use einsicht_client::finding::Fault;
use einsicht_client::reports::Found;
use einsicht_client::source::Source;
use einsicht_client::trust::TrustError;
use einsicht_client::{Trust, VerifyError};
use einsicht_tlog::Index;
use serde::Serialize;

use self::forgeries::{Forged, forged};
use self::scans::{Scanned, scans};
use crate::city::{self, City};
use crate::ledger::{Ledger, ORIGIN, hex, key, trust, write};

type Tiles = BTreeMap<String, Vec<u8>>;

#[derive(Serialize)]
pub struct File {
    folder: &'static str,
    origin: &'static str,
    verifier_key: String,
    size: String,
    root: String,
    simulated: bool,
    began_at: String,
    recorded_at: String,
    kinds: BTreeMap<&'static str, u64>,
    verdicts: Verdicts,
    sessions: Sessions,
    reports: Vec<Report>,
    scans: Vec<Scanned>,
    forged: Vec<Forged>,
}

#[derive(Serialize)]
struct Verdicts {
    judged: u64,
    deviating: u64,
    without_charter: u64,
    hidden: u64,
    commitments: Vec<Commitment>,
}

#[derive(Serialize)]
struct Commitment {
    id: String,
    kept: u64,
    deviates: u64,
    not_verifiable: u64,
}

#[derive(Serialize)]
struct Sessions {
    met: u64,
    ended: u64,
    missing: u64,
    gaps: Vec<Gap>,
}

#[derive(Serialize)]
struct Gap {
    producer: String,
    session: String,
    missing: u64,
    first_missing: Option<String>,
    over: bool,
}

#[derive(Serialize)]
struct Report {
    index: String,
    period: String,
    manifest_sha256: String,
    replaces: Option<String>,
}

pub async fn file(city: &City) -> File {
    let report = audited(&city.ledger.tiles(), &trust()).await.unwrap();
    assert_eq!(report.head, city.ledger.head_at(city::SIZE));
    File {
        folder: "ledger",
        origin: ORIGIN,
        verifier_key: key().verifier().to_string(),
        size: report.head.size.to_string(),
        root: hex(report.head.root.as_bytes()),
        simulated: report.beginning.simulated,
        began_at: report.began_at.0.to_string(),
        recorded_at: report.recorded_at.0.to_string(),
        kinds: report.kinds.clone(),
        verdicts: verdicts(&report),
        sessions: sessions(&report),
        reports: reports(&city.ledger),
        scans: scans(&city.ledger).await,
        forged: forged(city).await,
    }
}

async fn audited(tiles: &Tiles, trust: &Trust) -> Result<AuditReport, VerifyError> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), tiles);
    let source = Source::open(folder.path().to_str().unwrap()).unwrap();
    audit(&source, trust, AuditOptions::default(), |_| {}).await
}

fn verdicts(report: &AuditReport) -> Verdicts {
    let found = &report.verdicts;
    let commitment = |id: &str| {
        let tally = found.of(id).unwrap();
        Commitment {
            id: id.to_owned(),
            kept: tally.kept,
            deviates: tally.deviates,
            not_verifiable: tally.not_verifiable,
        }
    };
    Verdicts {
        judged: found.judged,
        deviating: found.deviating,
        without_charter: found.without_charter,
        hidden: found.hidden,
        commitments: ["C-1", "C-2"].map(commitment).into(),
    }
}

fn sessions(report: &AuditReport) -> Sessions {
    let found = &report.sessions;
    let gap = |gap: einsicht_client::audit::Gap| Gap {
        producer: gap.producer,
        session: gap.session,
        missing: gap.missing,
        first_missing: gap.first_missing.map(|number| number.to_string()),
        over: gap.over,
    };
    let gaps = found.gaps().into_iter().map(gap).collect();
    Sessions { met: found.met, ended: found.ended, missing: found.missing(), gaps }
}

fn reports(ledger: &Ledger) -> Vec<Report> {
    let mut found = Found::default();
    for index in 0..ledger.size() {
        let leaf = ledger.leaf(index);
        found.note(Index(index), leaf.recorded_at, leaf.body);
    }
    assert_eq!(found.faults().count(), 0);
    let report = |report: &einsicht_client::reports::PublishedReport| Report {
        index: report.index.to_string(),
        period: report.period.clone(),
        manifest_sha256: hex(report.manifest_sha256.as_bytes()),
        replaces: report.replaces.map(|index| index.to_string()),
    };
    found.all().map(report).collect()
}

/// Which part of the verification does not hold.
pub fn shown(error: &VerifyError) -> &'static str {
    match error {
        VerifyError::Failed(finding) => match finding.fault {
            Fault::Root => "root",
            Fault::Verdict => "verdicts",
            Fault::Rollback => "history",
            Fault::Genesis => "genesis",
            _ => "entries",
        },
        VerifyError::Distrusted(TrustError::Checkpoint(_)) => "checkpoint",
        VerifyError::Distrusted(_) => "history",
        VerifyError::Empty { .. } => "empty",
        VerifyError::Newer { .. } => "newer",
        _ => "missing",
    }
}
