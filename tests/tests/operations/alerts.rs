//! The alert rules: what they ask for exists, each is explained, and promtool accepts and tests them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use crate::figures::is_exposed;
use crate::query::metrics;
use crate::{read, root, run, tool};

const RULES: &str = "deploy/prometheus/einsicht.rules.yml";
const TESTS: &str = "deploy/prometheus/einsicht.rules.test.yml";

/// Name → rule.
fn alerts() -> BTreeMap<String, Yaml> {
    let documents = YamlLoader::load_from_str(&read(RULES)).unwrap();
    let groups = documents[0]["groups"].as_vec().unwrap();
    let rules = groups.iter().flat_map(|group| group["rules"].as_vec().unwrap());
    let named: Vec<_> =
        rules.map(|rule| (rule["alert"].as_str().expect("an alert").to_owned(), rule.clone())).collect();
    let alerts: BTreeMap<_, _> = named.iter().cloned().collect();
    assert!(alerts.len() == named.len() && !alerts.is_empty(), "each name once");
    alerts
}

#[test]
fn alerts_ask_for_metrics_that_exist() {
    for (name, rule) in alerts() {
        let asked = metrics(rule["expr"].as_str().unwrap());
        assert!(!asked.is_empty(), "{name} asks for nothing");
        for metric in asked {
            assert!(is_exposed(&metric), "{name} asks for {metric}, which the service does not expose");
        }
    }
}

#[test]
fn each_alert_is_explained_under_its_name() {
    let page = read("docs/watching.md");
    let headings: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let alerts = alerts();
    assert_eq!(headings, alerts.keys().map(String::as_str).collect(), "headings of docs/watching.md");
    for (name, rule) in alerts {
        let severity = rule["labels"]["severity"].as_str();
        assert!(matches!(severity, Some("critical" | "warning")), "{name}: {severity:?}");
        assert!(rule["annotations"]["summary"].as_str().is_some(), "{name}");
        let runbook = format!("docs/watching.md#{}", name.to_lowercase());
        assert_eq!(rule["annotations"]["runbook"].as_str(), Some(&*runbook));
    }
}

#[test]
fn each_alert_has_a_case_that_raises_it() {
    let documents = YamlLoader::load_from_str(&read(TESTS)).unwrap();
    let cases = documents[0]["tests"].as_vec().unwrap().iter();
    let checks = cases.flat_map(|case| case["alert_rule_test"].as_vec().map_or(&[][..], Vec::as_slice));
    let raised = checks.filter(|check| check["exp_alerts"].as_vec().is_some_and(|alerts| !alerts.is_empty()));
    let raised: BTreeSet<&str> = raised.map(|check| check["alertname"].as_str().unwrap()).collect();
    assert_eq!(raised, alerts().keys().map(String::as_str).collect());
}

#[test]
fn promtool_accepts_the_rules_and_their_tests_pass() {
    let Some(promtool) = tool("promtool", "the alert rules are not run") else { return };
    run(Command::new(&promtool).args(["check", "rules"]).arg(root().join(RULES)));
    run(Command::new(&promtool).args(["test", "rules"]).arg(root().join(TESTS)));
}
