//! Whether a report is what its ledger gives, or nobody can tell because another version made it.

use einsicht_access::Language;
use einsicht_report::compare::{Place, compare};
use einsicht_report::{Difference, Files, MakeError, Maker, Manifest};

use super::changed::Changed;
use super::differs::Differs;
use crate::language::pick;

/// Tables that are cut at more instants than those that the manifest states.
const BY_MONTH: [&str; 2] = ["months", "commitments_by_month"];

/// From what the report says that it was made from, none is made.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct NotMade {
    /// Whether another version may have made one.
    pub may_be_version: bool,
    text: String,
}

impl NotMade {
    /// Tells why none is made.
    pub fn new(error: &MakeError, manifest: &Manifest, language: Language) -> Self {
        let none = pick(
            language,
            "aus den Dateien in diesem Ordner wäre kein Bericht entstanden",
            "from the files in this folder, no report would have been made",
        );
        let text = match other_maker(manifest, language) {
            None => format!("{none}: {error}"),
            Some([made, ours]) => pick(
                language,
                format!("{none}, nicht mit {ours}: {error}. Ob mit {made}, lässt sich nur damit sagen"),
                format!("{none}, not with {ours}: {error}. Whether with {made}, only that can tell"),
            ),
        };
        Self { may_be_version: is_of_other(manifest), text }
    }
}

/// What of a report is not what the ledger gives, or could not be told; `None`: every byte is. `changes`: the files that are not those that the manifest names.
///
/// How records are counted belongs to the format of manifests, how files are laid out belongs to the version: so a figure
/// that can't be both is false whoever made it, and of everything else only the version that made it can tell.
pub fn judge(
    expected: &Files,
    found: &Files,
    manifest: &Manifest,
    changes: &[Changed],
    language: Language,
) -> Option<Differs> {
    if let Some(first) = changes.first() {
        return Some(of_changes(expected, found, manifest, (first, changes), language));
    }
    let difference = compare(expected, found)?;
    let Some([made, ours]) = other_maker(manifest, language) else {
        return Some(Differs::new(difference, language));
    };
    Some(match figure_of_any_version(expected, found, manifest) {
        Some(figure) => Differs::of_figure(figure, &made, &ours, language),
        None => Differs::of_version(difference, &made, &ours, language),
    })
}

/// Of a report that was changed after it was made: the first figure in what was changed, and if there is none the file.
fn of_changes(
    expected: &Files,
    found: &Files,
    manifest: &Manifest,
    (first, changes): (&Changed, &[Changed]),
    language: Language,
) -> Differs {
    let of_figures = |files: &Files| -> Files {
        let changed = changes.iter().filter(|changed| changed.is_of_figures());
        let files = changed.filter_map(|changed| files.get_key_value(&changed.file));
        files.map(|(file, bytes)| (file.clone(), bytes.clone())).collect()
    };
    let difference = match is_of_other(manifest) {
        true => figure_of_any_version(expected, &of_figures(found), manifest),
        false => compare(&of_figures(expected), &of_figures(found)),
    };
    let of_file = |file: &str| changes.iter().find(|changed| changed.file == file);
    let changed = difference.as_ref().and_then(|difference| of_file(&difference.file)).unwrap_or(first);
    let differs = Differs::of_change(changed, difference, language);
    let is_extra =
        |file: &String| changes.iter().any(|changed| changed.file == *file && changed.expected.is_none());
    let mut named = found.clone();
    named.retain(|file, _| !is_extra(file));
    match compare(expected, &named) {
        Some(_) => differs,
        None => differs.adding(pick(
            language,
            "; alle anderen Dateien sind das, was aus dem Protokoll folgt",
            "; all other files are what the ledger gives",
        )),
    }
}

/// The first figure that can't be both, whichever version made the report; files that are not found are passed over.
fn figure_of_any_version(expected: &Files, found: &Files, manifest: &Manifest) -> Option<Difference> {
    let ours_is = expected.get(Manifest::PATH).and_then(|bytes| Manifest::parse(bytes).ok());
    let same_instants = ours_is.is_some_and(|ours| {
        (&ours.first_instant, &ours.end_instant) == (&manifest.first_instant, &manifest.end_instant)
    });
    let is_cut_alike = |difference: &Difference| {
        manifest.other_time_zones().is_none() || (same_instants && !is_by_month(&difference.place))
    };
    figures(expected, found).find(|difference| is_cut_alike(difference) && contradicts(difference))
}

/// A value that the report's manifest states otherwise, before anything was counted.
pub fn stated(name: &str, values: [String; 2], manifest: &Manifest, language: Language) -> Differs {
    let differs = Differs::of_value(Manifest::PATH, name, values, language);
    match other_maker(manifest, language) {
        Some([made, ours]) => Differs::of_version(differs.difference, &made, &ours, language),
        None => differs,
    }
}

/// The first difference of each file that holds figures, where it is one of a figure.
fn figures<'f>(expected: &'f Files, found: &'f Files) -> impl Iterator<Item = Difference> {
    let alone = |files: &Files, path: &str| {
        let file = files.get_key_value(path);
        file.map(|(path, bytes)| (path.clone(), bytes.clone())).into_iter().collect::<Files>()
    };
    let differences =
        expected.keys().filter_map(move |path| compare(&alone(expected, path), &alone(found, path)));
    differences.filter(|difference| matches!(difference.place, Place::Figure { .. }))
}

fn is_by_month(place: &Place) -> bool {
    matches!(place, Place::Figure { table, .. } if BY_MONTH.contains(&table.as_str()))
}

/// Whether no count is what both tell.
fn contradicts(difference: &Difference) -> bool {
    let range = |cell: &Option<String>| cell.as_deref().and_then(range);
    match (range(&difference.expected), range(&difference.found)) {
        (Some((from, to)), Some((other_from, other_to))) => to < other_from || other_to < from,
        _ => false,
    }
}

/// The counts that a cell may stand for, from and to: of `12`, `<5`, `5-19`, `320+`. `None` for what tells nothing.
fn range(cell: &str) -> Option<(u64, u64)> {
    let number = |text: &str| text.parse::<u64>().ok();
    if let Some(exact) = number(cell) {
        return Some((exact, exact));
    }
    if let Some(below) = cell.strip_prefix('<') {
        return Some((1, number(below)?.saturating_sub(1)));
    }
    if let Some(from) = cell.strip_suffix('+') {
        return Some((number(from)?, u64::MAX));
    }
    let (from, to) = cell.split_once('-')?;
    Some((number(from)?, number(to)?))
}

fn is_of_other(manifest: &Manifest) -> bool {
    manifest.maker() != Maker::this()
}

/// What made a report, and what this is; `None` if it is the same.
pub fn other_maker(manifest: &Manifest, language: Language) -> Option<[String; 2]> {
    if !is_of_other(manifest) {
        return None;
    }
    let zones = pick(language, "Zeitzonen", "time zones");
    let named = |maker: Maker<'_>| format!("{} ({zones} {})", maker.software, maker.time_zones);
    Some([named(manifest.maker()), named(Maker::this())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_contradict_where_no_count_is_both() {
        let of = |expected: Option<&str>, found: Option<&str>| {
            let place = Place::Figure { table: "t".into(), row: "r".into(), column: None };
            let owned = |text: Option<&str>| text.map(str::to_owned);
            contradicts(&Difference {
                file: "f".into(),
                place,
                expected: owned(expected),
                found: owned(found),
            })
        };
        for (one, other) in
            [("20", "21"), ("<5", "5"), ("<5", "0"), ("5-19", "20-79"), ("320+", "319"), ("<3", "3-9")]
        {
            assert!(of(Some(one), Some(other)) && of(Some(other), Some(one)), "{one} {other}");
        }
        for (one, other) in [
            ("20", "20"),
            ("<5", "4"),
            ("5-19", "19"),
            ("320+", "320"),
            ("hidden", "7"),
            ("7, 9", "8, 9"),
            ("x-y", "1"),
        ] {
            assert!(!of(Some(one), Some(other)) && !of(Some(other), Some(one)), "{one} {other}");
        }
        assert!(!of(Some("20"), None) && !of(None, Some("20")));
    }
}
