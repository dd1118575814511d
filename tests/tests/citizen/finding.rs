//! A citizen finds the accesses to their own data, all of them and no others, without asking anybody.

use crate::last_month::{last_month, record};
use crate::place::{Place, json, says};

/// Indexes of what a scan found.
fn found(json: &serde_json::Value) -> Vec<u64> {
    json["accesses"].as_array().unwrap().iter().map(|access| access["index"].as_u64().unwrap()).collect()
}

/// A ledger with accesses of last month at 1 to 5, and keys for 4711 in `keys`.
async fn place() -> Place {
    let mut place = Place::new();
    record(&place.data(), &[&["4711"], &["12"], &["12", "4711"], &["13", "14", "15"], &["4711", "4711"]]);
    place.start().await;
    place.write("person.txt", "person:4711\n");
    let (month, _) = last_month();
    let line = format!("citizen key --subject-file person.txt --month {month} --reason request --out keys");
    says(&place.run(&line).await, 0, &["GIVEN OUT  1 view key in keys"]);
    place
}

#[tokio::test]
async fn a_scan_finds_exactly_the_recorded_accesses_with_a_proof_of_each() {
    let mut place = place().await;
    let keys = place.read("keys");
    assert!(!keys.contains("4711"), "{keys}");
    let over_http = place.run("citizen scan --keys keys --json").await;
    assert_eq!((over_http.code, found(&json(&over_http))), (Some(0), vec![1, 3, 5]), "{over_http:#?}");
    place.stop().await;
    let scan = place.run("citizen scan data --keys keys --proofs proofs").await;
    let (month, _) = last_month();
    says(&scan, 0, &["VERIFIED", "3 accesses to your data found", "buergerdienste: query of"]);
    says(&scan, 0, &["(gdpr-6-1-e), to jobcenter", &format!("{month}: 3 found in 5 records")]);
    assert!(!scan.stdout.contains("Kornblum") && !scan.stdout.contains("4711"), "{scan:#?}");
    for index in [1, 3, 5] {
        place.run(&format!("receipt verify proofs/{index}.tlog-proof")).await.expect(0, &[]);
    }
    assert_eq!(std::fs::read_dir(place.path("proofs")).unwrap().count(), 3);
}

#[tokio::test]
async fn a_report_has_what_the_person_is_entitled_to_and_no_name_of_staff() {
    let mut place = place().await;
    place.run("correct 3 --correction the-purpose-was-another --ground art-16").await.expect(0, &[]);
    place.stop().await;
    says(&place.run("citizen report data --keys keys --out report").await, 0, &["3 accesses found"]);
    let german = place.read("report/report.de.html");
    let english = place.read("report/report.en.html");
    let data: serde_json::Value = serde_json::from_str(&place.read("report/report.json")).unwrap();
    assert_eq!(found(&data), [1, 3, 5]);
    for page in [german.as_str(), english.as_str(), &data.to_string()] {
        for text in ["buergerdienste", "jobcenter", "gdpr-6-1-e", "the-purpose-was-another"] {
            assert!(page.contains(text), "no {text} in {page}");
        }
        assert!(!page.contains("Kornblum") && !page.contains("4711"), "{page}");
    }
    assert!(german.contains("Zugriffe auf Ihre Daten") && english.contains("Accesses to your data"));
}

#[tokio::test]
async fn keys_are_for_ended_months_and_registers_that_there_are() {
    let place = place().await;
    let this_month = einsicht_access::Month::of_unix_s(last_month().1).next();
    let key = |month: &str, file: &str| {
        format!("citizen key --subject-file {file} --month {month} --reason r --out other")
    };
    let refused = place.run(&key(&this_month.to_string(), "person.txt")).await;
    refused.expect(2, &["FAILED_PRECONDITION", "not ended"]);
    place.write("unknown.txt", "kfz:UL-X 1");
    let month = last_month().0.to_string();
    let refused = place.run(&key(&month, "unknown.txt")).await;
    refused.expect(2, &["INVALID_ARGUMENT"]);
    assert!(!refused.stderr.contains("UL-X"), "{refused:#?}");
    let nothing = place.run(&key("2020-01", "person.txt")).await;
    nothing.expect(2, &["nothing was sealed in 2020-01"]);
    assert!(!place.path("other").exists());
}

#[tokio::test]
async fn who_gave_out_keys_for_whom_is_recorded_and_sealed() {
    let place = place().await;
    let last = json(&place.run("verify --json").await)["size"].as_u64().unwrap() - 1;
    let shown = place.run(&format!("show {last}")).await;
    says(&shown, 0, &["sealed values were disclosed"]);
    assert!(!shown.stdout.contains("4711"));
    let read = place.run(&format!("disclose {last} --fields statement --reason review")).await;
    says(&read, 0, &["person:4711", &format!("months: {}", last_month().0), "reason: request"]);
}
