//! What is in another language than its page says so.

use super::values;
use crate::samples::{Log, NOVEMBER_S, inputs, record};
use crate::{Entries, Files, InputFile, make};

/// German where no English is stated, and the other way round where it is.
const CHARTER: &str = r#"
[charter]
title = "Charta"

[[purpose]]
id = "z1"
title = "Auskunft"

[[dataset]]
id = "d1"
title = "Melderegister"
title_en = "Register"
personal = "none"
purposes = ["z1"]

[[commitment]]
id = "C-1"
title = "Zweckbindung"
source = "Beschluss"
evidence = "council decision"
severity = "notice"
must = { purpose = { listed_in_dataset = "purposes" } }

[[commitment]]
id = "C-2"
title = "Nutzen"
source = "Satzung"
evidence = "statute"
question = "Wozu?"
"#;

const COVERAGE: &str = "[[recorder]]\nid = \"p\"\ntitle = \"Meldewesen\"\n\
    [[not_connected]]\ntitle = \"Archiv\"\ntitle_en = \"Archive\"\nreason = \"Papier\"\n\
    [[known_gap]]\nfrom = 2026-11-02\ntext = \"Ausfall\"\n";

const ANSWERS: &str =
    "[[answer]]\ncommitment = \"C-2\"\ntext = \"Radwege\"\nby = \"Gemeinderat\"\non = 2026-11-20\n";

fn made() -> Files {
    let mut log = Log::begun(NOVEMBER_S);
    log.charter(NOVEMBER_S, CHARTER);
    let mut of_unit = record("p", 0, "d1", "z1");
    of_unit.unit = Some("standesamt".into());
    log.access(NOVEMBER_S, of_unit);
    let checkpoint = log.checkpoint();
    let mut inputs = inputs(&checkpoint, Entries::Public);
    inputs.coverage = Some(InputFile { name: "coverage.toml", bytes: COVERAGE.as_bytes() });
    inputs.answers = Some(InputFile { name: "answers.toml", bytes: ANSWERS.as_bytes() });
    make(&log.figures("2026-11"), &inputs).unwrap()
}

/// The texts of a page that are marked as German, and all the others together.
fn marked(page: &str) -> (Vec<&str>, String) {
    let mut parts = page.split("<span lang=\"de\">");
    let mut others = parts.next().unwrap().to_owned();
    let marked = parts.map(|part| {
        let (german, rest) = part.split_once("</span>").unwrap();
        others.push_str(rest);
        german
    });
    (marked.collect(), others)
}

#[test]
fn german_on_the_english_page_is_marked_as_german_and_nothing_else_is() {
    let files = made();
    let (german, mut others) = marked(std::str::from_utf8(&files["en/index.html"]).unwrap());
    let expected = [
        "Charta",
        "Auskunft",
        "Zweckbindung",
        "Beschluss",
        "Nutzen",
        "Satzung",
        "Wozu?",
        "Meldewesen",
        "Papier",
        "Ausfall",
        "Radwege",
        "Gemeinderat",
    ];
    for text in expected {
        assert!(german.contains(&text), "{text} is not marked");
    }
    assert!(german.iter().all(|text| expected.contains(text)), "{german:?}");
    // The title of a mark can't say which language a part of it has.
    while let Some((before, rest)) =
        others.split_once("<title>").filter(|(_, rest)| rest.contains("</title>"))
    {
        others = format!("{before}{}", rest.split_once("</title>").unwrap().1);
    }
    for text in expected {
        assert!(!others.contains(text), "{text} also stands there without a mark");
    }
    assert!(
        others.contains("Archive") && others.contains("Register") && others.contains(" (council decision)")
    );
}

#[test]
fn each_page_says_its_own_language_and_that_of_the_other() {
    let files = made();
    let languages = |path: &str| values(std::str::from_utf8(&files[path]).unwrap(), "lang");
    assert_eq!(languages("index.html"), ["de", "en"], "the page, and the link to the other one");
    let english = std::str::from_utf8(&files["en/index.html"]).unwrap();
    let (others, marks) = english.split_once("<h1>").unwrap();
    assert_eq!(values(others, "lang"), ["en", "de"]);
    assert!(values(marks, "lang").iter().all(|language| *language == "de"));
}
