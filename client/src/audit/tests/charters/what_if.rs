//! What another charter would have said.

use super::*;

#[tokio::test]
async fn what_another_charter_would_say_is_counted_beside_what_was_recorded() {
    let (mut ledger, recorded) = known_mix();
    let (body, opening) = hidden(&events()[1], 5000, Some((609, &charter(&other_text()))), |_| {});
    ledger.push_bytes(&body);
    let proposed = charter(TEXT);
    let mut counts = Counts::new();
    for leaf in &ledger.leaves {
        let body = einsicht_access::read_body(Leaf::parse(leaf).unwrap().body).unwrap();
        if let Some(Content::Access(record)) = body.content {
            count(
                &mut counts,
                &proposed,
                Some(&record).filter(|record| record.confidential_until_day.is_none()),
            );
        }
    }
    ledger.commit();
    let ask = async |ledger: &Ledger| {
        let folder = folder_of(ledger);
        let source = Source::open(folder.path().to_str().unwrap()).unwrap();
        what_if(&source, &trust(), proposed.clone().into(), |_| {}).await.unwrap()
    };
    let (report, answer) = ask(&ledger).await;
    assert_eq!((answer.records, answer.hidden, answer.deviating), (1206, 1, 241));
    // Under the first charter nothing changes; under the second and before the first it does, counted by hand.
    let changes = changes(&ledger, &proposed);
    let told = |id: &str| (answer.change(id).newly, answer.change(id).no_longer);
    assert!(
        proposed
            .commitments()
            .iter()
            .all(|one| told(&one.id) == changes.get(&*one.id).copied().unwrap_or_default())
    );
    assert_eq!((answer.newly, answer.no_longer), changes["any"]);
    assert_eq!(answer.examples[0], Index(2));
    assert_eq!(tallied(&answer), counts);
    assert_eq!(counts_of(&report)["V-1"][1], recorded["V-1"][1], "what was recorded stays what it is");
    ledger.push_bytes(&opening(ledger.size() - 1));
    ledger.commit();
    let (_, answer) = ask(&ledger).await;
    assert_eq!((answer.records, answer.hidden, answer.deviating), (1206, 0, 242));
}

/// Of how many records a charter says newly, and no longer, that they deviate, by commitment and at all.
fn changes(ledger: &Ledger, proposed: &Charter) -> BTreeMap<String, (u64, u64)> {
    let mut changes = BTreeMap::<_, (u64, u64)>::new();
    for leaf in &ledger.leaves {
        let body = einsicht_access::read_body(Leaf::parse(leaf).unwrap().body).unwrap();
        let Some(Content::Access(record)) = body.content else { continue };
        if record.confidential_seal.is_some() {
            continue;
        }
        let judgement = proposed.judge(&Facts::from(&record));
        let would: Vec<String> = judgement.deviates.ids(proposed).map(str::to_owned).collect();
        let newly = would.iter().filter(|id| !record.deviates.contains(id));
        newly.clone().for_each(|id| changes.entry(id.clone()).or_default().0 += 1);
        let no_longer = record.deviates.iter().filter(|id| !would.contains(id));
        no_longer.for_each(|id| changes.entry(id.clone()).or_default().1 += 1);
        let any = changes.entry("any".to_owned()).or_default();
        any.0 += u64::from(newly.count() > 0);
        any.1 += u64::from(would.is_empty() && !record.deviates.is_empty());
    }
    changes
}
