//! What was judged: `verify` and `list` over records.

use super::*;

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
