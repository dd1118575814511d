//! Whether the file of facts is consistent with itself.

use std::collections::BTreeSet;

use super::facts::{Facts, Kind, Pattern, Personal, Traffic};

/// Why the file of facts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// It is not TOML, or a field is missing, unknown or of another type.
    #[error("the facts of the sample week do not parse: {0}")]
    Parse(#[from] toml::de::Error),
    /// A code is empty, too long, or has characters that a code of the file may not have.
    #[error(
        "{list} has the code {code:?}; expected 1 to 128 bytes of ASCII letters, digits, - _ . : / and äöüÄÖÜß: rename it"
    )]
    BadCode {
        /// Which list.
        list: &'static str,
        /// The code.
        code: String,
    },
    /// A code stands for two things.
    #[error("{list} has the code {code:?} twice: rename or remove one")]
    Duplicate {
        /// Which list.
        list: &'static str,
        /// The code.
        code: String,
    },
    /// A reference leads nowhere.
    #[error("{from} refers to {code:?}, which {list} does not have: add it there or correct the reference")]
    Unknown {
        /// What refers.
        from: String,
        /// Where it should be.
        list: &'static str,
        /// The code.
        code: String,
    },
    /// Something that a value needs is not there.
    #[error("{what} needs {missing}")]
    Incomplete {
        /// What is incomplete.
        what: String,
        /// What it needs.
        missing: &'static str,
    },
}

/// Checks codes, references, and that traffic can flow.
///
/// The codes allowed here are a subset of those in event.proto for which Unicode normalisation form C
/// needs no checking: every one of their characters is its own normal form, alone and in any sequence.
pub(super) fn check(facts: &Facts) -> Result<(), FactsError> {
    let codes = Codes::collect(facts)?;
    for dataset in facts.datasets() {
        let from = || format!("data set {}", dataset.id);
        known(&codes.kinds, "the kinds", &dataset.kind, from)?;
        dataset.unit.iter().try_for_each(|unit| known(&codes.units, "the units", unit, from))?;
        dataset
            .organisation
            .iter()
            .try_for_each(|organisation| known(&codes.receivers, "the organisations", organisation, from))?;
    }
    for sensor in facts.sensors() {
        let from = || format!("sensor {}", sensor.id);
        known(&codes.kinds, "the kinds", &sensor.kind, from)?;
        if facts
            .kind(&sensor.kind)
            .is_some_and(|kind| kind.reading_every_s.is_none_or(|every_s| every_s == 0))
        {
            return Err(FactsError::Incomplete {
                what: format!("kind {} of sensor {}", sensor.kind, sensor.id),
                missing: "reading_every_s above 0",
            });
        }
    }
    for producer in &facts.assumed.producers {
        let from = || format!("producer {}", producer.id);
        known(&codes.storage_locations, "the storage locations", &producer.storage_location, from)?;
    }
    facts.assumed.kinds.iter().try_for_each(|kind| check_kind(kind, &codes))?;
    facts.assumed.traffic.iter().try_for_each(|traffic| check_traffic(traffic, facts, &codes))
}

fn check_kind(kind: &Kind, codes: &Codes) -> Result<(), FactsError> {
    let from = || format!("kind {}", kind.id);
    for purpose in kind.purposes.iter().chain(&kind.misfit) {
        known(&codes.purposes, "the purposes", purpose, from)?;
    }
    for basis in &kind.legal_basis {
        known(&codes.legal_bases, "the legal bases", basis, from)?;
    }
    for recipient in &kind.recipients {
        known(&codes.receivers, "the organisations and recipients", recipient, from)?;
    }
    unique("the categories of a kind", kind.categories.iter())?;
    unique("the activities", kind.activity.iter())?;
    let needs = |missing| Err(FactsError::Incomplete { what: from(), missing });
    if kind.personal != Personal::None && kind.legal_basis.is_none() {
        return needs("a legal basis, because its data is personal");
    }
    if kind.records == 0 || kind.record_ceiling.is_some_and(|ceiling| ceiling < kind.records) {
        return needs("records above 0 and not above its record_ceiling");
    }
    if kind.misfit.iter().any(|purpose| kind.purposes.contains(purpose)) {
        return needs("a misfit without purposes that fit");
    }
    Ok(())
}

fn check_traffic(traffic: &Traffic, facts: &Facts, codes: &Codes) -> Result<(), FactsError> {
    let from = || format!("traffic of {} for {}", traffic.producer, traffic.kinds.join(", "));
    known(&codes.producers, "the producers", &traffic.producer, from)?;
    known(&codes.roles, "the roles", &traffic.role, from)?;
    traffic.unit.iter().try_for_each(|unit| known(&codes.units, "the units", unit, from))?;
    traffic.purposes.iter().try_for_each(|purpose| known(&codes.purposes, "the purposes", purpose, from))?;
    let needs = |missing| Err(FactsError::Incomplete { what: from(), missing });
    for id in &traffic.kinds {
        known(&codes.kinds, "the kinds", id, from)?;
        let fits = |kind: &Kind| kind.purposes.iter().any(|purpose| traffic.purposes.contains(purpose));
        if !facts.kind(id).is_some_and(fits) {
            return needs("a purpose in common with each of its kinds");
        }
    }
    match traffic.pattern {
        Pattern::Clock if traffic.every_min.is_none_or(|minutes| minutes == 0) => needs("every_min above 0"),
        Pattern::Clock if traffic.first_min.is_none() || traffic.spread_min.is_none() => {
            needs("first_min and spread_min")
        }
        // With fewer than that, a week could pass without a single access.
        Pattern::Office | Pattern::Public if traffic.per_day.is_none_or(|accesses| accesses < 10) => {
            needs("per_day of at least 10")
        }
        Pattern::Clock | Pattern::Office | Pattern::Public => Ok(()),
    }
}

/// Every code that something can refer to.
struct Codes<'a> {
    units: BTreeSet<&'a str>,
    receivers: BTreeSet<&'a str>,
    purposes: BTreeSet<&'a str>,
    roles: BTreeSet<&'a str>,
    legal_bases: BTreeSet<&'a str>,
    storage_locations: BTreeSet<&'a str>,
    producers: BTreeSet<&'a str>,
    kinds: BTreeSet<&'a str>,
}

impl<'a> Codes<'a> {
    fn collect(facts: &'a Facts) -> Result<Self, FactsError> {
        let assumed = &facts.assumed;
        // Readings of a sensor are recorded under its code, so sensors and data sets share one space.
        let accessed = facts.datasets().map(|dataset| &dataset.id);
        unique("the data sets and sensors", accessed.chain(facts.sensors().map(|sensor| &sensor.id)))?;
        unique("the sources", facts.sources.iter().map(|source| &source.id))?;
        Ok(Self {
            units: unique("the units", facts.units().map(|unit| &unit.id))?,
            receivers: unique(
                "the organisations and recipients",
                facts.organisations().chain(&assumed.recipients).map(|receiver| &receiver.id),
            )?,
            purposes: unique("the purposes", assumed.purposes.iter().map(|purpose| &purpose.id))?,
            roles: unique("the roles", assumed.roles.iter().map(|role| &role.id))?,
            legal_bases: unique("the legal bases", assumed.legal_bases.iter().map(|basis| &basis.id))?,
            storage_locations: unique(
                "the storage locations",
                assumed.storage_locations.iter().map(|location| &location.id),
            )?,
            producers: unique("the producers", assumed.producers.iter().map(|producer| &producer.id))?,
            kinds: unique("the kinds", assumed.kinds.iter().map(|kind| &kind.id))?,
        })
    }
}

fn unique<'a>(
    list: &'static str,
    codes: impl Iterator<Item = &'a String>,
) -> Result<BTreeSet<&'a str>, FactsError> {
    let mut seen = BTreeSet::new();
    for code in codes {
        if !valid(code) {
            return Err(FactsError::BadCode { list, code: code.clone() });
        }
        if !seen.insert(code.as_str()) {
            return Err(FactsError::Duplicate { list, code: code.clone() });
        }
    }
    Ok(seen)
}

fn valid(code: &str) -> bool {
    (1..=128).contains(&code.len())
        && code.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.:/äöüÄÖÜß".contains(letter))
}

fn known(
    codes: &BTreeSet<&str>,
    list: &'static str,
    code: &str,
    from: impl Fn() -> String,
) -> Result<(), FactsError> {
    if codes.contains(code) {
        return Ok(());
    }
    Err(FactsError::Unknown { from: from(), list, code: code.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::super::facts::{facts, parse};
    use super::*;

    const FILE: &str = include_str!("../../data/ulm.toml");

    #[test]
    fn the_facts_hold_all_of_the_catalogue() {
        let facts = facts().unwrap();
        let counts = (facts.datasets().count(), facts.units().count(), facts.sensors().count());
        assert_eq!(counts, (121, 19, 19));
        let licensed =
            |licence| facts.datasets().filter(|set| set.licence.as_deref() == Some(licence)).count();
        assert_eq!(
            [licensed("CC BY 3.0 DE"), licensed("CC BY-NC-ND 3.0 DE"), licensed("Unlicense")],
            [93, 2, 5]
        );
        assert_eq!(facts.datasets().filter(|set| set.access.is_some()).count(), 4);
        assert!(
            facts.sources.iter().all(|source| !source.text.is_empty() && !source.licence_note.is_empty())
        );
    }

    #[test]
    fn no_mail_address_and_no_telephone_number_is_in_the_file() {
        assert!(FILE.split_whitespace().all(|word| !word.contains('@')
            || word.contains("stadtulm/")
            || word.contains("okfde/")
            || word.starts_with("@4d06a667")));
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
}
