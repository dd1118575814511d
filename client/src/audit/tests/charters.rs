//! Every record is judged again, by the charter that the ledger holds.

mod confidential;
mod laws;
mod texts;
mod verdicts;
mod what_if;

use std::collections::BTreeMap;

use einsicht_access::{Charter, Facts, Verdict};
use einsicht_proto::v1::{AccessEvent, AccessRecord};

use super::*;
use crate::sample::judged::{InForce, TEXT, body_of, charter, event, hidden, judged, long_text, other_text};

/// What the tests count on their own.
type Counts = BTreeMap<String, [u64; 3]>;

type Change = fn(&mut AccessRecord);

fn count(counts: &mut Counts, charter: &Charter, record: Option<&AccessRecord>) {
    let facts = record.map(Facts::from);
    for (position, commitment) in charter.commitments().iter().enumerate() {
        let verdict = match &facts {
            Some(facts) => charter.judge(facts).verdict(charter, position),
            None => commitment.rule().map(|_| Verdict::NotVerifiable),
        };
        let Some(verdict) = verdict else { continue };
        counts.entry(commitment.id.clone()).or_default()[verdict as usize] += 1;
    }
}

fn counts_of(report: &AuditReport) -> Counts {
    counts(report.verdicts.all(report.charter.as_ref().map(|published| &published.charter)))
}

fn tallied(what_if: &WhatIf) -> Counts {
    counts(what_if.tallies())
}

fn counts<'a>(tallies: impl Iterator<Item = (&'a str, Tally)>) -> Counts {
    let counts =
        tallies.map(|(id, tally)| (id.to_owned(), [tally.kept, tally.deviates, tally.not_verifiable]));
    counts.filter(|(_, counts)| counts.iter().sum::<u64>() > 0).collect()
}

/// Fits, does not fit, does not say enough, is unknown to the charter.
fn events() -> Vec<AccessEvent> {
    vec![
        event("grabregister", "friedhofsverwaltung", Some(3), Some("gdpr-6-1-c")),
        event("grabregister", "statistik", Some(30), Some("gdpr-6-1-c")),
        event("grabregister", "friedhofsverwaltung", None, None),
        event("strassenzustand", "winterdienst", None, None),
        event("hundesteuer", "winterdienst", Some(80), None),
    ]
}

/// Two charters, records before and under each, in segments and tiles of many chunks.
fn known_mix() -> (Ledger, Counts) {
    let (mut ledger, mut counts, mut sequence) = (Ledger::new(), Counts::new(), 0);
    let (first, second) = (charter(TEXT), charter(&other_text()));
    let record = |ledger: &mut Ledger, sequence: &mut u64, in_force: InForce<'_>, counts: &mut Counts| {
        for event in events() {
            let record = judged(&event, *sequence, in_force);
            *sequence += 1;
            if let Some((_, charter)) = in_force {
                count(counts, charter, Some(&record));
            }
            ledger.push(&body_of(record));
        }
        ledger.commit();
    };
    record(&mut ledger, &mut sequence, None, &mut counts);
    let last = ledger.publish(&long_text(3));
    (0..120).for_each(|_| record(&mut ledger, &mut sequence, Some((last, &first)), &mut counts));
    let last = ledger.publish(&other_text());
    (0..120).for_each(|_| record(&mut ledger, &mut sequence, Some((last, &second)), &mut counts));
    (ledger, counts)
}

/// The ledger with other records in some entries, made consistent again, as only its operator can.
fn rewritten(original: &Ledger, commits: &[u64], changes: &[(u64, impl Fn(&mut AccessRecord))]) -> Ledger {
    let mut ledger = Ledger::empty();
    for (position, leaf) in (0..).zip(&original.leaves) {
        let mut body = einsicht_access::read_body(Leaf::parse(leaf).unwrap().body).unwrap();
        for (_, change) in changes.iter().filter(|(index, _)| *index == position) {
            let Some(Content::Access(record)) = &mut body.content else { panic!("{position} is no access") };
            change(record);
        }
        ledger.push(&body);
        if commits.contains(&(position + 1)) {
            ledger.commit();
        }
    }
    ledger
}

/// The mix with another record in an entry.
fn forged(index: u64, change: impl Fn(&mut AccessRecord)) -> Ledger {
    let (original, _) = known_mix();
    rewritten(&original, &original.commits, &[(index, change)])
}

/// The mix with other records in some entries, in one commit.
fn changed(changes: &[(u64, Change)]) -> Ledger {
    let (original, _) = known_mix();
    rewritten(&original, &[original.size()], changes)
}

/// The ledger with another verdict in an entry.
fn reforged(original: &Ledger, index: u64) -> Ledger {
    let other_verdict = |record: &mut AccessRecord| match record.deviates.pop() {
        Some(id) => record.not_verifiable.push(id),
        None => record.deviates.push("V-1".into()),
    };
    rewritten(original, &original.commits, &[(index, other_verdict)])
}
