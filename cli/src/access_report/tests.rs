//! What a person reads, and what nobody should.

use std::collections::BTreeSet;

use einsicht_access::body_bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, Correction, EntryBody};
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::{Hash, Index, Leaf, RecordedAt};

use super::*;

fn hit(record: AccessRecord) -> Hit {
    let correction =
        Correction { index: 7, correction: "the unit was <b>other</b>".into(), ground: "g".into() };
    let body = body_bytes(&EntryBody { content: Some(Content::Access(record.clone())) });
    let leaf = Leaf { previous: Hash([0; 32]), recorded_at: RecordedAt(1_795_365_547), body: &body };
    let leaf = leaf.to_bytes().unwrap();
    Hit {
        index: Index(7),
        recorded_at: RecordedAt(1_795_365_547),
        record,
        opened_by: Some(Index(9)),
        schemes: BTreeSet::from(["person".to_owned()]),
        corrections: vec![(Index(8), correction)],
        receipts: vec![Receipt {
            leaf: Some(leaf),
            index: Index(7),
            proof: vec![],
            checkpoint: b"note".to_vec(),
        }],
    }
}

fn record() -> AccessRecord {
    AccessRecord {
        dataset: "melderegister".into(),
        operation: 3,
        purpose: "auskunft".into(),
        occurred_at_min: 29_922_759,
        unit: Some("buergerdienste".into()),
        role: Some("leitung".into()),
        legal_basis: Some("gdpr-6-1-e".into()),
        recipient: Some("jobcenter".into()),
        consideration: Some(false),
        producer: "meldewesen".into(),
        actor_seal: Some(bytes::Bytes::from_static(&[1; 32])),
        ..AccessRecord::default()
    }
}

fn report(accesses: Vec<Access>) -> AccessReport {
    AccessReport {
        origin: "ulm.example/ledger".to_owned(),
        size: 12,
        root: "root".to_owned(),
        checkpoint: "note".to_owned(),
        simulated: true,
        made_at: "2026-12-01T10:00:00Z".to_owned(),
        months: vec![ScannedMonth {
            month: "2026-11".parse().unwrap(),
            keys: 1,
            schemes: vec!["person".to_owned()],
            records: 10,
            marked: 6,
            unknown: 0,
            hidden: 2,
            forgotten: 0,
            hits: accesses.len() as u64,
            is_over: true,
        }],
        untold: vec![("2026-11".to_owned(), Untold::Hidden(2))],
        accesses,
    }
}

#[test]
fn times_are_written_as_in_the_language() {
    let time = "2026-11-22T16:39:07Z";
    assert_eq!(Language::German.time(time), "22.11.2026, 16:39:07 Uhr (UTC)");
    assert_eq!(Language::English.time(time), "2026-11-22 16:39:07 UTC");
    assert_eq!(Language::German.time("unknown"), "unknown");
}

#[test]
fn an_access_is_told_in_a_line() {
    let access = Access::new(&hit(record()));
    assert_eq!(access.occurred_at, "2026-11-22T16:39Z");
    assert_eq!(
        access.sentence(),
        "buergerdienste: query of melderegister for auskunft (gdpr-6-1-e), to jobcenter"
    );
}

#[test]
fn both_pages_tell_what_the_person_is_entitled_to_and_nothing_of_staff() {
    let report = report(vec![Access::new(&hit(record()))]);
    let german = html::page(&report, Language::German);
    let english = html::page(&report, Language::English);
    for text in [
        "lang=\"de\"",
        "Abfrage",
        "Rechtsgrundlage",
        "Art. 6 Abs. 1 Buchst. e DSGVO (gdpr-6-1-e)",
        "Gegenleistung",
        "nein",
        "noch vertraulich",
        "Simulation",
    ] {
        assert!(german.contains(text), "no {text} in {german}");
    }
    for text in [
        "lang=\"en\"",
        "read or searched",
        "Legal basis",
        "Article 6(1)(e) GDPR (gdpr-6-1-e)",
        "still confidential",
        "does not mean that there was no",
    ] {
        assert!(english.contains(text), "no {text} in {english}");
    }
    let json = json::of(&report);
    assert_eq!(json["accesses"][0]["proofs"][0]["index"], 7);
    assert_eq!(
        (&json["accesses"][0]["opened_by"], &json["could_not_tell"][0]["records"]),
        (&9.into(), &2.into())
    );
    let mut without_proofs = json.clone();
    without_proofs["accesses"][0]["proofs"] = serde_json::Value::Null;
    let without_proofs = without_proofs.to_string();
    for (page, day) in [(german, "22.11.2026"), (english, "2026-11-22"), (without_proofs, "2026-11-22")] {
        for text in ["melderegister", "auskunft", "gdpr-6-1-e", "jobcenter", "buergerdienste", day] {
            assert!(page.contains(text), "no {text} in {page}");
        }
        for text in ["leitung", "actor", "seal"] {
            assert!(!page.contains(text), "{text} in {page}");
        }
    }
}

#[test]
fn nothing_of_a_ledger_becomes_markup() {
    let hostile = "</dd><script>alert(\"1\")</script>\u{202e}'&";
    let record = AccessRecord { unit: Some(hostile.into()), dataset: hostile.into(), ..record() };
    let mut report = report(vec![Access::new(&hit(record))]);
    report.origin = hostile.to_owned();
    for language in [Language::German, Language::English] {
        let page = html::page(&report, language);
        assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains('\u{202e}'), "{page}");
        assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)") && page.contains("&#39;&amp;"), "{page}");
        assert!(!page.contains("http") || page.matches("http").count() == page.matches("http-equiv").count());
    }
}

#[test]
fn pages_are_complete_and_open_and_close_the_same_elements() {
    let report = report(vec![Access::new(&hit(record()))]);
    for language in [Language::German, Language::English] {
        let page = html::page(&report, language);
        for name in [
            "html", "head", "body", "main", "h1", "h2", "h3", "dl", "dt", "dd", "table", "tr", "th", "td",
            "ul", "li", "article", "section", "p", "caption",
        ] {
            let opened =
                page.matches(&format!("<{name}>")).count() + page.matches(&format!("<{name} ")).count();
            assert_eq!(opened, page.matches(&format!("</{name}>")).count(), "{name}");
            assert!(opened > 0, "{name}");
        }
    }
}

#[test]
fn nothing_found_is_said_as_such() {
    let page = html::page(&report(vec![]), Language::English);
    assert!(
        page.contains("No access to your data was found in the months below.")
            && page.contains("No access was found in the records")
    );
}

#[test]
fn a_proof_holds_the_complete_public_record_and_the_pages_say_so() {
    let report = report(vec![Access::new(&hit(record()))]);
    let json = json::of(&report);
    let proof = json["accesses"][0]["proofs"][0]["tlog_proof"].as_str().unwrap();
    let leaf = Receipt::parse(proof.as_bytes()).unwrap().leaf.unwrap();
    let view = crate::view::EntryView::read(Index(7), &leaf).unwrap();
    assert_eq!(view.text("role"), "leitung");
    assert!(html::page(&report, Language::German).contains("etwa die Funktion der zugreifenden Person"));
    assert!(html::page(&report, Language::English).contains("such as the role of whoever accessed"));
}
