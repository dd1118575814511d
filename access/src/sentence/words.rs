//! What things are called.

use super::Language;
use crate::charter::{
    Charter, Commitment, DatasetList, Evidence, Personal, Register, RuleField, Severity, Shape, Titles,
};
use crate::retention::RetentionClass;

/// What a field is called, with its article, and whether that is plural.
#[rustfmt::skip] // A table reads as a table.
pub(super) fn field(field: RuleField, language: Language) -> (&'static str, bool) {
    let (german, english, plural) = match field {
        RuleField::Dataset => ("der Datenbestand", "the data set", false),
        RuleField::OtherDatasets => ("die verknüpften Datenbestände", "the data sets combined with it", true),
        RuleField::Personal => ("die Daten", "the data", true),
        RuleField::Operation => ("der Vorgang", "the operation", false),
        RuleField::Purpose => ("der Zweck", "the purpose", false),
        RuleField::Activity => ("die Verarbeitungstätigkeit", "the processing activity", false),
        RuleField::AccessCount => ("die Zahl der Zugriffe", "the number of accesses", false),
        RuleField::RecordCount => ("die Zahl der berührten Datensätze", "the number of records touched", false),
        RuleField::Unit => ("die Organisationseinheit", "the organisational unit", false),
        RuleField::Role => ("die Rolle", "the role", false),
        RuleField::ActorKind => ("die Art des Zugreifenden", "the kind of actor", false),
        RuleField::LegalBasis => ("die Rechtsgrundlage", "the legal basis", false),
        RuleField::NationalNorm => ("die nationale Vorschrift", "the national norm", false),
        RuleField::Recipient => ("der Empfänger", "the recipient", false),
        RuleField::Categories => ("die Datenkategorien", "the categories of data", true),
        RuleField::Processing => ("die Form der Daten", "the form of the data", false),
        RuleField::SecondaryUse => ("die Zweckänderung (ja oder nein)", "whether the use is beyond the original purpose", false),
        RuleField::Consideration => ("die Gegenleistung (ja oder nein)", "whether something is given in return", false),
        RuleField::StorageLocation => ("der Speicherort", "the place of storage", false),
        RuleField::Announcement => ("die vorherige Ankündigung", "the prior announcement", false),
        RuleField::AnnouncedOn => ("der Tag der Ankündigung", "the day of the announcement", false),
        RuleField::Approval => ("die Genehmigung", "the approval", false),
        RuleField::CollectedOn => ("der Tag der ältesten Erhebung", "the day of the oldest collection", false),
        RuleField::Outcome => ("das Ergebnis", "the outcome", false),
        RuleField::OccurredUntil => ("das Ende des Zugriffs", "the end of the access", false),
        RuleField::ConfidentialUntil => ("das Ende der Vertraulichkeit", "the end of confidentiality", false),
        RuleField::Subjects => ("die betroffenen Personen", "the data subjects", true),
        RuleField::Actor => ("die zugreifende Person", "the person who accessed", false),
        RuleField::OnBehalfOf => ("die vertretene Person", "the person who was acted for", false),
        RuleField::RecordKeys => ("die Schlüssel der Datensätze", "the keys of the records", true),
        RuleField::Justification => ("die Begründung", "the justification", false),
        RuleField::CaseNumber => ("das Aktenzeichen", "the case number", false),
        RuleField::Query => ("die Suchanfrage", "the query", false),
        RuleField::ClientAddress => ("die Netzadresse", "the network address", false),
        RuleField::TraceId => ("die Ablaufkennung", "the trace id", false),
        RuleField::SpanId => ("die Schrittkennung", "the span id", false),
    };
    // English takes data as singular, as most of its readers do.
    (language.pick(german, english), plural && !(language == Language::English && field == RuleField::Personal))
}

/// What a value of an enumeration is called.
pub(crate) fn choice(field: RuleField, number: i32, language: Language) -> String {
    match plain_choice(field, number, language) {
        Some(name) => quoted(name, language),
        None => language.pick(format!("Nr. {number}"), format!("no. {number}")),
    }
}

/// The same without quotes; `None` of a number that this version does not know.
pub(super) fn plain_choice(field: RuleField, number: i32, language: Language) -> Option<&'static str> {
    let choices = crate::field::find(field.name()).map(crate::field::Field::choices).unwrap_or_default();
    let name = choices.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
    let (german, english) = match (field, name.as_str()) {
        (RuleField::Operation, "collect") => ("Erhebung", "collection"),
        (RuleField::Operation, "alter") => ("Veränderung", "alteration"),
        (RuleField::Operation, "query") => ("Abfrage", "query"),
        (RuleField::Operation, "disclose") => ("Offenlegung", "disclosure"),
        (RuleField::Operation, "combine") => ("Kombination", "combination"),
        (RuleField::Operation, "erase") => ("Löschung", "erasure"),
        (RuleField::ActorKind, "human") => ("Mensch", "human"),
        (RuleField::ActorKind, "system") => ("Programm", "system"),
        (RuleField::ActorKind, "ai") => ("KI", "AI"),
        (RuleField::Processing, "raw") => ("unverändert", "as stored"),
        (RuleField::Processing, "pseudonymised") => ("pseudonymisiert", "pseudonymised"),
        (RuleField::Processing, "aggregated") => ("zusammengefasst", "aggregated"),
        (RuleField::Processing, "anonymous") => ("anonym", "anonymous"),
        (RuleField::Outcome, "granted") => ("gewährt", "granted"),
        (RuleField::Outcome, "denied") => ("verweigert", "denied"),
        (RuleField::Outcome, "failed") => ("gewährt, dann fehlgeschlagen", "granted, then failed"),
        _ => return None,
    };
    Some(language.pick(german, english))
}

/// A code with its title, if it has one.
pub(super) fn code(charter: &Charter, field: RuleField, code: &str, language: Language) -> String {
    let register = match field.shape() {
        Shape::Code(register) | Shape::Codes(Some(register)) => register,
        _ => return quoted(code, language),
    };
    named(charter, register, code, language)
}

/// A code of a register with its title.
pub(crate) fn named(charter: &Charter, register: Register, code: &str, language: Language) -> String {
    match charter.titles_of(register, code) {
        Some(titles) => titled(titles, code, language),
        None => quoted(code, language),
    }
}

pub(crate) fn titled(titles: &Titles, code: &str, language: Language) -> String {
    match title(titles, language) {
        title if title == code => quoted(code, language),
        title => format!("{} ({code})", quoted(title, language)),
    }
}

/// The title in that language, or in German where there is no other.
pub(super) fn title(titles: &Titles, language: Language) -> &str {
    match (language, &titles.english) {
        (Language::English, Some(english)) => english,
        _ => &titles.german,
    }
}

pub(super) fn quoted(text: &str, language: Language) -> String {
    language.pick(format!("„{text}“"), format!("“{text}”"))
}

pub(crate) fn days(days: u64, language: Language) -> String {
    let word = match days {
        1 => language.pick("Tag", "day"),
        _ => language.pick("Tage", "days"),
    };
    format!("{} {word}", language.number(days))
}

pub(crate) fn records(count: u64, language: Language) -> String {
    let word = match count {
        1 => language.pick("Datensatz", "record"),
        _ => language.pick("Datensätze", "records"),
    };
    format!("{} {word}", language.number(count))
}

/// What the lists of a data set are called.
pub(crate) fn list(list: DatasetList, language: Language) -> &'static str {
    let (german, english) = match list {
        DatasetList::Purposes => ("Zwecke", "purposes"),
        DatasetList::Roles => ("Rollen", "roles"),
        DatasetList::Recipients => ("Empfänger", "recipients"),
        DatasetList::LegalBases => ("Rechtsgrundlagen", "legal bases"),
        DatasetList::Units => ("Organisationseinheiten", "organisational units"),
        DatasetList::Operations => ("Vorgänge", "operations"),
        DatasetList::StorageLocations => ("Speicherorte", "places of storage"),
    };
    language.pick(german, english)
}

pub(super) fn month(language: Language, month: i8) -> &'static str {
    const MONTHS: [(&str, &str); 12] = [
        ("Januar", "January"),
        ("Februar", "February"),
        ("März", "March"),
        ("April", "April"),
        ("Mai", "May"),
        ("Juni", "June"),
        ("Juli", "July"),
        ("August", "August"),
        ("September", "September"),
        ("Oktober", "October"),
        ("November", "November"),
        ("Dezember", "December"),
    ];
    let place = usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month));
    place.map_or("", |(german, english)| language.pick(german, english))
}

/// What kind of data it is.
pub(crate) fn personal(personal: Personal, language: Language) -> &'static str {
    match personal {
        Personal::None => language.pick("keine personenbezogenen Daten", "no personal data"),
        Personal::Indirect => language.pick("mittelbar personenbezogene Daten", "indirectly personal data"),
        Personal::Direct => language.pick("unmittelbar personenbezogene Daten", "directly personal data"),
    }
}

/// How long openings are kept.
pub(crate) fn retention(class: RetentionClass, language: Language) -> String {
    let term = retention_term(class, language);
    language.pick(format!("versiegelte Angaben {term} aufbewahrt"), format!("sealed values kept {term}"))
}

/// Until when.
pub(crate) fn retention_term(class: RetentionClass, language: Language) -> String {
    match class {
        RetentionClass::NextYearEnd => {
            language.pick("bis zum Ende des nächsten Jahres", "to the end of the next year").to_owned()
        }
        RetentionClass::Months(1) => language.pick("1 Monat", "for 1 month").to_owned(),
        RetentionClass::Months(months) => {
            language.pick(format!("{months} Monate"), format!("for {months} months"))
        }
    }
}

/// How much a deviation weighs. Whether it is a breach, people decide.
pub(crate) fn severity(severity: Severity, language: Language) -> &'static str {
    match severity {
        Severity::Notice => language.pick("Hinweis", "notice"),
        Severity::Breach => language.pick("Verstoß, falls bestätigt", "breach, if confirmed"),
    }
}

/// Where a commitment comes from, and how well that is known.
pub(crate) fn provenance(commitment: &Commitment, language: Language) -> String {
    let evidence = match commitment.evidence {
        Evidence::Statute => language.pick("Gesetz oder Satzung", "statute"),
        Evidence::CouncilDecision => language.pick("Ratsbeschluss", "council decision"),
        Evidence::CityPage => language.pick("Seite der Stadt", "city page"),
        Evidence::PressRelease => language.pick("Presse", "press release"),
        Evidence::Report => language.pick("Bericht", "report"),
        Evidence::Interpretation => language.pick("Auslegung", "interpretation"),
    };
    let reading = match commitment.interpretation && commitment.evidence != Evidence::Interpretation {
        true => language.pick("; die Regel ist eine Auslegung", "; the rule is an interpretation"),
        false => "",
    };
    format!("{} ({evidence}{reading})", commitment.source)
}

/// What a code of a register is, with its article.
pub(crate) fn register(register: Register, language: Language) -> &'static str {
    match register {
        Register::Purpose => language.pick("Der Zweck", "The purpose"),
        Register::LegalBasis => language.pick("Die Rechtsgrundlage", "The legal basis"),
        Register::Unit => language.pick("Die Organisationseinheit", "The organisational unit"),
        Register::Role => language.pick("Die Rolle", "The role"),
        Register::Recipient => language.pick("Der Empfänger", "The recipient"),
        Register::StorageLocation => language.pick("Der Speicherort", "The place of storage"),
        Register::SubjectScheme => language.pick("Das Personenverzeichnis", "The subject scheme"),
        Register::Dataset => language.pick("Der Datenbestand", "The data set"),
        Register::Activity => language.pick("Die Tätigkeit", "The activity"),
    }
}
