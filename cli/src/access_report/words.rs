//! The words of the report, in German and in English.

use einsicht_client::scan::Untold;

/// In which language a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// German.
    German,
    /// English.
    English,
}

/// The texts of a page that do not depend on what was found.
pub struct Words {
    pub title: &'static str,
    pub simulated: &'static str,
    pub intro: &'static str,
    pub ledger: &'static str,
    pub verified: &'static str,
    pub made_at: &'static str,
    pub root: &'static str,
    pub months: &'static str,
    pub month_columns: [&'static str; 6],
    pub untold: &'static str,
    pub untold_intro: &'static str,
    pub accesses: &'static str,
    pub none: &'static str,
    pub entry: &'static str,
    pub recorded_at: &'static str,
    pub opened_by: &'static str,
    pub corrected_by: &'static str,
    pub found_by: &'static str,
    pub proof: &'static str,
    pub meaning: &'static str,
    pub meaning_text: [&'static str; 6],
}

impl Language {
    /// Its code in HTML (BCP 47).
    pub fn code(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::English => "en",
        }
    }

    /// `2026-11-22T16:39:07Z` as people read it.
    pub fn time(self, rfc3339: &str) -> String {
        let Some((day, time)) = rfc3339.strip_suffix('Z').and_then(|time| time.split_once('T')) else {
            return rfc3339.to_owned();
        };
        match (self, day.rsplitn(3, '-').collect::<Vec<_>>().as_slice()) {
            (Self::German, [day, month, year]) => format!("{day}.{month}.{year}, {time} Uhr (UTC)"),
            _ => format!("{day} {time} UTC"),
        }
    }

    /// The fixed texts.
    pub fn words(self) -> &'static Words {
        match self {
            Self::German => &GERMAN,
            Self::English => &ENGLISH,
        }
    }

    /// What a field is called.
    pub fn field(self, name: &str) -> &str {
        let (german, english) = match name {
            "occurred_at" => ("Zeitpunkt", "Time"),
            "occurred_until" => ("Ende", "End"),
            "operation" => ("Vorgang", "Operation"),
            "dataset" => ("Datenbestand", "Data set"),
            "other_datasets" => ("Verknüpfte Datenbestände", "Combined with"),
            "categories" => ("Datenkategorien", "Categories of data"),
            "processing" => ("Form der Daten", "Form of the data"),
            "purpose" => ("Zweck", "Purpose"),
            "legal_basis" => ("Rechtsgrundlage", "Legal basis"),
            "national_norm" => ("Nationale Vorschrift", "National norm"),
            "secondary_use" => ("Zweckänderung", "Beyond the original purpose"),
            "consideration" => ("Gegenleistung", "Anything in return"),
            "unit" => ("Organisationseinheit", "Unit"),
            "recipient" => ("Empfänger", "Recipient"),
            "storage_location" => ("Speicherort", "Place of storage"),
            "outcome" => ("Ergebnis", "Outcome"),
            "access_count" => ("Anzahl der Zugriffe", "Number of accesses"),
            "record_count" => ("Berührte Datensätze", "Records touched"),
            "producer" => ("Protokollierendes System", "Recording system"),
            other => return other,
        };
        if self == Self::German { german } else { english }
    }

    /// What a value of a fixed set is called; other values are the city's own codes and stay as they are.
    pub fn value<'a>(self, field: &str, value: &'a str) -> &'a str {
        let (german, english) = match (field, value) {
            ("operation", "collect") => ("Erhebung", "collected"),
            ("operation", "alter") => ("Veränderung", "changed"),
            ("operation", "query") => ("Abfrage", "read or searched"),
            ("operation", "disclose") => ("Offenlegung", "handed to somebody"),
            ("operation", "combine") => ("Kombination", "combined"),
            ("operation", "erase") => ("Löschung", "erased"),
            ("processing", "raw") => ("unverändert", "as stored"),
            ("processing", "pseudonymised") => ("pseudonymisiert", "pseudonymised"),
            ("processing", "aggregated") => ("zusammengefasst", "aggregated"),
            ("processing", "anonymous") => ("anonym", "anonymous"),
            ("outcome", "granted") => ("gewährt", "granted"),
            ("outcome", "denied") => ("verweigert", "denied"),
            ("outcome", "failed") => ("gewährt, dann fehlgeschlagen", "granted, then failed"),
            ("secondary_use" | "consideration", "true") => ("ja", "yes"),
            ("secondary_use" | "consideration", "false") => ("nein", "no"),
            ("legal_basis", "gdpr-6-1-a") => {
                ("Art. 6 Abs. 1 Buchst. a DSGVO (gdpr-6-1-a)", "Article 6(1)(a) GDPR (gdpr-6-1-a)")
            }
            ("legal_basis", "gdpr-6-1-b") => {
                ("Art. 6 Abs. 1 Buchst. b DSGVO (gdpr-6-1-b)", "Article 6(1)(b) GDPR (gdpr-6-1-b)")
            }
            ("legal_basis", "gdpr-6-1-c") => {
                ("Art. 6 Abs. 1 Buchst. c DSGVO (gdpr-6-1-c)", "Article 6(1)(c) GDPR (gdpr-6-1-c)")
            }
            ("legal_basis", "gdpr-6-1-d") => {
                ("Art. 6 Abs. 1 Buchst. d DSGVO (gdpr-6-1-d)", "Article 6(1)(d) GDPR (gdpr-6-1-d)")
            }
            ("legal_basis", "gdpr-6-1-e") => {
                ("Art. 6 Abs. 1 Buchst. e DSGVO (gdpr-6-1-e)", "Article 6(1)(e) GDPR (gdpr-6-1-e)")
            }
            ("legal_basis", "gdpr-6-1-f") => {
                ("Art. 6 Abs. 1 Buchst. f DSGVO (gdpr-6-1-f)", "Article 6(1)(f) GDPR (gdpr-6-1-f)")
            }
            _ => return value,
        };
        if self == Self::German { german } else { english }
    }

    /// How many accesses were found.
    pub fn found(self, count: usize) -> String {
        match (self, count) {
            (Self::German, 0) => {
                "In den unten genannten Monaten wurde kein Zugriff auf Ihre Daten gefunden.".to_owned()
            }
            (Self::German, 1) => {
                "In den unten genannten Monaten wurde 1 Zugriff auf Ihre Daten gefunden.".to_owned()
            }
            (Self::German, count) => {
                format!("In den unten genannten Monaten wurden {count} Zugriffe auf Ihre Daten gefunden.")
            }
            (Self::English, 0) => "No access to your data was found in the months below.".to_owned(),
            (Self::English, 1) => "1 access to your data was found in the months below.".to_owned(),
            (Self::English, count) => {
                format!("{count} accesses to your data were found in the months below.")
            }
        }
    }

    /// What could not be told of a month.
    pub fn untold(self, month: &str, untold: Untold) -> String {
        if self == Self::German { german_untold(month, untold) } else { english_untold(month, untold) }
    }
}

fn german_untold(month: &str, untold: Untold) -> String {
    match untold {
        Untold::NoRecords => {
            format!(
                "{month}: Im Protokoll steht kein in diesem Monat protokollierter Zugriff, der Personen nennt. Bitte prüfen Sie, ob Sie diesen Monat gemeint haben."
            )
        }
        Untold::NotOver => {
            format!(
                "{month}: Das Protokoll, wie es hier vorliegt, endet vor dem Ende des Monats. Weitere Einträge sind möglich."
            )
        }
        Untold::Hidden(1) => format!(
            "{month}: 1 Eintrag ist noch vertraulich. Ob er Ihre Daten betrifft, zeigt sich, wenn er geöffnet wird; wurde er vorher gelöscht, zeigt es sich nicht mehr."
        ),
        Untold::Hidden(records) => format!(
            "{month}: {records} Einträge sind noch vertraulich. Ob sie Ihre Daten betreffen, zeigt sich, wenn sie geöffnet werden; bei denen, die vorher gelöscht wurden, zeigt es sich nicht mehr."
        ),
        Untold::NotUnderstood(entries) => format!(
            "{month}: {entries} Einträge sind von einer Art, die diese Programmversion nicht kennt. Eine neuere kann sie auswerten."
        ),
        Untold::Forgotten(accesses) => format!(
            "{month}: Es gibt weitere Zugriffe auf Ihre Daten ({accesses}), deren Inhalt wegen zu vieler vertraulicher Einträge nicht festgehalten werden konnte."
        ),
        Untold::Unchecked(openings) => format!(
            "Bei {openings} geöffneten vertraulichen Einträgen konnte nicht verglichen werden, ob sie zeigen, was versiegelt war."
        ),
    }
}

fn english_untold(month: &str, untold: Untold) -> String {
    match untold {
        Untold::NoRecords => {
            format!(
                "{month}: the ledger has no access recorded in that month that names people. Please check whether it is the month that you meant."
            )
        }
        Untold::NotOver => {
            format!("{month}: the ledger as it was read ends before the month does. More records may follow.")
        }
        Untold::Hidden(1) => {
            format!(
                "{month}: 1 record is still confidential. Whether it is about your data shows when it is opened; if it was erased before, it never will."
            )
        }
        Untold::Hidden(records) => format!(
            "{month}: {records} records are still confidential. Whether they are about your data shows when they are opened; of those that were erased before, it never will."
        ),
        Untold::NotUnderstood(entries) => {
            format!(
                "{month}: {entries} entries are of a kind that this release does not know. A newer one can read them."
            )
        }
        Untold::Forgotten(accesses) => format!(
            "{month}: There are more accesses to your data ({accesses}). What they say could not be kept, because too many records were confidential."
        ),
        Untold::Unchecked(openings) => {
            format!(
                "Of {openings} opened confidential records it could not be told whether they show what was sealed."
            )
        }
    }
}

static GERMAN: Words = Words {
    title: "Zugriffe auf Ihre Daten",
    simulated: "Simulation: Die Einträge dieses Protokolls sind erfunden.",
    intro: "Diese Auskunft wurde aus dem Zugriffsprotokoll errechnet. Namen von Beschäftigten enthält sie nicht.",
    ledger: "Protokoll",
    verified: "Geprüfte Einträge",
    made_at: "Erstellt am",
    root: "Prüfsumme (Wurzel)",
    months: "Durchsuchte Monate",
    month_columns: [
        "Monat (protokolliert)",
        "Register",
        "Einträge",
        "davon mit Personenbezug oder vertraulich",
        "Gefundene Zugriffe",
        "Noch vertraulich",
    ],
    untold: "Was nicht beantwortet werden kann",
    untold_intro: "Zu Folgendem ist keine Aussage möglich. Das bedeutet nicht, dass es keinen Zugriff gab.",
    accesses: "Die Zugriffe",
    none: "In den durchsuchten Einträgen wurde kein Zugriff gefunden.",
    entry: "Eintrag",
    recorded_at: "Protokolliert am",
    opened_by: "War vertraulich; geöffnet durch Eintrag",
    corrected_by: "Berichtigt durch Eintrag",
    found_by: "Gefunden über",
    proof: "Nachweis",
    meaning: "Was diese Auskunft belegt",
    meaning_text: [
        "Das ganze Protokoll wurde gelesen und nachgerechnet: Verkettung, Prüfbaum und Signatur stimmen. Jeder genannte Zugriff steht nachweislich darin; die Nachweise liegen im Ordner „proofs“ und in „report.json“.",
        "Gesucht wurde mit den Schlüsseln, die Ihnen die Verwaltung gegeben hat. Ob es Ihre sind, kann diese Auskunft nicht zeigen.",
        "Dass es keine weiteren Zugriffe gab, ist weniger sicher belegt: Die Kennzeichen, an denen Ihre Einträge zu erkennen sind, hat der Dienst der Verwaltung geschrieben. Eine Prüfstelle mit den Schlüsseln der Verwaltung kann sie nachrechnen.",
        "Ein Nachweis enthält den vollständigen öffentlichen Eintrag, auch was hier nicht steht, etwa die Funktion der zugreifenden Person. Sie prüfen ihn ohne Netz mit: einsicht receipt verify proofs/NUMMER.tlog-proof --vkey SCHLÜSSEL",
        "Kürzel, etwa für Zweck oder Organisationseinheit, vergibt die Verwaltung. Fragen Sie dort, was sie bedeuten.",
        "Zeiten sind Weltzeit (UTC): In Deutschland zeigt die Uhr im Winter eine Stunde mehr, im Sommer zwei.",
    ],
};

static ENGLISH: Words = Words {
    title: "Accesses to your data",
    simulated: "Simulation: the entries of this ledger are made up.",
    intro: "This report was computed from the ledger of accesses. It does not contain names of staff.",
    ledger: "Ledger",
    verified: "Entries verified",
    made_at: "Made on",
    root: "Checksum (root)",
    months: "Months that were searched",
    month_columns: [
        "Month (recorded)",
        "Registers",
        "Records",
        "Naming people, or confidential",
        "Accesses found",
        "Still confidential",
    ],
    untold: "What can't be answered",
    untold_intro: "Nothing can be said about the following. That does not mean that there was no access.",
    accesses: "The accesses",
    none: "No access was found in the records that were searched.",
    entry: "Entry",
    recorded_at: "Recorded on",
    opened_by: "Was confidential; opened by entry",
    corrected_by: "Corrected by entry",
    found_by: "Found by",
    proof: "Proof",
    meaning: "What this report shows",
    meaning_text: [
        "The whole ledger was read and recomputed: its chain, its tree and its signature are right. Each access above is proven to stand in it; the proofs are in the folder “proofs” and in “report.json”.",
        "The search used the keys that the administration gave you. Whether they are yours, this report can't show.",
        "That there were no other accesses is shown less strongly: the markers by which your records are found were written by the administration's service. An auditor with the administration's keys can recompute them.",
        "A proof holds the complete public record, also what is not listed here, such as the role of whoever accessed. Check it without network: einsicht receipt verify proofs/NUMBER.tlog-proof --vkey KEY",
        "Codes, such as those of purposes and units, are the administration's own. Ask there what they mean.",
        "Times are UTC: in Germany clocks show one hour more in winter, two in summer.",
    ],
};
