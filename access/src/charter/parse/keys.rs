//! The keys of every table of a charter, and what each is for. Errors tell it; docs/charter.md has them all.

use crate::sentence::Bilingual;

/// A key of a table.
pub(crate) struct Key {
    pub name: &'static str,
    pub required: bool,
    /// What to write, for whoever left it out.
    pub help: Option<Bilingual>,
}

const fn required(name: &'static str, german: &'static str, english: &'static str) -> Key {
    Key { name, required: true, help: Some(Bilingual::fixed(german, english)) }
}

const fn optional(name: &'static str) -> Key {
    Key { name, required: false, help: None }
}

/// What to write for a key, if there is a table that must have it.
pub(super) fn help_for(name: &str) -> Option<Bilingual> {
    let tables = [ROOT, CHARTER, DECLARED, DATASET, ACTIVITY, COMMITMENT];
    let key = tables.into_iter().flatten().find(|key| key.name == name && key.required)?;
    key.help.clone()
}

const ID: Key = required(
    "id",
    "ein Kurzname aus Buchstaben, Ziffern und - _ . : /, mit dem andere darauf verweisen",
    "a code of letters, digits and - _ . : / by which others name it",
);
const TITLE: Key = required("title", "was Menschen lesen, auf Deutsch", "what people read, in German");
const TITLE_EN: Key = optional("title_en");

pub(crate) static ROOT: &[Key] = &[
    required(
        "charter",
        "ein Abschnitt [charter] mit dem Titel des Ganzen",
        "a table [charter] with the title of the whole",
    ),
    optional("purpose"),
    optional("legal_basis"),
    optional("unit"),
    optional("role"),
    optional("recipient"),
    optional("storage_location"),
    optional("subject_scheme"),
    optional("dataset"),
    optional("activity"),
    required(
        "commitment",
        "mindestens ein Eintrag [[commitment]]; ohne Versprechen gibt es nichts, wonach zu urteilen wäre",
        "at least one table [[commitment]], for without a promise there is nothing to judge by",
    ),
];

pub(crate) static CHARTER: &[Key] =
    &[TITLE, TITLE_EN, optional("adopted"), optional("time_zone"), optional("wording_checked")];

/// Of purposes, legal bases, units, roles, recipients, storage locations and subject schemes.
pub(crate) static DECLARED: &[Key] = &[ID, TITLE, TITLE_EN];

pub(crate) static DATASET: &[Key] = &[
    ID,
    TITLE,
    TITLE_EN,
    required(
        "personal",
        "\"none\", \"indirect\" oder \"direct\": ob die Daten Personen erkennen lassen",
        "\"none\", \"indirect\" or \"direct\": whether persons can be told from the data",
    ),
    required(
        "purposes",
        "die Zwecke, denen er dient, wie in purposes = [\"statistik\"]",
        "the purposes that it serves, as in purposes = [\"statistik\"]",
    ),
    optional("roles"),
    optional("recipients"),
    optional("legal_bases"),
    optional("units"),
    optional("operations"),
    optional("storage_locations"),
    optional("record_ceiling"),
    optional("keep_days"),
    optional("retention_class"),
    optional("sensor"),
];

pub(crate) static ACTIVITY: &[Key] = &[
    ID,
    TITLE,
    TITLE_EN,
    optional("dataset"),
    optional("datasets"),
    optional("purpose"),
    optional("unit"),
    optional("role"),
    optional("actor_kind"),
    optional("legal_basis"),
    optional("national_norm"),
    optional("recipient"),
    optional("categories"),
    optional("processing"),
    optional("secondary_use"),
    optional("consideration"),
    optional("storage_location"),
    optional("announcement"),
    optional("announced_on"),
    optional("approval"),
];

pub(crate) static COMMITMENT: &[Key] = &[
    ID,
    TITLE,
    TITLE_EN,
    required(
        "source",
        "wo es steht, für Menschen, die es dort nachlesen wollen",
        "where it is written, for people who want to read it there",
    ),
    required(
        "evidence",
        "welche Art von Quelle das ist, zum Beispiel \"council decision\" (Beschluss) oder \"city page\" (Seite der Gemeinde)",
        "what kind of source that is, for example \"council decision\" or \"city page\"",
    ),
    optional("interpretation"),
    optional("severity"),
    optional("when"),
    optional("must"),
    optional("must_not"),
    optional("question"),
    optional("question_en"),
];
