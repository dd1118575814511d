//! The charter that a small municipality begins with.

use einsicht_access::charter::Charter;

use crate::{charter, text};

#[test]
fn the_template_is_right_as_it_is() {
    assert_eq!(charter("template.toml").commitments().len(), 5);
}

/// What the comments say, done by the letter.
#[test]
fn a_purpose_is_added_and_dropped_as_the_comments_say() {
    let template = text("charters/template.toml");
    let copied = "[[purpose]]\nid = \"winterdienst\"\ntitle = \"Winterdienst\"\n";
    assert!(template.contains(copied));
    let added = "[[purpose]]\nid = \"strassenbau\"\ntitle = \"Straßenbau\"\n";
    let changed = template.replace(copied, &format!("{copied}\n{added}")).replace(
        "purposes = [\"winterdienst\", \"statistik\"]",
        "purposes = [\"winterdienst\", \"strassenbau\"]",
    );
    let charter =
        Charter::check("template.toml", changed.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(charter.dataset(b"strassenzustand").unwrap().purposes, ["winterdienst", "strassenbau"]);
    // Whoever forgets the second step is told.
    let forgotten = template.replace("\"winterdienst\", \"statistik\"", "\"winterdienst\", \"strasenbau\"");
    let error = Charter::check("template.toml", forgotten.as_bytes()).unwrap_err().to_string();
    assert!(
        error.contains("\"strasenbau\" is not declared; a [[purpose]] with this id declares it"),
        "{error}"
    );
}

/// The examples in its last section, without what makes them comments.
#[test]
fn what_the_comments_offer_can_be_taken_as_it_stands_there() {
    let template = text("charters/template.toml");
    let (_, offered) = template.split_once("# 5. ").unwrap();
    let is_example = |line: &&str| {
        line.starts_with("[[")
            || line
                .split_once(" = ")
                .is_some_and(|(key, _)| key.bytes().all(|byte| byte.is_ascii_lowercase()))
    };
    let examples: Vec<_> =
        offered.lines().filter_map(|line| line.strip_prefix("# ")).filter(is_example).collect();
    let roles = "purposes = [\"friedhofsverwaltung\"]\n";
    assert!(template.contains(roles) && offered.contains("roles = [\"friedhofsamt\"]"));
    let changed = template.replace(roles, &format!("{roles}roles = [\"friedhofsamt\"]\n"));
    let changed = format!("{changed}\n{}\n", examples.join("\n"));
    let charter =
        Charter::check("template.toml", changed.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(charter.commitments().len(), 6);
    assert_eq!(
        charter.dataset(b"grabregister").unwrap().roles.as_deref(),
        Some(&["friedhofsamt".to_owned()][..])
    );
}

/// Each condition that the comments show is one, and each field and value is known.
#[test]
fn what_the_comments_say_of_rules_is_so() {
    let template = text("charters/template.toml");
    let (_, offered) = template.split_once("# Wonach eine Regel").unwrap();
    let conditions =
        offered.lines().filter_map(|line| line.strip_prefix("#   ")).filter(|line| line.contains(" = "));
    let conditions: Vec<_> = conditions.map(|line| line.split("   ").next().unwrap()).collect();
    assert_eq!(conditions.len(), 5);
    let values = [
        ("operation", &["collect", "alter", "query", "disclose", "combine", "erase"][..]),
        ("actor_kind", &["human", "system", "ai"]),
        ("processing", &["raw", "pseudonymised", "aggregated", "anonymous"]),
    ];
    let of_values = values.iter().flat_map(|(field, values)| {
        values
            .iter()
            .inspect(|value| assert!(offered.contains(&format!("\"{value}\"")), "{value}"))
            .map(move |value| format!("{field} = \"{value}\""))
    });
    let flags = ["personal", "consideration"].map(|field| format!("{field} = true"));
    let conditions = conditions.iter().map(ToString::to_string).chain(of_values).chain(flags);
    let declared =
        "[[role]]\nid = \"friedhofsamt\"\ntitle = \"F\"\n[[role]]\nid = \"standesamt\"\ntitle = \"S\"\n";
    let roles = "purposes = [\"friedhofsverwaltung\"]\n";
    let template = template.replace(roles, &format!("{roles}roles = [\"friedhofsamt\"]\n"));
    for condition in conditions {
        let rule = format!(
            "{template}\n{declared}[[commitment]]\nid = \"V-7\"\ntitle = \"T\"\nsource = \"S\"\nevidence = \"report\"\nseverity = \"notice\"\nwhen = {{ outcome = \"granted\" }}\nmust = {{ {condition} }}\n"
        );
        let charter = Charter::check("template.toml", rule.as_bytes())
            .unwrap_or_else(|error| panic!("{condition}: {error}"));
        assert_eq!(charter.commitments().len(), 6);
    }
}
