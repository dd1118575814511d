//! Whether the file of facts is consistent with itself.

use std::collections::BTreeSet;

use super::assumed::{Assumed, Correction, Kind, Pattern, Traffic};
use super::facts::{Dataset, Facts, Named, Sensor, Source};

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
    /// A text is there and says nothing.
    #[error("{owner} has an empty text: write it, or leave the field out where that is allowed")]
    EmptyText {
        /// What has it.
        owner: String,
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
    check_texts(facts)?;
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

/// Facts are worth nothing without their words: names, sources, licences.
fn check_texts(facts: &Facts) -> Result<(), FactsError> {
    written(&facts.title, &[Some(&facts.title)])?;
    for Source { id, text, licence_note, .. } in &facts.sources {
        written(id, &[Some(text), Some(licence_note)])?;
    }
    for Dataset { id, title, format, access, licence, .. } in facts.datasets() {
        written(id, &[Some(title), Some(format), access.as_ref(), licence.as_ref()])?;
    }
    for Sensor { id, title, operator, format, file, .. } in facts.sensors() {
        written(id, &[Some(title), Some(operator), format.as_ref(), file.as_ref()])?;
    }
    let Assumed { purposes, roles, legal_bases, recipients, storage_locations, producers, .. } =
        &facts.assumed;
    let assumed = [purposes, roles, legal_bases, recipients, storage_locations].into_iter().flatten();
    for Named { id, title, title_en } in facts.units().chain(facts.organisations()).chain(assumed) {
        written(id, &[Some(title), title_en.as_ref()])?;
    }
    producers.iter().try_for_each(|producer| written(&producer.id, &[Some(&producer.title)]))?;
    check_said(&facts.assumed)
}

/// What personal accesses say of themselves, and what is said about them.
fn check_said(assumed: &Assumed) -> Result<(), FactsError> {
    let Assumed { justifications, corrections, people, kinds, .. } = assumed;
    written("the justifications", &justifications.iter().map(Some).collect::<Vec<_>>())?;
    for Correction { correction, ground } in corrections {
        written("a correction", &[Some(correction), Some(ground)])?;
    }
    let needs = |missing| Err(FactsError::Incomplete { what: "what was assumed".to_owned(), missing });
    if justifications.is_empty() || corrections.is_empty() {
        return needs("justifications and corrections");
    }
    match kinds.iter().filter_map(|kind| kind.subjects).max() {
        Some(most) if most > *people => needs("as many people as an access can name"),
        _ => Ok(()),
    }
}

fn written(owner: &str, texts: &[Option<&String>]) -> Result<(), FactsError> {
    if texts.iter().flatten().any(|text| text.trim().is_empty()) {
        return Err(FactsError::EmptyText { owner: owner.to_owned() });
    }
    Ok(())
}

fn check_kind(kind: &Kind, codes: &Codes) -> Result<(), FactsError> {
    let from = || format!("kind {}", kind.id);
    for purpose in kind.purposes.iter().chain(&kind.misfit) {
        known(&codes.purposes, "the purposes", purpose, from)?;
    }
    kind.legal_basis
        .iter()
        .try_for_each(|basis| known(&codes.legal_bases, "the legal bases", basis, from))?;
    for recipient in &kind.recipients {
        known(&codes.receivers, "the organisations and recipients", recipient, from)?;
    }
    unique("the categories of a kind", kind.categories.iter())?;
    unique("the activities", kind.activity.iter())?;
    let needs = |missing| Err(FactsError::Incomplete { what: from(), missing });
    if kind.is_personal() && kind.legal_basis.is_none() {
        return needs("a legal basis, because its data is personal");
    }
    if kind.records == 0 || kind.record_ceiling.is_some_and(|ceiling| ceiling < kind.records) {
        return needs("records above 0 and not above its record_ceiling");
    }
    if kind.subjects == Some(0) || kind.subjects.is_some() && !kind.is_personal() {
        return needs("personal data if it has subjects, and more than 0 of these");
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
mod tests;
