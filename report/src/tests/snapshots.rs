//! A small report, byte by byte. After a change that is meant: `UPDATE_SNAPSHOTS=1 cargo test -p einsicht-report`, read what
//! changed, and look at the pages (`pages_to_look_at`).

use bytes::Bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{Correction, Report};

use crate::samples::{DAY_S, Log, NOVEMBER_S, inputs, record, session};
use crate::{Entries, Files, InputFile, compare, make};

const CHARTER: &str = r#"
[charter]
title = "Charta der Stadt"
title_en = "Charter of the city"
time_zone = "Europe/Berlin"

[[purpose]]
id = "auskunft"
title = "Auskunft"
title_en = "Information"

[[purpose]]
id = "statistik"
title = "Statistik"

[[dataset]]
id = "melderegister"
title = "Melderegister"
title_en = "Register of residents"
personal = "direct"
purposes = ["auskunft"]

[[commitment]]
id = "C-1"
title = "Der Zweck passt zum Datenbestand"
title_en = "The purpose fits the data set"
source = "Beschluss des Gemeinderats"
evidence = "council decision"
severity = "notice"
must = { purpose = { listed_in_dataset = "purposes" } }

[[commitment]]
id = "C-2"
title = "Nutzen"
title_en = "Benefit"
source = "Beschluss des Gemeinderats"
evidence = "council decision"
question = "Welchen Nutzen hatte es?"
question_en = "What was it good for?"
"#;

fn small() -> Files {
    let mut log = Log::begun(NOVEMBER_S - 40 * DAY_S);
    log.charter(NOVEMBER_S - 40 * DAY_S, CHARTER);
    for number in 0..40 {
        let purpose = if number % 13 == 5 { "statistik" } else { "auskunft" };
        let second = NOVEMBER_S - 35 * DAY_S + number * 86_000;
        let mut made = record("meldewesen", number + number / 30, "melderegister", purpose);
        made.unit = Some(if number % 3 == 0 { "buergerdienste" } else { "standesamt" }.into());
        log.access(second, made);
    }
    log.end(NOVEMBER_S + 6 * DAY_S, "meldewesen", &session("meldewesen"), Some(41));
    log.content(NOVEMBER_S + 6 * DAY_S, Content::Correction(Correction { index: 7, ..Default::default() }));
    let manifest_sha256 = Bytes::from_static(&[7; 32]);
    let report = Report { period: "2026-10".into(), manifest_sha256, replaces: None };
    log.content(NOVEMBER_S + 7 * DAY_S, Content::Report(report));
    let checkpoint = log.checkpoint();
    let mut inputs = inputs(&checkpoint, Entries::default());
    let coverage = "[[recorder]]\nid = \"meldewesen\"\ntitle = \"Meldewesen\"\ntitle_en = \"Registration\"\n";
    inputs.coverage = Some(InputFile { name: "coverage.toml", bytes: coverage.as_bytes() });
    make(&log.figures("2026-Q4"), &inputs).unwrap()
}

#[test]
fn a_small_report_is_the_one_that_was_read_and_approved() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/snapshots");
    let names = [
        ("index.html", "de.html"),
        ("en/index.html", "en.html"),
        ("report.json", "report.json"),
        ("manifest.json", "manifest.json"),
    ];
    let (mut told, mut known) = (Files::new(), Files::new());
    let files = small();
    for (path, name) in names {
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(folder.join(name), &files[path]).unwrap();
        }
        told.insert(path.to_owned(), files[path].clone());
        known.insert(path.to_owned(), std::fs::read(folder.join(name)).unwrap_or_default());
    }
    if let Some(difference) = compare(&known, &told) {
        panic!("{difference}");
    }
}
