//! Differences between two pages: told by the table and the row that stand before them.

use super::{Found, Place, shown, shown_pair};

/// The first line that differs, if it lies in a table.
pub fn difference(expected: &[u8], found: &[u8]) -> Option<Found> {
    let (expected, found) = (std::str::from_utf8(expected).ok()?, std::str::from_utf8(found).ok()?);
    let (ours, theirs): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let at = (0..ours.len().max(theirs.len())).find(|at| ours.get(*at) != theirs.get(*at))?;
    let before = ours.get(..=at).unwrap_or(&ours);
    let [one, other] = [&ours, &theirs].map(|lines| lines.get(at).map(|line| text_of(line)));
    let of_table = attribute(before, "<table ", "data-table=\"").filter(|_| is_in_table(before));
    let place = match (of_table, attribute(before, "<tr ", "data-row=\"")) {
        (Some(table), Some(row)) => {
            let column = ours.get(at).and_then(|line| attribute(&[line], "<td ", "data-column=\""));
            Place::Figure { table, row: shown(&row), column }
        }
        _ => Place::Line(at + 1),
    };
    let (expected, found) = shown_pair(one.as_deref(), other.as_deref());
    Some((place, expected, found))
}

fn is_in_table(before: &[&str]) -> bool {
    let last = |mark: &str| before.iter().rposition(|line| line.contains(mark));
    last("<table ") > last("</table>")
}

/// The value of an attribute in the last line that has such an element.
fn attribute(lines: &[&str], element: &str, name: &str) -> Option<String> {
    let line = lines.iter().rev().find(|line| line.contains(element))?;
    let (_, rest) = line.split_once(name)?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// A line without its marks.
fn text_of(line: &str) -> String {
    let mut text = String::new();
    let mut is_mark = false;
    for character in line.chars() {
        match character {
            '<' => {
                is_mark = true;
                // What stands in neighbouring elements is not one word.
                if !text.is_empty() && !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            '>' if is_mark => is_mark = false,
            other if !is_mark => text.push(other),
            _ => {}
        }
    }
    if text.trim().is_empty() { line.trim().to_owned() } else { text }
}
