//! Word for word what the commands say, apart from what is another each time.

use std::process::Command;

use einsicht_tests::process::{Ended, command, text};

use crate::folder::replace;
use crate::scene::{Scene, year};

/// What was said, with the same in the place of what is another each time.
fn said(text: &str) -> String {
    let year = year();
    let words = text.split_inclusive([' ', '\n', ',', ';']).map(|word| {
        let bare = word.trim_end_matches([' ', '\n', ',', ':', ';']);
        let is_hash = bare.len() == 64 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_time = bare.len() > 18 && bare.starts_with(&year) && bare.contains('T');
        let other = match () {
            () if is_hash => "HASH",
            () if is_time => "TIME",
            () if bare == year => "YEAR",
            () => bare,
        };
        format!("{other}{}", &word[bare.len()..])
    });
    words.collect()
}

#[track_caller]
fn says(ended: &Ended, code: i32, stdout: &str, stderr: &str) {
    assert_eq!(ended.code, Some(code), "{ended:#?}");
    assert_eq!((said(&ended.stdout).as_str(), said(&ended.stderr).as_str()), (stdout, stderr));
}

#[tokio::test]
async fn every_command_says_what_it_did_in_both_languages() {
    let scene = Scene::with_charter().await;
    let run = async |line: String| scene.einsicht(&scene.steward, &line).await;
    for (language, made, published, again, listed, recomputed) in [
        ("en", MADE, PUBLISHED, PUBLISHED_AGAIN, LISTED, RECOMPUTED),
        ("de", MADE_DE, PUBLISHED_DE, PUBLISHED_AGAIN_DE, LISTED_DE, RECOMPUTED_DE),
    ] {
        let more = format!("--lang {language} --quiet");
        let corrects = if language == "de" { "--corrects 30 " } else { "" };
        let make = format!("report make --period {} --out {language} {corrects}{more}", year());
        says(&run(make).await, 0, made, "");
        says(&run(format!("report publish {language} {more}")).await, 0, published, "");
        says(&run(format!("report publish {language} {more}")).await, 0, again, "");
        says(&run(format!("report list {more}")).await, 0, listed, "");
        says(&run(format!("report recompute en {more}")).await, 0, recomputed, "");
    }
}

#[tokio::test]
async fn a_refusal_and_a_difference_say_what_is_wrong_and_what_to_do() {
    let scene = Scene::with_charter().await;
    scene.make("report", "--entries public").await;
    let run = async |line: &str| scene.einsicht(&scene.steward, line).await;
    let make = format!("report make --period {} --out report --quiet", year());
    says(&run(&make).await, 2, "", REFUSED);
    let both = make.replace("report --quiet", "new --quiet --entries public --fewer-than 5");
    says(&run(&both).await, 2, "", REFUSED_THRESHOLD);
    replace(&scene.city.path("report/csv/by_purpose.csv"), ",20,", ",21,");
    says(&run("report recompute report --quiet").await, 1, "", DIFFERS);
    says(&run("report recompute report --quiet --lang de").await, 1, "", DIFFERS_DE);
}

/// Whoever copies the line of the next command can run it as it stands.
#[tokio::test]
async fn the_next_command_runs_as_it_is_printed() {
    let scene = Scene::with_charter().await;
    scene.service.terminate().await.expect(0, &[]);
    let (data, vkey) = (scene.city.data(), scene.city.path("data/ledger.vkey"));
    let (out, state) = (scene.city.path("Bericht für 'alle'"), scene.city.path("the state"));
    let mut make =
        command("einsicht", &["report", "make", "--period", &year(), "--out", text_of(&out), text(&data)]);
    make.args(["--vkey", text(&vkey), "--state-dir", text(&state)]);
    let made = make.output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let printed = String::from_utf8(made.stdout).unwrap();
    let next = printed.lines().find_map(|line| line.trim().strip_prefix("next ")).expect("a next command");
    let programs = std::path::Path::new(make.get_program()).parent().unwrap().to_owned();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", next.trim()]).env("PATH", programs).env_remove("EINSICHT_VKEY");
    let ran = shell.output().unwrap();
    assert!(ran.status.success(), "{next}: {ran:?}");
    assert!(String::from_utf8(ran.stdout).unwrap().starts_with("RECOMPUTED  "), "{next}");
}

fn text_of(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

const MADE: &str = "\
MADE  einsicht.ulm.example/ledger YEAR, 30 entries verified
PROVISIONAL  the period was not over when the newest entry was recorded
  folder     en
  manifest   HASH
  next       einsicht report recompute en
  then       einsicht report publish en
";
const MADE_DE: &str = "\
ERSTELLT  einsicht.ulm.example/ledger YEAR, 31 Einträge geprüft
VORLÄUFIG  der Zeitraum war noch nicht vorbei, als der neueste Eintrag entstand
  Ordner     de
  Manifest   HASH
  weiter     einsicht report recompute de
  danach     einsicht report publish de
";
const PUBLISHED: &str = "\
PUBLISHED  entry 30, TIME: the ledger names this report
PROVISIONAL  the period was not over when the newest entry was recorded
";
const PUBLISHED_DE: &str = "\
VERÖFFENTLICHT  Eintrag 31, TIME: das Protokoll nennt diesen Bericht
VORLÄUFIG  der Zeitraum war noch nicht vorbei, als der neueste Eintrag entstand
";
const PUBLISHED_AGAIN: &str = "\
PUBLISHED ALREADY  entry 30, TIME: nothing was written
PROVISIONAL  the period was not over when the newest entry was recorded
";
const PUBLISHED_AGAIN_DE: &str = "\
SCHON VERÖFFENTLICHT  Eintrag 31, TIME: es wurde nichts geschrieben
VORLÄUFIG  der Zeitraum war noch nicht vorbei, als der neueste Eintrag entstand
";
const LISTED: &str = "\
YEAR  entry 30  TIME
  HASH
";
const LISTED_DE: &str = "\
YEAR  Eintrag 31  TIME
  HASH
  berichtigt den Bericht in Eintrag 30
YEAR  Eintrag 30  TIME
  HASH
  berichtigt durch den Bericht in Eintrag 31
";
const RECOMPUTED: &str = "\
RECOMPUTED  YEAR: all 23 files are what the ledger gives, byte for byte
PROVISIONAL  the period was not over when the newest entry was recorded
PUBLISHED  entry 30, TIME
";
const RECOMPUTED_DE: &str = "\
NACHGERECHNET  YEAR: alle 23 Dateien sind Byte für Byte das, was aus dem Protokoll folgt
VORLÄUFIG  der Zeitraum war noch nicht vorbei, als der neueste Eintrag entstand
BERICHTIGT  Eintrag 30, TIME; berichtigt durch den Bericht in Eintrag 31
";
const REFUSED: &str = "\
error: the folder report is not empty: a report stands alone in its folder; give the name of a new one
";
const REFUSED_THRESHOLD: &str = "\
error: --fewer-than hides nothing where entries are public: leave out --entries public or --fewer-than
";
const DIFFERS: &str = "\
REPORT NOT CONFIRMED: csv/by_purpose.csv, table by_purpose, row verkehrsplanung, column records: the ledger gives 20, \
the report says 21; csv/by_purpose.csv is not the file that manifest.json names (SHA-256)
  The ledger is verified and does not name this report; for YEAR it names none. It was changed after it was made, or is \
not complete.
  Keep the folder, and ask its publisher.
";
const DIFFERS_DE: &str = "\
BERICHT NICHT BESTÄTIGT: csv/by_purpose.csv, Tabelle by_purpose, Zeile verkehrsplanung, Spalte records: aus dem \
Protokoll folgt 20, im Bericht steht 21; csv/by_purpose.csv ist nicht die Datei, die manifest.json nennt (SHA-256)
  Das Protokoll ist bestätigt und nennt diesen Bericht nicht; für YEAR nennt es keinen. Er wurde geändert, nachdem er \
erstellt war, oder ist unvollständig.
  Bitte den Ordner aufbewahren und bei der herausgebenden Stelle nachfragen.
";
