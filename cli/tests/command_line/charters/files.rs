//! A charter that is being written: `charter check` and `diff`.

use super::*;

#[test]
fn a_charter_that_is_right_is_read_back_in_sentences() {
    let place = place_of(&bodies());
    place.run("charter check charter.toml").ended(0).says(&[
        "ALL RIGHT  charter.toml can be published",
        "Charta der Gemeinde Musterdorf",
        "5 commitments, 2 data sets, 3 purposes",
        "have not been compared with what was adopted",
        "V-2  Personenbezogene Daten werden nicht verkauft",
        "If the data is personal, nothing may be given in return.",
        "breach, if confirmed; source: Beschluss des Gemeinderats vom 15. Januar 2026 (council decision)",
    ]);
    let german = place.run("charter check charter.toml --lang de --all").ended(0);
    german.says(&["IN ORDNUNG", "Wenn die Daten personenbezogen sind", "Datenbestände", "Der Datenbestand"]);
    let json = &place.run("charter check charter.toml --json").ended(0).json()[0];
    assert_eq!((&json["outcome"], &json["adopted"]), (&"usable".into(), &"2026-01-15".into()));
    assert_eq!(json["commitments"][1]["severity"], "breach");
    assert_eq!(json["commitments"][1]["evidence"], "council decision");
    assert!(json["commitments"][1]["sentence"]["en"].as_str().unwrap().contains("in return"));
    assert_eq!(
        (&json["commitments"][4]["is_question"], json["datasets"].as_array().unwrap().len()),
        (&true.into(), 2)
    );
}

#[test]
fn everything_that_is_wrong_with_a_charter_is_told_with_its_place() {
    let place = Place::new();
    let wrong = TEXT.replace("purposes = [\"friedhofsverwaltung\"]", "purpose = [\"friedhofsverwaltung\"]");
    place.write("charter.toml", wrong.replace("\"gdpr-6-1-c\", ", "\"gdpr-6-1-a\", "));
    let run = place.run("charter check charter.toml").ended(2).complains(&[
        "error: the charter can't be used",
        "charter.toml:75:1: ",
        "did you mean 'purposes'?",
        "charter.toml:114:32: ",
        "\"gdpr-6-1-a\" is not declared",
        "^^^",
    ]);
    assert!(run.out.is_empty());
    let run = place.run("charter check charter.toml --json").ended(2);
    let json = &run.json()[0];
    assert_eq!((&json["outcome"], &json["problems"][0]["line"]), (&"unusable".into(), &71.into()));
    place.write("words.toml", TEXT.replace("\"direct\"", "„direct“"));
    place.run("charter check words.toml").ended(2).complains(&["words.toml:74:12: ", "quotes are straight"]);
    place.run("charter check words.toml --lang de").ended(2).complains(&[
        "Fehler: die Charta ist so nicht zu verwenden, sie hat 1 Fehler",
        "words.toml:74:12: Anführungszeichen sind gerade",
    ]);
    place.run("charter diff words.toml words.toml --lang de").ended(2).complains(&["Fehler: die Charta"]);
    place.run("charter publish words.toml --lang de").ended(2).complains(&["Anführungszeichen sind gerade"]);
    place.run("charter check nowhere.toml").ended(2).complains(&["nowhere.toml can't be read"]);
    let run = place.run_with(&["charter", "check", "-"], &[], "x = ").ended(2);
    run.complains(&["standard input:1:"]);
}

/// As its comments say it: copy three lines, change both texts, write the id between the brackets.
#[test]
fn the_comments_of_the_template_are_enough_to_change_a_list_of_purposes() {
    let place = place_of(&bodies());
    let allowed = TEXT.replace("[\"friedhofsverwaltung\"]", "[\"friedhofsverwaltung\", \"denkmalpflege\"]");
    place.write("changed.toml", &allowed);
    // Who forgets the first step is told it.
    place.run("charter check changed.toml").ended(2).complains(&[
        "changed.toml:75:36: \"denkmalpflege\" is not declared",
        "a [[purpose]] with this id declares it",
    ]);
    let three_lines = "[[purpose]]\nid = \"statistik\"\ntitle = \"Kommunale Statistik\"\n";
    let copied =
        three_lines.replace("statistik", "denkmalpflege").replace("Kommunale Statistik", "Denkmalpflege");
    place.write("changed.toml", allowed.replace(three_lines, &format!("{three_lines}\n{copied}")));
    place.run("charter check changed.toml --lang de").ended(0).says(&["IN ORDNUNG", "4 Zwecke"]);
    let run = place.run("charter diff charter.toml changed.toml --lang de").ended(0);
    run.says(&[
        "grabregister nennt unter den Zwecken jetzt auch: „Denkmalpflege“",
        "„Denkmalpflege“ (denkmalpflege) kommt hinzu",
    ]);
}

#[test]
fn what_changes_is_told_in_sentences() {
    let place = place_of(&bodies());
    let run = place.run("charter diff charter.toml other.toml").ended(0);
    run.says(&["falls from 50 to 5 records", "statistik"]);
    place.run("charter diff charter.toml charter.toml").ended(0).says(&["Both say the same."]);
    let json = &place.run("charter diff charter.toml other.toml --json").ended(0).json()[0];
    assert_eq!(json["changes"].as_array().unwrap().len(), 2);
    assert!(json["changes"][0]["de"].is_string() && json["changes"][0]["en"].is_string());
    // Compared with what is in force.
    let run = place.run("charter diff charter.toml --url data --vkey vkey --lang de").ended(0);
    run.says(&["von 5 auf 50"]).complains(&["verglichen mit der Charta in Kraft (Eintrag 7)"]);
}
