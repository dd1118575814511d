//! `charter check`, `show`, `diff`, `explain`; `verify` and `list` over judged ledgers.

use einsicht_access::charter::parts_of;
use einsicht_access::{Charter, Facts};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody};

use super::harness::Place;
use super::ledger;

const TEXT: &str = include_str!("../../../charters/template.toml");

/// Another charter: a purpose more for the graves, and a lower ceiling.
fn other_text() -> String {
    let other = TEXT.replace("record_ceiling = 50 ", "record_ceiling = 5 ");
    other.replace("[\"friedhofsverwaltung\"]", "[\"friedhofsverwaltung\", \"statistik\"]")
}

fn parts(text: &str) -> impl Iterator<Item = EntryBody> {
    parts_of(text.as_bytes()).into_iter().map(|part| EntryBody { content: Some(Content::Charter(part)) })
}

/// An access with the verdict of the charter that ends with entry `last`.
fn judged(sequence: u64, in_force: (u64, &str), change: impl FnOnce(&mut AccessRecord)) -> EntryBody {
    let mut body = ledger::access("grabregister", 1, sequence);
    let Some(Content::Access(record)) = &mut body.content else { panic!("an access is an access") };
    (record.legal_basis, record.consideration) = (Some("gdpr-6-1-c".to_owned()), Some(false));
    record.record_count = Some(12);
    change(record);
    let charter = Charter::parse("test", in_force.1.as_bytes()).unwrap();
    let judgement = charter.judge(&Facts::from(&*record));
    let ids = |set: einsicht_access::judge::Commitments| set.ids(&charter).map(str::to_owned).collect();
    let (deviates, not_verifiable) = (ids(judgement.deviates), ids(judgement.not_verifiable));
    record.charter = Some(in_force.0);
    (record.deviates, record.not_verifiable) = (deviates, not_verifiable);
    body
}

/// Entries: genesis, start, an access before any charter (2), a charter (3), three accesses, another charter (7), one
/// access.
fn bodies() -> Vec<EntryBody> {
    let (first, second) = ((3, TEXT), (7, &*other_text()));
    let mut bodies = ledger::bodies(false, &["grabregister"]);
    bodies.extend(parts(TEXT));
    bodies.push(judged(1, first, |_| {}));
    bodies.push(judged(2, first, |record| record.purpose = "friedhofsverwaltung".into()));
    bodies.push(judged(3, first, |record| record.legal_basis = None));
    bodies.extend(parts(second.1));
    bodies.push(judged(4, second, |_| {}));
    bodies
}

fn place_of(bodies: &[EntryBody]) -> Place {
    let place = Place::new();
    ledger::write(&place.path("data"), bodies);
    place.write("vkey", ledger::key(1).verifier().to_string());
    place.write("charter.toml", TEXT);
    place.write("other.toml", other_text());
    place
}

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

#[test]
fn the_charter_in_force_is_shown_now_and_at_a_time() {
    let place = place_of(&bodies());
    let run = place.run("charter show data --vkey vkey").ended(0);
    run.says(&["IN FORCE  since 2026-11-22T16:39:14Z (entry 7)", "V-4"]);
    let text = place.run("charter show data --vkey vkey --text").ended(0);
    assert_eq!(text.out, other_text());
    // Entry 3 is recorded at :10.
    let run = place.run("charter show data --vkey vkey --at 2026-11-22T16:39:10Z --json").ended(0);
    assert_eq!(run.json()[0]["last"], 3);
    let before = place.run("charter show data --vkey vkey --at 2026-11-22T16:39:09Z").ended(2);
    before.complains(&["no charter was in force at 2026-11-22T16:39:09Z"]);
    let old = place.run("charter show data --vkey vkey --at 2026-11-22T16:39:10Z --lang de").ended(0);
    old.says(&["WAR IN KRAFT  von 2026-11-22T16:39:10Z (Eintrag 3) bis 2026-11-22T16:39:14Z (Eintrag 7)"]);
    // What is in force still was so on that day, too.
    let now = place.run("charter show data --vkey vkey --at 2026-11-22 --lang de").ended(0);
    now.says(&["IN KRAFT  seit 2026-11-22T16:39:14Z (Eintrag 7)"]);
    place.run("charter show data --vkey vkey --at 2099-01-01").ended(2).complains(&["has not come"]);
}

#[test]
fn the_charters_of_a_ledger_are_listed_newest_first() {
    let run = place_of(&bodies()).run("charter list data --vkey vkey").ended(0);
    let expected = "2026-11-22T16:39:14Z  entry 7  Charta der Gemeinde Musterdorf  (in force)\n\
                    2026-11-22T16:39:10Z  entry 3  Charta der Gemeinde Musterdorf\n";
    assert_eq!(run.out, expected);
    let json = place_of(&bodies()).run("charter list data --vkey vkey --json").ended(0).json();
    assert_eq!(
        (&json[0]["last"], &json[0]["is_in_force"], &json[1]["last"]),
        (&7.into(), &true.into(), &3.into())
    );
    let none =
        place_of(&ledger::bodies(false, &["grabregister"])).run("charter list data --vkey vkey").ended(0);
    none.complains(&["has no charter"]);
}

#[test]
fn a_verdict_is_explained_by_the_charter_of_its_time() {
    let place = place_of(&bodies());
    place.run("charter explain 4 data --vkey vkey").ended(0).says(&[
        "Entry 4: does not fit V-1\n  2026-11-01T",
        ", query, grabregister, ",
        "judged by the charter in entry 3, “Charta der Gemeinde Musterdorf”; the recorded verdict is the same",
        "V-1  Daten dienen nur den Zwecken",
        ": does not fit (breach, if confirmed)",
        "whether it is a breach, people decide",
        "The access does not fit V-1 because",
        "Source: Beschluss des Gemeinderats vom 15. Januar 2026 (council decision)",
        "have not been compared with what was adopted",
        "fits: V-2, V-3, V-4",
        "for people to answer: V-5",
    ]);
    let missing = place.run("charter explain 6 data --vkey vkey --lang de").ended(0);
    missing.says(&[
        "Ob der Zugriff zu V-3 passt, lässt sich nicht prüfen, weil die Rechtsgrundlage nicht angegeben ist.",
    ]);
    // By the other charter the purpose fits, and there were too many records.
    place.run("charter explain 8 data --vkey vkey").ended(0).says(&["does not fit V-4", "12", "at most 5"]);
    let run = place.run("charter explain 4 data --vkey vkey --charter other.toml").ended(0);
    run.says(&["by the charter in the file other.toml", "does not fit V-4"]);
    let run = place.run("charter explain 5 data --vkey vkey --lang de").ended(0);
    run.says(&["Eintrag 5: passt zu jedem Versprechen", "protokolliert ist dasselbe Urteil"]);
    let json = &place.run("charter explain 4 data --vkey vkey --json").ended(0).json()[0];
    assert_eq!((&json["charter"], &json["commitments"][0]["verdict"]), (&3.into(), &"deviates".into()));
    assert_eq!(json["commitments"][0]["evidence"], "council decision");
    place.run("charter explain 2 data --vkey vkey").ended(0).says(&["No charter was in force"]);
    place.run("charter explain 0 data --vkey vkey").ended(2).complains(&["only accesses are judged"]);
}

/// Of a data set that the charter does not know, nearly every rule says the same.
#[test]
fn one_reason_for_several_rules_is_told_once() {
    let mut bodies = bodies();
    bodies.push(judged(5, (7, &other_text()), |record| record.dataset = "gewerberegister".into()));
    let run = place_of(&bodies).run("charter explain 9 data --vkey vkey").ended(0);
    let reason = "the charter does not know the data set";
    assert_eq!(run.out.matches(reason).count(), 1, "{run:#?}");
    run.says(&["Entry 9: can't be verified: V-1, V-4", "Whether the access fits V-1, V-4 can't be verified"]);
}

#[test]
fn verify_tells_how_many_records_keep_which_commitment() {
    let place = place_of(&bodies());
    let run = place.run("verify data --vkey vkey").ended(0).says(&[
        "charter      Charta der Gemeinde Musterdorf; in force since entry 7, the last of 2",
        "4 records were judged again, and each verdict is as recorded; 3 deviate from a commitment",
        "1 record was made when no charter was in force",
        "Personenbezogene Daten werden nicht verkauft",
    ]);
    let row = |id: &str| {
        let line = run.out.lines().find(|line| line.trim_start().starts_with(id)).unwrap();
        line.split_whitespace().skip(1).take(3).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!((row("V-1"), row("V-3"), row("V-4")), (three(2, 2, 0), three(3, 0, 1), three(3, 1, 0)));
    let json = &place.run("verify data --vkey vkey --json").ended(0).json()[0];
    assert_eq!((&json["verdicts"]["judged"], &json["verdicts"]["in_force"]["last"]), (&4.into(), &7.into()));
    let first = &json["verdicts"]["commitments"][0];
    assert_eq!((&first["id"], &first["kept"], &first["deviates"]), (&"V-1".into(), &2.into(), &2.into()));
}

/// Whoever shows a verdict says where the rule is a reading of somebody's.
#[test]
fn verify_marks_rules_that_are_interpretations() {
    let mut bodies = ledger::bodies(false, &["grabregister"]);
    let text = TEXT.replace("id = \"V-2\"", "id = \"V-2\"\ninterpretation = true");
    bodies.extend(parts(&text));
    bodies.push(judged(1, (3, &text), |_| {}));
    let run = place_of(&bodies).run("verify data --vkey vkey").ended(0);
    run.says(&["nicht verkauft *\n", "nötig\n  * the rule is an interpretation of its source"]);
    place_of(&self::bodies()).run("verify data --vkey vkey").ended(0).says(&["nicht verkauft\n"]);
}

fn three(kept: u64, deviates: u64, not_verifiable: u64) -> Vec<String> {
    [kept, deviates, not_verifiable].map(|number| number.to_string()).to_vec()
}

#[test]
fn verify_tells_what_another_charter_would_have_said() {
    let place = place_of(&bodies());
    let run = place.run("verify data --vkey vkey --charter other.toml").ended(0);
    run.says(&[
        "VERIFIED",
        "WHAT IF  by other.toml, 4 of 5 records would not have fitted",
        "newly",
        "einsicht charter explain",
        "einsicht charter explain 4 data --charter other.toml",
    ]);
    let json = &place.run("verify data --vkey vkey --charter other.toml --json").ended(0).json()[0];
    assert_eq!((&json["outcome"], &json["what_if"]["deviating"]), (&"verified".into(), &4.into()));
    place.write("wrong.toml", "x = 1");
    place.run("verify data --vkey vkey --charter wrong.toml").ended(2).complains(&["wrong.toml:1:1"]);
}

#[test]
fn a_false_verdict_fails_and_says_what_it_means() {
    let mut bodies = bodies();
    let Some(Content::Access(record)) = &mut bodies[4].content else { panic!("an access is an access") };
    record.deviates.clear();
    let place = place_of(&bodies);
    let expected = [
        "entry 4",
        "commitment V-1 as deviating, which the charter that ends with entry 3 gives",
        "V-1 recorded as kept",
        "what the city promised",
    ];
    place.run("verify data --vkey vkey").ended(1).complains(&expected);
    place.run("charter explain 4 data --vkey vkey").ended(1).complains(&expected);
    let json = &place.run("verify data --vkey vkey --json").ended(1).json()[0];
    assert_eq!((&json["outcome"], &json["finding"]["index"]), (&"failed".into(), &4.into()));
}

#[test]
fn list_shows_what_does_not_fit_a_commitment() {
    let place = place_of(&bodies());
    let indexes = |line: &str| -> Vec<u64> {
        let found = place.run(line).ended(0).json();
        found.iter().map(|entry| entry["index"].as_u64().unwrap()).collect()
    };
    assert_eq!(indexes("list data --vkey vkey --deviates V-1 --json"), [6, 4]);
    assert_eq!(indexes("list data --vkey vkey --deviates V-4 --json"), [8]);
    assert_eq!(indexes("list data --vkey vkey --not-verifiable V-3 --json"), [6]);
    place.run("list data --vkey vkey --deviates V-2").ended(0).complains(&["no such entry was found"]);
    place.run("list data --vkey vkey --deviates V-4").ended(0).says(&["deviates", "V-4"]);
}

/// Nothing found reads as "all is well": not for what nobody promised.
#[test]
fn list_does_not_take_a_slip_of_the_keyboard_for_a_promise_that_is_kept() {
    let place = place_of(&bodies());
    let unknown = |line: &str, parts: &[&str]| {
        let run = place.run(&format!("list data --vkey vkey {line}")).ended(2).complains(parts);
        assert!(run.out.is_empty(), "{run:#?}");
    };
    unknown("--deviates v-1", &["no charter of this ledger has a rule 'v-1'; there are V-1, V-2, V-3, V-4"]);
    unknown("--deviates V-2 --not-verifiable V-7", &["a rule 'V-7'"]);
    unknown("--deviates V-5", &["'V-5' is a question, which people answer"]);
    // Of a charter that is in force no more.
    let mut bodies = bodies();
    bodies.extend(parts(&TEXT.replace("\"V-2\"", "\"V-6\"")));
    let place = place_of(&bodies);
    place.run("list data --vkey vkey --deviates V-2").ended(0).complains(&["no such entry was found"]);
    let place = place_of(&ledger::bodies(false, &["grabregister"]));
    place.run("list data --vkey vkey --deviates V-1").ended(2).complains(&["none was published"]);
}

#[test]
fn a_ledger_without_a_charter_says_so() {
    let place = place_of(&ledger::bodies(false, &["grabregister"]));
    place.run("verify data --vkey vkey").ended(0).says(&["charter      none"]);
    place
        .run("charter show data --vkey vkey")
        .ended(2)
        .complains(&["no charter is in force", "charter publish"]);
    place
        .run("charter diff charter.toml --url data --vkey vkey")
        .ended(2)
        .complains(&["no charter is in force"]);
}
