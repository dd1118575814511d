//! The whole ledger of the vectors: 300 entries of two months and a bit, with everything that a ledger can hold.

use bytes::Bytes;
use einsicht_access::charter::parts_of;
use einsicht_access::entry::{Beginning, genesis, service_start, session_end};
use einsicht_access::judge::InForce;
use einsicht_access::openings::State;
use einsicht_access::record::{Sealed, opening_entry, seal_accesses, seal_statement};
use einsicht_access::{Charter, EventView, Month, Openings, Provenance, SealedField, body_bytes};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{
    AccessEvent, Correction, Disclosure, DisclosureRequest, EntryBody, Erasure, Operation, Report, Statement,
    Subject,
};
use einsicht_tlog::hash::sha256;

use crate::ledger::{DECEMBER, Ledger, NOVEMBER, ORIGIN, key, period_key, random};
use crate::manifests;

/// Entries from here on were recorded in November, …
pub const NOVEMBER_BEGINS: u64 = 100;
/// … and from here on in December.
pub const DECEMBER_BEGINS: u64 = 270;
pub const SIZE: u64 = 300;
/// An access to the data of both persons, of which much is sealed, and much of that was disclosed at `DISCLOSURE`.
pub const OF_BOTH: u64 = 45;
/// A confidential access to the data of person 4711, and the entry that opens it.
pub const HIDDEN: u64 = 60;
pub const OPENING: u64 = 259;
/// A confidential access that nobody opens.
pub const STILL_HIDDEN: u64 = 150;
pub const ERASURE: u64 = 264;
pub const DISCLOSURE: u64 = 266;
/// Accesses that the forged ledgers change.
pub const MARKED_IN_DECEMBER: u64 = 280;
pub const JUDGED_IN_DECEMBER: u64 = 285;
/// The report of October, and the one that corrects it.
pub const REPORT: u64 = 275;
pub const CORRECTED_REPORT: u64 = 290;
/// Days since 1970 of 2026-11-10.
const DAY: i32 = 20_767;
const STEP_S: u64 = 10_000;

const CHARTER: &str = r#"[charter]
title = "Charta der Vektoren"

[[purpose]]
id = "verkehrsplanung"
title = "Verkehrsplanung"

[[purpose]]
id = "auskunft"
title = "Auskunft aus dem Melderegister"

[[legal_basis]]
id = "gdpr-6-1-c"
title = "Rechtliche Verpflichtung"

[[dataset]]
id = "besuchertrend"
title = "Besuchertrend"
personal = "none"
purposes = ["verkehrsplanung"]

[[dataset]]
id = "melderegister"
title = "Melderegister"
personal = "direct"
purposes = ["auskunft"]

[[commitment]]
id = "C-1"
title = "Nur für die vorgesehenen Zwecke"
source = "Beschluss vom 15. Januar 2026"
evidence = "council decision"
severity = "breach"
must = { purpose = { listed_in_dataset = "purposes" } }

[[commitment]]
id = "C-2"
title = "Personenbezogenes nur mit Rechtsgrundlage"
source = "Beschluss vom 15. Januar 2026"
evidence = "council decision"
severity = "breach"
when = { personal = true }
must = { legal_basis = { in = ["gdpr-6-1-c"] } }
"#;

pub struct City {
    pub ledger: Ledger,
    charter: Option<(u64, Charter)>,
    /// Numbers of the sessions: of `verkehr`, and of `meldewesen`.
    sequences: [u64; 2],
    openings: Vec<(u64, Openings)>,
}

impl City {
    pub fn new() -> Self {
        let mut city =
            Self { ledger: Ledger::default(), charter: None, sequences: [0; 2], openings: Vec::new() };
        while city.ledger.size() < SIZE {
            city.grow();
        }
        city
    }

    /// The openings of an entry, as its vault would have them.
    pub fn openings(&self, index: u64) -> &Openings {
        &self.openings.iter().find(|(of, _)| *of == index).unwrap().1
    }

    /// One entry more, whichever stands there.
    fn grow(&mut self) {
        let index = self.ledger.size();
        match index {
            0 => self.push(&genesis(Beginning {
                origin: ORIGIN,
                software: "einsichtd 0.1.0",
                public_keys: &[*key().verifier().public_key()],
                simulated: true,
                predecessor: None,
            })),
            1 => self.push(&service_start("einsichtd 0.1.0")),
            5 => self.publish(CHARTER),
            20 | 21 | 30 => self.skip(index),
            OF_BOTH => self.access(1, &of_both()),
            HIDDEN | STILL_HIDDEN => {
                self.access(1, &AccessEvent { confidential_until_day: Some(DAY), ..sealed(&[A]) })
            }
            70 => self.correct(OF_BOTH),
            71 => self.correct(HIDDEN),
            90 => self.push(&session_end("verkehr", &session(0), Some(self.sequences[0] + 1))),
            180 => self.publish(
                &CHARTER
                    .replace("purposes = [\"auskunft\"]", "purposes = [\"auskunft\", \"verkehrsplanung\"]"),
            ),
            200 => self.unknown(),
            OPENING => self.open(HIDDEN),
            262 => self.access(1, &sealed(&[B, A_IN_TRAFFIC, A])),
            263 => self.trail(|seal, nonce| {
                Content::DisclosureRequest(DisclosureRequest { role: "steward".into(), seal, nonce })
            }),
            ERASURE => self.trail(|seal, nonce| {
                let seal = Some(seal);
                Content::Erasure(Erasure { ground: "Antrag".into(), seal, nonce, ..Erasure::default() })
            }),
            DISCLOSURE => self.trail(|seal, nonce| {
                Content::Disclosure(Disclosure { role: "steward".into(), seal, request: Some(263), nonce })
            }),
            REPORT => self.report(&manifests::of_october(&self.ledger, None), None),
            MARKED_IN_DECEMBER => self.access(1, &sealed(&[A])),
            CORRECTED_REPORT => self.report(&manifests::of_october(&self.ledger, Some(REPORT)), Some(REPORT)),
            index if index % 29 == 0 => self.access(1, &sealed(&[if index % 2 == 0 { A } else { B }])),
            index if index % 31 == 0 => self.access(1, &sealed(&[])),
            JUDGED_IN_DECEMBER => self.access(0, &plain("verkehrsplanung")),
            index if index % 17 == 0 => self.access(0, &plain("werbung")),
            _ => self.access(0, &plain("verkehrsplanung")),
        }
    }

    fn second(&self) -> u64 {
        let index = self.ledger.size();
        match index {
            DECEMBER_BEGINS.. => DECEMBER + (index - DECEMBER_BEGINS) * STEP_S,
            NOVEMBER_BEGINS.. => NOVEMBER + (index - NOVEMBER_BEGINS) * STEP_S,
            // Two entries of one commit have one time; October ends with a second to go.
            _ => NOVEMBER - 1 - (NOVEMBER_BEGINS - 1 - index) / 2 * STEP_S,
        }
    }

    fn push(&mut self, body: &EntryBody) {
        self.ledger.push(self.second(), &body_bytes(body));
    }

    /// An entry of a kind that this version does not know.
    fn unknown(&mut self) {
        self.ledger.push(self.second(), b"\x6a\x05later");
    }

    fn publish(&mut self, text: &str) {
        let [part] = &parts_of(text.as_bytes())[..] else { panic!("the charter has one part") };
        self.push(&EntryBody { content: Some(Content::Charter(part.clone())) });
        let charter = Charter::parse("charter", text.as_bytes()).unwrap();
        self.charter = Some((self.ledger.size() - 1, charter));
    }

    /// An access whose number leaves out one, or two.
    fn skip(&mut self, index: u64) {
        self.sequences[0] += index % 2 + 1;
        self.access(0, &plain("verkehrsplanung"));
    }

    fn access(&mut self, which: usize, event: &AccessEvent) {
        let (index, second) = (self.ledger.size(), self.second());
        // A session that ended is not gone on with.
        let session = session(if which == 0 && index > 90 { 2 } else { which as u8 });
        if which == 0 && index == 91 {
            self.sequences[0] = 0;
        }
        let producer = ["verkehr", "meldewesen"][which];
        let provenance = Provenance { producer, session: &session, sequence: self.sequences[which] };
        let key = period_key(&Month::of_unix_s(second).to_string());
        let charter = self.charter.as_ref().map(|(index, charter)| InForce { index: *index, charter });
        let events = [EventView::from(event)];
        let prepared =
            seal_accesses(&events, provenance, Some(&key), charter, random(format!("entry {index}")));
        let prepared = prepared.unwrap().pop().unwrap();
        self.sequences[which] += 1;
        self.ledger.push(second, &prepared.body);
        self.openings.extend(prepared.sealed.map(|Sealed { openings, .. }| (index, openings)));
    }

    fn correct(&mut self, index: u64) {
        let (correction, ground) =
            ("Es war ein anderer Zweck".to_owned(), "Antrag nach Art. 16 DSGVO".to_owned());
        self.push(&EntryBody {
            content: Some(Content::Correction(Correction { index, correction, ground })),
        });
    }

    fn open(&mut self, index: u64) {
        let Some(State::Open { salt, value }) = self.openings(index).state(SealedField::Confidential) else {
            panic!("there is no opening of the whole record");
        };
        let body = opening_entry(index, &salt, value);
        self.push(&body);
    }

    /// What a steward did with the entry `OF_BOTH`.
    fn trail(&mut self, content: impl Fn(Bytes, Option<Bytes>) -> Content) {
        let index = self.ledger.size();
        let fields = vec![SealedField::Actor.number().into()];
        let said = Statement { who: "revision".into(), index: Some(OF_BOTH), fields, ..Statement::default() };
        let sealed = seal_statement(&said, random(format!("entry {index}"))).unwrap();
        let (seal, nonce) =
            (Bytes::copy_from_slice(&sealed.seal), Bytes::copy_from_slice(&sealed.sealed.nonce));
        self.openings.push((index, sealed.sealed.openings));
        self.push(&EntryBody { content: Some(content(seal, Some(nonce))) });
    }

    fn report(&mut self, manifest: &[u8], replaces: Option<u64>) {
        let manifest_sha256 = Bytes::copy_from_slice(sha256(manifest).as_bytes());
        let report = Report { period: "2026-10".into(), manifest_sha256, replaces };
        self.push(&EntryBody { content: Some(Content::Report(report)) });
    }
}

/// A register, and the number of a person in it.
type Person = (&'static str, &'static str);
pub const A: Person = ("person", "4711");
pub const A_IN_TRAFFIC: Person = ("kfz", "UL-ÄB 17");
pub const B: Person = ("person", "4712");

fn session(number: u8) -> Bytes {
    Bytes::from(vec![number + 1; 16])
}

fn plain(purpose: &str) -> AccessEvent {
    AccessEvent {
        dataset: "besuchertrend".into(),
        operation: Operation::Query.into(),
        purpose: purpose.into(),
        event_id: Bytes::from_static(&[7; 16]),
        occurred_at_us: 1_793_318_400_000_000,
        ..AccessEvent::default()
    }
}

fn sealed(people: &[Person]) -> AccessEvent {
    let subject = |(scheme, id): &Person| Subject { scheme: (*scheme).into(), id: (*id).into() };
    AccessEvent {
        dataset: "melderegister".into(),
        purpose: "auskunft".into(),
        occurred_at_us: 1_793_318_400_123_456,
        subjects: people.iter().map(subject).collect(),
        actor: Some("e.mustermann".into()),
        ..plain("")
    }
}

/// With a value of every kind that is sealed; it happened before 1970, as far as its recorder's clock knew.
fn of_both() -> AccessEvent {
    AccessEvent {
        legal_basis: Some("gdpr-6-1-c".into()),
        record_keys: vec!["17".into(), "18/ä".into()],
        query: Some("ä".repeat(2_049)),
        trace_id: Some(Bytes::from_static(b"0123456789abcdef")),
        occurred_at_us: -1,
        occurred_until_us: Some(1_793_318_400_654_321),
        ..sealed(&[A, B])
    }
}
