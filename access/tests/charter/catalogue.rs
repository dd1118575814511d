//! The example charter of Ulm against the catalogue of public facts that it was made from.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use einsicht_access::charter::Register;

use crate::charter;

/// Set to `1` where a run without the shared data must not pass, as in `.ci/run`.
const REQUIRE_VARIABLE: &str = "EINSICHT_REQUIRE_SHARED";

/// The columns that count here, of each row: kind, slug, title.
type Row = [String; 3];

/// The catalogue, read where it lies; `None`, said past the capture of the test harness, if it is not there.
fn catalogue() -> Option<Vec<Row>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !data.is_dir() {
        let required = std::env::var_os(REQUIRE_VARIABLE).is_some_and(|value| value == "1");
        assert!(!required, "../shared/data is not there, and {REQUIRE_VARIABLE}=1 requires it");
        let skipped = "skipped: ../shared/data is not there (the charter of Ulm against ulm-catalog.txt)";
        writeln!(std::io::stderr().lock(), "{skipped}").unwrap();
        return None;
    }
    let text = std::fs::read_to_string(data.join("ulm-catalog.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let row = |line: &str| {
        let mut columns = line.split('\t').map(str::to_owned);
        std::array::from_fn(|_| columns.next().unwrap_or_default())
    };
    Some(lines.map(row).collect())
}

fn of_kind<'a>(rows: &'a [Row], kind: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let found = rows.iter().filter(move |row| row[0] == kind);
    found.map(|[_, slug, title]| (slug.as_str(), title.as_str()))
}

#[test]
fn every_data_set_sensor_unit_and_organisation_of_the_catalogue_is_in_it_by_its_name() {
    let Some(rows) = catalogue() else { return };
    let charter = charter("ulm.toml");
    let of_charter = |is_sensor: bool| -> BTreeSet<(&str, &str)> {
        let sets = charter.datasets().iter().filter(|set| set.sensor == is_sensor);
        sets.map(|set| (set.id.as_str(), set.titles.german.as_str())).collect()
    };
    let titles = |register| -> BTreeSet<&str> {
        charter.declared(register).iter().map(|one| one.titles.german.as_str()).collect()
    };

    // One slug has spaces, which no code has.
    let code =
        |slug: &str| if slug.contains(' ') { slug.replace(' ', "-").to_lowercase() } else { slug.to_owned() };
    let sets: Vec<_> = of_kind(&rows, "dataset").map(|(slug, title)| (code(slug), title)).collect();
    assert_eq!(sets.len(), 121);
    assert_eq!(
        sets.iter().map(|(id, title)| (id.as_str(), *title)).collect::<BTreeSet<_>>(),
        of_charter(false)
    );

    let sensors: Vec<_> = of_kind(&rows, "sensor").collect();
    assert_eq!((sensors.len(), of_charter(true).len()), (19, 19));
    for (slug, title) in sensors {
        let is_it = |id: &str, known: &str| (slug.is_empty() || slug == id) && is_called(known, title);
        assert_eq!(of_charter(true).into_iter().filter(|(id, known)| is_it(id, known)).count(), 1, "{title}");
    }

    let units: BTreeSet<_> = of_kind(&rows, "org_unit").map(|(_, title)| title).collect();
    assert_eq!((units.len(), &units), (19, &titles(Register::Unit)));
    let organisations: BTreeSet<_> = of_kind(&rows, "organisation").map(|(_, title)| title).collect();
    assert_eq!(organisations.len(), 4);
    assert!(organisations.is_subset(&titles(Register::Recipient)), "{organisations:?}");
}

/// Whether the charter's title is that of the catalogue. Of one place the catalogue also names the shop there, which is
/// left out: it bears a person's name.
fn is_called(known: &str, title: &str) -> bool {
    let place = |text: &str| text.starts_with("Ladenzeile ") && text.ends_with(" Trollingerweg 2");
    known == title || (known == "Ladenzeile Trollingerweg 2" && place(title))
}
