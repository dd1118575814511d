//! Whether anybody promised what is asked for.

use anyhow::bail;
use einsicht_client::charters::PublishedCharter;
use einsicht_client::reader::Reader;

/// Goes through the charters of a ledger, the newest first, until each of these commitments was a rule of one.
///
/// # Errors
/// One is a rule of none: no access was ever judged by it. A charter could not be read.
pub async fn check<'a>(reader: &Reader, wanted: impl Iterator<Item = &'a str>) -> anyhow::Result<()> {
    let mut missing: Vec<&str> = wanted.collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (mut rules, mut questions) = (Vec::<String>::new(), Vec::new());
    let mut next = PublishedCharter::in_force(reader).await?;
    while let Some(published) = next {
        for commitment in published.charter.commitments() {
            if commitment.rule().is_none() {
                questions.push(commitment.id.clone());
            } else if !rules.contains(&commitment.id) {
                rules.push(commitment.id.clone());
            }
        }
        missing.retain(|id| !rules.iter().any(|rule| rule == id));
        if missing.is_empty() {
            return Ok(());
        }
        next = published.before(reader).await?;
    }
    let Some(id) = missing.first() else { return Ok(()) };
    if rules.is_empty() {
        bail!("no charter of this ledger has a rule '{id}': none was published, so no access was judged");
    }
    if questions.iter().any(|question| question == id) {
        bail!("'{id}' is a question, which people answer: no access is judged by it");
    }
    bail!("no charter of this ledger has a rule '{id}'; there are {}", rules.join(", "))
}
