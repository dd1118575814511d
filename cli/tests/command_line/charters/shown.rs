//! Charters of a ledger: `charter show`, `list` and `explain`.

use super::*;

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
