use std::fmt::Write as _;

use super::*;

/// The steps that looking through a charter takes, and what was found.
fn steps(text: &str) -> (u64, Vec<String>) {
    let mut steps = 0;
    let read = Charter::read("c.toml", text.as_bytes(), |charter, places, problems| {
        steps = check_reach(charter, places, problems);
    });
    let problems = read.err().map(|error| error.problems).unwrap_or_default();
    (steps, problems.iter().map(|problem| problem.reason.to_string()).collect())
}

const REGISTERS: [&str; 6] = ["purpose", "unit", "role", "legal_basis", "recipient", "storage_location"];

fn register(text: &mut String, register: &str, count: usize) {
    let items: Vec<String> = (0..count).map(|number| format!("{{id=\"c{number}\",title=\"x\"}}")).collect();
    writeln!(text, "{register} = [{}]", items.join(",")).unwrap();
}

fn list(count: usize) -> String {
    let items: Vec<String> = (0..count).map(|number| format!("\"c{number}\"")).collect();
    format!("[{}]", items.join(","))
}

fn commitment(text: &mut String, id: usize, rule: &str) {
    let head = "title=\"x\"\nsource=\"x\"\nevidence=\"report\"\nseverity=\"breach\"";
    writeln!(text, "[[commitment]]\nid=\"K{id}\"\n{head}\n{rule}").unwrap();
}

/// Three rules with long lists, of which only the last data set shows that each can be kept and not.
fn large(datasets: usize) -> String {
    let mut text = "charter = { title = \"x\" }\n".to_owned();
    REGISTERS.iter().for_each(|name| register(&mut text, name, 1000));
    for number in 0..datasets {
        let units = if number + 1 == datasets { "units=[\"c0\"]" } else { "" };
        let head = format!("[[dataset]]\nid=\"d{number}\"\ntitle=\"x\"\npersonal=\"none\"");
        writeln!(text, "{head}\npurposes=[\"c0\"]\n{units}").unwrap();
    }
    let long: Vec<String> = REGISTERS.iter().map(|name| format!("{name}={{in={}}}", list(1000))).collect();
    let rule = format!("when={{{}}}\nmust={{unit={{listed_in_dataset=\"units\"}}}}", long.join(","));
    (0..3).for_each(|id| commitment(&mut text, id, &rule));
    text
}

#[test]
fn data_sets_that_are_alike_are_tried_once() {
    let (few, none) = steps(&large(2));
    assert_eq!(none, Vec::<String>::new());
    let (many, none) = steps(&large(400));
    assert_eq!(none, Vec::<String>::new());
    // Each was looked at once for each rule.
    assert_eq!(many - few, 3 * (400 - 2), "{few} and {many}");
    assert!(few < 200_000, "{few}");
}

/// Every data set lists something else, and no rule is settled before the last of them: as dear as it can be.
#[test]
fn the_worst_charter_is_taken_as_it_is_after_so_many_steps() {
    let mut text = "charter = { title = \"x\" }\n".to_owned();
    register(&mut text, "purpose", 1000);
    text += "dataset = [\n";
    for number in 0..20_000 {
        let (one, other) = (number / 1000, number % 1000);
        let lists = if one == other { format!("\"c{one}\"") } else { format!("\"c{one}\",\"c{other}\"") };
        writeln!(text, "{{id=\"d{number}\",title=\"x\",personal=\"none\",purposes=[{lists}]}},").unwrap();
    }
    text += "]\n";
    // Never kept in a hundred ways, which is not found out without having looked at each data set.
    let rule = format!(
        "when={{purpose={{in={}}},personal=true}}\nmust={{purpose={{listed_in_dataset=\"purposes\"}}}}",
        list(1000)
    );
    (0..64).for_each(|id| commitment(&mut text, id, &rule));
    assert!(text.len() < super::super::CHARTER_BYTES_MAX, "{}", text.len());
    let (steps, problems) = steps(&text);
    assert_eq!(problems, Vec::<String>::new(), "nobody has looked to the end");
    assert!((WORK_MAX..WORK_MAX + 10_000_000).contains(&steps), "{steps}");
}

#[test]
fn what_stands_in_a_ledger_is_not_advised() {
    let mut text = large(1);
    commitment(&mut text, 9, "when={personal=true}\nmust={purpose=\"c0\"}");
    assert!(Charter::check("c.toml", text.as_bytes()).is_err());
    assert!(Charter::parse("c.toml", text.as_bytes()).is_ok());
}

/// Data sets whose lists are a rule's in part, alone and together with one that is personal.
#[test]
fn a_rule_is_pointless_if_no_data_set_lets_it_be_kept_or_not() {
    let told = |datasets: &str, rule: &str| {
        let mut text = "charter = { title = \"x\" }\n".to_owned();
        REGISTERS[..3].iter().for_each(|name| register(&mut text, name, 3));
        text += datasets;
        commitment(&mut text, 1, rule);
        steps(&text).1
    };
    let dataset = |id: &str, personal: &str, more: &str| {
        format!("[[dataset]]\nid=\"{id}\"\ntitle=\"x\"\npersonal=\"{personal}\"\npurposes=[\"c0\"]\n{more}\n")
    };
    let listed = "record_ceiling=5\nunits=[\"c1\"]\nroles=[\"c1\"]";
    let silent = dataset("p", "direct", "");
    let both = dataset("d", "none", listed) + &silent;
    // Only data that is not personal has a ceiling.
    let ceiling = "when={personal=true}\nmust={record_count={at_most_of_dataset=\"record_ceiling\"}}";
    assert!(told(&both, ceiling)[0].contains("no data set that it applies to has record_ceiling"));
    assert_eq!(told(&dataset("p", "direct", listed), ceiling), Vec::<String>::new());
    // Together they are personal, and a unit can be one of those that only the first lists.
    assert_eq!(
        told(&both, "when={personal=true,unit={listed_in_dataset=\"units\"}}\nmust={consideration=false}"),
        Vec::<String>::new()
    );
    assert!(
        told(&silent, "when={unit={listed_in_dataset=\"units\"}}\nmust={consideration=false}")[0]
            .contains("can never apply")
    );
    // What is listed and what is asked have nothing in common.
    assert!(
        told(&both, "when={unit={listed_in_dataset=\"units\"}}\nmust={unit={in=[\"c0\",\"c2\"]}}")[0]
            .contains("can never be kept")
    );
    assert!(
        told(&both, "when={unit={listed_in_dataset=\"units\"}}\nmust={unit={in=[\"c0\",\"c1\"]}}")[0]
            .contains("says nothing")
    );
    assert_eq!(
        told(&both, "when={unit={in=[\"c0\",\"c1\"]}}\nmust={unit={listed_in_dataset=\"units\"}}"),
        Vec::<String>::new()
    );
    assert!(
        told(
            &both,
            "when={record_count={in=[6,7]}}\nmust={record_count={at_most_of_dataset=\"record_ceiling\"}}"
        )[0]
        .contains("can never be kept")
    );
    assert_eq!(
        told(
            &both,
            "when={record_count={in=[5,7]}}\nmust={record_count={at_most_of_dataset=\"record_ceiling\"}}"
        ),
        Vec::<String>::new()
    );
    assert!(
        told(&both, "when={dataset=\"p\"}\nmust={unit={listed_in_dataset=\"units\"}}")[0]
            .contains("has units")
    );
    assert_eq!(
        told(&both, "when={dataset=\"d\"}\nmust={unit={listed_in_dataset=\"units\"}}"),
        Vec::<String>::new()
    );
}

/// Each of these rules is settled by the second data set, which differs from the first only in what is asked.
#[test]
fn a_data_set_that_differs_in_anything_that_a_rule_asks_is_tried() {
    let units = "when={unit={in=[\"c0\"]}}\nmust={unit={listed_in_dataset=\"units\"}}";
    for (first, second, rule) in [
        ("", "units=[\"c0\"]", units),
        ("units=[\"c1\"]", "units=[\"c0\"]", units),
        ("roles=[\"c0\"]", "units=[\"c0\"]", units),
        ("", "record_ceiling=5", "must={record_count={at_most_of_dataset=\"record_ceiling\"}}"),
        (
            "record_ceiling=5",
            "record_ceiling=6",
            "when={record_count=6}\nmust={record_count={at_most_of_dataset=\"record_ceiling\"}}",
        ),
        ("", "keep_days=5", "must={collected_on={not_older_than_of_dataset=\"keep_days\"}}"),
        ("", "", "when={dataset=\"d2\"}\nmust={consideration=false}"),
    ] {
        let mut text = "charter = { title = \"x\" }\n".to_owned();
        REGISTERS[..3].iter().for_each(|name| register(&mut text, name, 3));
        for (id, more) in [("d1", first), ("d2", second)] {
            let head = format!("[[dataset]]\nid=\"{id}\"\ntitle=\"x\"\npersonal=\"none\"");
            writeln!(text, "{head}\npurposes=[\"c0\"]\n{more}").unwrap();
        }
        commitment(&mut text, 1, rule);
        assert_eq!(steps(&text).1, Vec::<String>::new(), "{first} and {second}: {rule}");
    }
}
