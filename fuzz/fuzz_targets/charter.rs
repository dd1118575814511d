//! Charters, and behind a line the bytes of a record that is judged by them.
#![no_main]

use einsicht_access::charter::{CHARTER_BYTES_MAX, COMMITMENTS_MAX, Charter};
use einsicht_access::facts::LoggedAccess;
use einsicht_access::judge::Outcome;
use einsicht_access::sentence::Language;
use einsicht_access::verdict::Verdict;
use libfuzzer_sys::fuzz_target;

/// Where the record begins.
const RECORD: &[u8] = b"\n--record\n";

fuzz_target!(|bytes: &[u8]| {
    let at = bytes.windows(RECORD.len()).position(|window| window == RECORD);
    let (text, record) = at.map_or((bytes, &[][..]), |at| (&bytes[..at], &bytes[at + RECORD.len()..]));
    match Charter::check("city.toml", text) {
        Ok(charter) => holds(&charter, &LoggedAccess::of_record(record).unwrap_or_default()),
        Err(refused) => {
            let told = refused.to_string();
            assert!(!refused.problems.is_empty() && told.len() < 400 * 1024, "{} bytes to read", told.len());
            assert!(!told.chars().any(|c| c.is_control() && c != '\n'), "a terminal is told {told:?}");
            assert!(refused.problems.is_sorted_by_key(|problem| (problem.line, problem.column)));
        }
    }
});

/// What everything else relies on once a charter is accepted.
fn holds(charter: &Charter, access: &LoggedAccess<'_>) {
    let commitments = charter.commitments();
    assert!((1..=COMMITMENTS_MAX).contains(&commitments.len()));
    assert!(charter.diff(charter).is_empty(), "nothing changes from a charter to itself");
    let judgement = charter.judge(&access.facts);
    let explanation = charter.explain(&access.facts);
    assert_eq!(explanation.commitments.len(), commitments.len());
    for (position, explained) in explanation.commitments.iter().enumerate() {
        let verdict = judgement.verdict(charter, position);
        assert!(!(judgement.deviates.contains(position) && judgement.not_verifiable.contains(position)));
        match explained.outcome {
            Outcome::Question => assert_eq!(verdict, None),
            Outcome::DoesNotApply => assert_eq!(verdict, Some(Verdict::Kept)),
            Outcome::Judged(judged) => assert_eq!(verdict, Some(judged)),
        }
        for language in [Language::German, Language::English] {
            assert!(charter.reason_sentence(explained, language).len() < CHARTER_BYTES_MAX);
            assert!(!charter.commitment_sentence(explained.commitment, language).is_empty());
        }
    }
    for dataset in charter.datasets() {
        assert!(!dataset.purposes.is_empty());
        assert!(charter.dataset(dataset.id.as_bytes()).is_some_and(|found| found == dataset));
    }
}
