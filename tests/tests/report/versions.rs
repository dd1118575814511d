//! Reports that another version made: a figure is the same for all of them, the layout is not.

use std::fs;

use einsicht_tests::process::Ended;
use serde_json::Value;

use crate::folder::{contents, refit_manifest, replace};
use crate::scene::Scene;

const OTHER_SOFTWARE: (&str, &str) = ("\"software\": \"einsicht ", "\"software\": \"einsicht 9");
const OTHER_ZONES: (&str, &str) = ("\"time_zones\": \"", "\"time_zones\": \"9");

/// The outcome for programmes; the text for people is told by `ended`.
fn outcome(ended: &Ended) -> (i32, String) {
    let told: Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:#?}"));
    (ended.code.unwrap(), told["outcome"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_another_version_laid_out_otherwise_nobody_can_tell_and_a_figure_anybody() {
    let scene = Scene::with_charter().await;
    scene.make("report", "--entries public").await;
    let folder = scene.city.path("report");
    let true_one = contents(&folder);
    let manifest = folder.join("manifest.json");
    let page = |old: &str, new: &str| replace(&folder.join("index.html"), old, new);
    let figure = || replace(&folder.join("csv/by_purpose.csv"), ",20,", ",21,");
    let month = || {
        let sheet = folder.join("csv/months.csv");
        let text = fs::read_to_string(&sheet).unwrap();
        let last = text.trim_end().rsplit_once(',').unwrap().1.to_owned();
        fs::write(&sheet, format!("{}1{last}\r\n", text.trim_end().strip_suffix(&last).unwrap())).unwrap();
    };
    let fits = |file: &str, change: &dyn Fn()| {
        change();
        refit_manifest(&folder, file);
    };
    let layout = || fits("index.html", &|| page("<h1>", "<h1 >"));
    let figure_laid_out = || fits("csv/by_purpose.csv", &figure);
    let month_laid_out = || fits("csv/months.csv", &month);
    type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], &'c dyn Fn(), (i32, &'c str));
    let cases: [Case<'_>; 13] = [
        ("a layout of this version", &[], &layout, (1, "differs")),
        ("a page that was changed", &[OTHER_SOFTWARE], &|| page("<h1>", "<h1 >"), (1, "differs")),
        ("a page with another figure", &[OTHER_SOFTWARE], &|| page(">20<", ">21<"), (1, "differs")),
        ("a month that was changed", &[OTHER_ZONES], &month, (1, "differs")),
        ("a file more", &[OTHER_SOFTWARE], &|| fs::write(folder.join("x"), "").unwrap(), (1, "differs")),
        ("another version alone", &[OTHER_SOFTWARE], &|| {}, (2, "could not tell")),
        ("a layout of another version", &[OTHER_SOFTWARE], &layout, (2, "could not tell")),
        ("a figure of another version", &[OTHER_SOFTWARE], &figure_laid_out, (1, "differs")),
        ("other time zones alone, which cut the period alike", &[OTHER_ZONES], &|| {}, (0, "the same")),
        ("a figure with other time zones", &[OTHER_ZONES], &figure_laid_out, (1, "differs")),
        ("a month with other time zones", &[OTHER_ZONES], &month_laid_out, (2, "could not tell")),
        ("a month of another version", &[OTHER_SOFTWARE], &month_laid_out, (1, "differs")),
        (
            "a figure of a period that begins elsewhere with other time zones",
            &[OTHER_ZONES, ("\"first_instant\": \"20", "\"first_instant\": \"19")],
            &figure_laid_out,
            (2, "could not tell"),
        ),
    ];
    for (name, stated, change, (code, expected)) in cases {
        stated.iter().for_each(|(old, new)| replace(&manifest, old, new));
        change();
        let found = outcome(&scene.recompute("report", "--json").await);
        assert_eq!(found, (code, expected.to_owned()), "{name}");
        true_one.iter().for_each(|(path, bytes)| fs::write(folder.join(path), bytes).unwrap());
        let _ = fs::remove_file(folder.join("x"));
    }

    replace(&manifest, OTHER_ZONES.0, OTHER_ZONES.1);
    let told = scene.recompute("report", "").await;
    told.expect(0, &[]);
    assert!(told.stdout.contains("RECOMPUTED") && told.stdout.contains("(time zones 920"), "{told:#?}");

    replace(&manifest, OTHER_SOFTWARE.0, OTHER_SOFTWARE.1);
    scene
        .recompute("report", "")
        .await
        .expect(2, &["error: ", "only einsicht 9", "with the version that made it"]);
    page(">20<", ">21<");
    let changed = ["REPORT NOT CONFIRMED", "index.html", "is not the file that manifest.json names"];
    scene.recompute("report", "").await.expect(1, &changed);
    page(">21<", ">20<");
    figure_laid_out();
    let told = [
        "REPORT NOT CONFIRMED",
        "gives 20, the report says 21",
        "made with einsicht 9",
        "no figure depends on",
    ];
    scene.recompute("report", "").await.expect(1, &told);
}

#[tokio::test]
async fn inputs_that_another_version_may_have_taken_are_not_told_to_be_false() {
    let scene = Scene::with_charter().await;
    fs::write(scene.city.path("c.toml"), "[[not_connected]]\ntitle = \"Archiv\"\nreason = \"Papier\"\n")
        .unwrap();
    scene.make("report", "--coverage c.toml").await;
    let folder = scene.city.path("report");
    replace(&folder.join("inputs/coverage.toml"), "reason", "grund");
    refit_manifest(&folder, "inputs/coverage.toml");
    let refused = scene.recompute("report", "--json").await;
    assert_eq!(outcome(&refused), (1, "differs".to_owned()));
    replace(&folder.join("manifest.json"), OTHER_SOFTWARE.0, OTHER_SOFTWARE.1);
    let refused = scene.recompute("report", "--json").await;
    assert_eq!(outcome(&refused), (2, "could not tell".to_owned()));
    scene
        .recompute("report", "")
        .await
        .expect(2, &["inputs/coverage.toml:3", "not with einsicht", "Whether with einsicht 9"]);
}
