//! Links between the pages lead somewhere: at night nobody searches.

use std::fs;
use std::path::Path;

use crate::{read, root};

const PAGES: [&str; 3] = ["docs/operations.md", "docs/refusals.md", "docs/watching.md"];

/// The anchor that a heading gets: lower case, spaces become hyphens, other signs vanish.
fn anchor(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    title.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
}

/// The targets of the links of a page that do not lead out of the repository.
fn targets(page: &str) -> Vec<&str> {
    let links = page.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    links.map(|(target, _)| target).filter(|target| !target.contains("://")).collect()
}

#[test]
fn links_of_the_pages_lead_to_files_and_headings_that_exist() {
    for page in PAGES {
        let text = read(page);
        assert!(!targets(&text).is_empty(), "{page} has no links");
        for target in targets(&text) {
            let (file, wanted) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { root().join(page) } else { root().join("docs").join(file) };
            assert!(path.exists(), "{page}: {target}");
            assert!(wanted.is_empty() || has_heading(&path, wanted), "{page}: no heading for {target}");
        }
    }
}

fn has_heading(path: &Path, wanted: &str) -> bool {
    let text = fs::read_to_string(path).unwrap();
    text.lines().any(|line| line.starts_with('#') && anchor(line) == wanted)
}

#[test]
fn anchors_are_made_as_on_the_web() {
    assert_eq!(anchor("### EinsichtDown"), "einsichtdown");
    assert_eq!(anchor("## Opening, torn tails, rollback"), "opening-torn-tails-rollback");
}
