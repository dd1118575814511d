use super::super::facts::{facts, parse};
use super::*;

const FILE: &str = include_str!("../../../data/ulm.toml");

#[test]
fn the_facts_hold_all_of_the_catalogue() {
    let facts = facts().unwrap();
    let counts = (facts.datasets().count(), facts.units().count(), facts.sensors().count());
    assert_eq!(counts, (121, 19, 19));
    let licensed = |licence| facts.datasets().filter(|set| set.licence.as_deref() == Some(licence)).count();
    assert_eq!([licensed("CC BY 3.0 DE"), licensed("CC BY-NC-ND 3.0 DE"), licensed("Unlicense")], [93, 2, 5]);
    assert_eq!(facts.datasets().filter(|set| set.access.is_some()).count(), 4);
    assert!(facts.sources.iter().all(|source| !source.text.is_empty() && !source.licence_note.is_empty()));
}

#[test]
fn no_mail_address_and_no_telephone_number_is_in_the_file() {
    let domain = |text: &str| {
        text.contains('.') && text.chars().all(|letter| letter.is_alphanumeric() || ".-".contains(letter))
    };
    let words = FILE.split(|letter: char| letter.is_whitespace() || "\"<>,;()".contains(letter));
    let mail = |word: &str| word.split_once('@').is_some_and(|(name, rest)| !name.is_empty() && domain(rest));
    assert_eq!(words.filter(|word| mail(word)).collect::<Vec<_>>(), [""; 0]);
    assert!(!FILE.contains("0731") && !FILE.contains("+49"));
}

#[test]
fn a_dataset_listed_twice_is_refused() {
    let text = FILE.replacen("id = \"grillplaetze\"", "id = \"bolzplaetze\"", 1);
    assert!(matches!(parse(&text), Err(FactsError::Duplicate { code, .. }) if code == "bolzplaetze"));
}

#[test]
fn a_code_with_a_space_or_in_decomposed_form_is_refused() {
    for bad in ["grill plaetze", "grillpla\u{308}tze", "", &"x".repeat(129)] {
        let text = FILE.replacen("id = \"grillplaetze\"", &format!("id = \"{bad}\""), 1);
        assert!(matches!(parse(&text), Err(FactsError::BadCode { code, .. }) if code == bad));
    }
}

#[test]
fn a_reference_that_leads_nowhere_is_refused() {
    let broken = [
        ("unit = \"sub-ii-planung\"", "unit = \"nowhere\""),
        ("kind = \"green-place\"", "kind = \"nowhere\""),
        ("producer = \"sensor-gateway\"", "producer = \"nowhere\""),
        ("legal_basis = \"gdpr-6-1-e\"", "legal_basis = \"nowhere\""),
        ("role = \"planung\"", "role = \"nowhere\""),
        ("recipients = [\"landesbehoerde\"]", "recipients = [\"nowhere\"]"),
    ];
    for (found, replacement) in broken {
        assert!(FILE.contains(found), "{found}");
        let text = FILE.replacen(found, replacement, 1);
        assert!(
            matches!(parse(&text), Err(FactsError::Unknown { code, .. }) if code == "nowhere"),
            "{found}"
        );
    }
}

#[test]
fn traffic_that_shares_no_purpose_with_a_kind_is_refused() {
    let text = FILE.replacen("purposes = [\"gebaeudebetrieb\"]", "purposes = [\"haushalt\"]", 1);
    assert!(
        matches!(parse(&text), Err(FactsError::Incomplete { missing, .. }) if missing.contains("in common"))
    );
}

#[test]
fn an_empty_text_is_refused() {
    for text in
        ["title = \"Grillplätze Stadt Ulm\"", "licence_note = \"MIT.\"", "operator = \"LoRaPark Ulm\""]
    {
        let (field, _) = text.split_once(" = ").unwrap();
        assert!(FILE.contains(text), "{text}");
        let file = FILE.replacen(text, &format!("{field} = \"\""), 1);
        assert!(matches!(parse(&file), Err(FactsError::EmptyText { .. })), "{text}");
    }
}

#[test]
fn subjects_of_data_that_is_not_personal_and_more_than_there_are_people_are_refused() {
    let none = FILE.replacen("records = 60\n", "records = 60\nsubjects = 1\n", 1);
    let few = FILE.replacen("people = 150", "people = 2", 1);
    for (text, needed) in [(none, "personal data"), (few, "as many people")] {
        assert!(
            matches!(parse(&text), Err(FactsError::Incomplete { missing, .. }) if missing.contains(needed))
        );
    }
}
