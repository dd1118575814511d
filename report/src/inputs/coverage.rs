//! What the city says of its systems: which record, which don't yet, and what is known to be missing.

use std::collections::BTreeSet;

use einsicht_access::Zone;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::value::Datetime;

use super::InputFile;
use super::file::{InputError, Reading, Slip};
use crate::Scope;
use crate::document::Text;

/// A coverage file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// What the services are called that record.
    pub recorders: Vec<RecorderText>,
    /// Systems that hold data of the city and do not record yet.
    pub not_connected: Vec<NotConnected>,
    /// What is known to be missing or wrong in the log.
    pub known_gaps: Vec<KnownGap>,
}

/// A service that records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecorderText {
    /// The name under which it records.
    pub id: String,
    /// What people call it.
    pub title: Text,
}

/// A system that does not record yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotConnected {
    /// What people call it.
    pub title: Text,
    /// Why it does not.
    pub reason: Text,
    /// The day from which it is to, `YYYY-MM-DD`, if that is known.
    pub planned: Option<String>,
}

/// Something that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownGap {
    /// The first day of it, `YYYY-MM-DD`.
    pub from: String,
    /// The last one, if it is over.
    pub until: Option<String>,
    /// What happened.
    pub text: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    recorder: Vec<RawRecorder>,
    #[serde(default)]
    not_connected: Vec<RawSystem>,
    #[serde(default)]
    known_gap: Vec<RawGap>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecorder {
    id: Spanned<String>,
    title: Spanned<String>,
    title_en: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSystem {
    title: Spanned<String>,
    title_en: Option<Spanned<String>>,
    reason: Spanned<String>,
    reason_en: Option<Spanned<String>>,
    planned: Option<Spanned<Datetime>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGap {
    from: Spanned<Datetime>,
    until: Option<Spanned<Datetime>>,
    text: Spanned<String>,
    text_en: Option<Spanned<String>>,
}

impl Coverage {
    /// Reads such a file. `known` are the services that the log has entries of.
    pub(crate) fn read(file: InputFile<'_>, known: &BTreeSet<Box<[u8]>>) -> Result<Self, InputError> {
        let (reading, raw): (_, File) = Reading::of(file)?;
        let mut ids = BTreeSet::new();
        let mut recorders = Vec::new();
        for RawRecorder { id, title, title_en } in raw.recorder {
            let place = id.span();
            let id = id.into_inner();
            if !known.contains(id.as_bytes()) {
                let known = known.iter().map(|id| String::from_utf8_lossy(id).into_owned()).collect();
                return Err(reading.error(&place, Slip::UnknownRecorder { id, known }));
            }
            if !ids.insert(id.clone()) {
                return Err(reading.error(&place, Slip::Twice { id }));
            }
            recorders.push(RecorderText { id, title: reading.text("title", title, title_en)? });
        }
        let system = |raw: RawSystem| {
            Ok(NotConnected {
                title: reading.text("title", raw.title, raw.title_en)?,
                reason: reading.text("reason", raw.reason, raw.reason_en)?,
                planned: raw.planned.map(|day| reading.day(day)).transpose()?,
            })
        };
        let gap = |raw: RawGap| {
            let from = reading.day(raw.from)?;
            let until = raw.until.map(|day| reading.last_day(&from, day)).transpose()?;
            Ok(KnownGap { from, until, text: reading.text("text", raw.text, raw.text_en)? })
        };
        let not_connected = raw.not_connected.into_iter().map(system).collect::<Result<_, InputError>>()?;
        let known_gaps = raw.known_gap.into_iter().map(gap).collect::<Result<_, InputError>>()?;
        Ok(Self { recorders, not_connected, known_gaps })
    }

    /// The same, with those gaps only that reach into a period.
    pub(crate) fn within(&self, scope: &Scope) -> Self {
        let (zone, span) = (scope.zone(), scope.span());
        let [first, last] = [span.first_s, span.end_s.saturating_sub(1)].map(|second| zone.day_of(second));
        let overlaps = |gap: &&KnownGap| {
            let goes_on = |until: &str| day_of(until).is_some_and(|until| until >= first);
            day_of(&gap.from).is_none_or(|from| from <= last) && gap.until.as_deref().is_none_or(goes_on)
        };
        Self { known_gaps: self.known_gaps.iter().filter(overlaps).cloned().collect(), ..self.clone() }
    }

    /// What it says of a service.
    pub fn recorder(&self, id: &str) -> Option<&RecorderText> {
        self.recorders.iter().find(|recorder| recorder.id == id)
    }
}

/// A day, counted from 1970-01-01; `None` before it.
fn day_of(day: &str) -> Option<i64> {
    let midnight = einsicht_access::period::second_of(&format!("{day}T00:00:00Z"))?;
    Some(Zone::utc().day_of(midnight))
}

impl Reading<'_> {
    /// A text in German, and in English where there is one.
    pub(super) fn text(
        &self,
        key: &'static str,
        de: Spanned<String>,
        en: Option<Spanned<String>>,
    ) -> Result<Text, InputError> {
        let stated = |text: Spanned<String>| {
            let (place, text) = (text.span(), text.into_inner());
            if text.trim().is_empty() { Err(self.error(&place, Slip::Empty { key })) } else { Ok(text) }
        };
        let de = stated(de)?;
        Ok(Text::new(de, en.map(stated).transpose()?))
    }

    /// The last day of what begins on the day `from`.
    fn last_day(&self, from: &str, until: Spanned<Datetime>) -> Result<String, InputError> {
        let place = until.span();
        let until = self.day(until)?;
        // Days of four-digit years are in the order of their texts.
        if until.as_str() < from {
            return Err(self.error(&place, Slip::EndsBefore { from: from.to_owned(), until }));
        }
        Ok(until)
    }

    /// A day, without a time.
    pub(super) fn day(&self, day: Spanned<Datetime>) -> Result<String, InputError> {
        let (place, day) = (day.span(), day.into_inner());
        match (day.date, day.time, day.offset) {
            (Some(date), None, None) => Ok(date.to_string()),
            _ => Err(self.error(&place, Slip::NoDay)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Coverage, String> {
        let known = ["meldewesen", "verkehr"].map(|id| id.as_bytes().into()).into_iter().collect();
        let file = InputFile { name: "coverage.toml", bytes: text.as_bytes() };
        Coverage::read(file, &known).map_err(|error| error.to_string())
    }

    #[test]
    fn systems_and_gaps_are_read_in_both_languages() {
        let coverage = read(
            "[[recorder]]\nid = \"verkehr\"\ntitle = \"Verkehrszählung\"\n\
             [[not_connected]]\ntitle = \"Archiv\"\nreason = \"Papier\"\nreason_en = \"paper\"\nplanned = 2027-03-01\n\
             [[known_gap]]\nfrom = 2026-11-02\ntext = \"Ausfall\"\ntext_en = \"outage\"\n",
        )
        .unwrap();
        assert_eq!(coverage.recorder("verkehr").unwrap().title.en, "Verkehrszählung");
        let system = &coverage.not_connected[0];
        assert_eq!((system.reason.en.as_str(), system.planned.as_deref()), ("paper", Some("2027-03-01")));
        assert_eq!(
            (coverage.known_gaps[0].from.as_str(), coverage.known_gaps[0].until.as_ref()),
            ("2026-11-02", None)
        );
        assert_eq!(read("").unwrap().recorders, []);
    }

    #[test]
    fn of_a_period_those_gaps_are_told_that_reach_into_it() {
        let gap = |days: &str| format!("[[known_gap]]\n{days}\ntext = \"x\"\n");
        let told = |days: &str| {
            let berlin = Zone::named("Europe/Berlin").unwrap();
            let scope = Scope::new("2026-11".parse().unwrap(), berlin, einsicht_tlog::Size(0));
            read(&gap(days)).unwrap().within(&scope).known_gaps.len() == 1
        };
        assert!(told("from = 2026-10-01\nuntil = 2026-11-01") && told("from = 2026-11-30"));
        assert!(told("from = 2025-01-01") && told("from = 2025-01-01\nuntil = 2027-01-01"));
        assert!(!told("from = 2026-10-01\nuntil = 2026-10-31") && !told("from = 2026-12-01"));
        assert!(!told("from = 1960-01-01\nuntil = 1961-01-01"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let unknown = read("# systems\n[[recorder]]\nid = \"verker\"\ntitle = \"V\"\n").unwrap_err();
        assert!(unknown.starts_with("coverage.toml:3: no entry of the log is of a recorder \"verker\"; there are: meldewesen, verkehr."), "{unknown}");
        let cases = [
            ("[[recorder]]\nid = \"verkehr\"\ntitle = \"\"\n", "coverage.toml:3: title is empty"),
            (
                "[[recorder]]\nid = \"verkehr\"\ntitle = \"V\"\n[[recorder]]\nid = \"verkehr\"\ntitle = \"V\"\n",
                "coverage.toml:5: \"verkehr\" stands here a second time",
            ),
            ("[[recorder]]\nid = \"verkehr\"\n", "coverage.toml:1: missing field `title`"),
            ("\n[[recorders]]\n", "coverage.toml:2: unknown field `recorders`"),
            ("[[known_gap]]\nfrom = 2026-11-02T10:00:00Z\ntext = \"x\"\n", "coverage.toml:2: expected a day"),
            (
                "[[known_gap]]\nfrom = 2026-11-02\nuntil = 2026-11-01\ntext = \"x\"\n",
                "coverage.toml:3: until 2026-11-01 lies before from 2026-11-02",
            ),
            ("[[known_gap]]\nfrom = \"2026-11-02\"\ntext = \"x\"\n", "coverage.toml:2: "),
            ("x = [", "coverage.toml:1: "),
        ];
        for (text, expected) in cases {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_no_text_is_told_so() {
        let file = InputFile { name: "c.toml", bytes: b"# a\n# \xff\n" };
        let error = Coverage::read(file, &BTreeSet::new()).unwrap_err();
        assert_eq!((error.line, error.slip), (2, Slip::NotText));
        let long = vec![b'#'; 1024 * 1024 + 1];
        let error = Coverage::read(InputFile { name: "c.toml", bytes: &long }, &BTreeSet::new()).unwrap_err();
        assert_eq!(error.slip, Slip::TooLong { bytes: long.len() });
    }
}
