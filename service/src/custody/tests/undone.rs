//! What an entry says was erased is nobody's to see from then on, also where the disk did not follow yet.

use einsicht_proto::v1::Subject;

use super::*;

/// Where the vault states what it is about to overwrite: a folder there lets no erasure begin.
const JOURNAL: &str = "data/vault/erasing";

impl Desk {
    fn size(&self) -> u64 {
        self.custody.parts().sequencer.published().borrow().head.size.0
    }

    /// From here on nothing can be overwritten.
    fn jam(&self) {
        std::fs::create_dir(self.folder.path().join(JOURNAL)).unwrap();
    }

    fn unjam(&self) {
        std::fs::remove_dir(self.folder.path().join(JOURNAL)).unwrap();
    }

    /// Has values erased, which can't be done. Returns the entry that says so.
    async fn say_erased(&self, index: Index, fields: &[SealedField]) -> Index {
        match self.custody.erase(&doer("a", "steward"), index, fields, "x".into()).await {
            Err(CustodyError::NotDone { by, .. }) => by,
            other => panic!("it was done: {:?}", other.err()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_erased_is_erased_later_and_another_try_writes_no_second_entry() {
    let mut desk = Desk::new(Rules::default());
    let steward = doer("a", "steward");
    let mut said = Vec::new();
    let indexes = [
        desk.record(RetentionClass::NextYearEnd, None).await,
        desk.record(RetentionClass::NextYearEnd, None).await,
    ];
    desk.jam();
    for index in indexes {
        let by = desk.say_erased(index, &[]).await;
        assert_eq!(desk.say_erased(index, &[]).await, by);
        said.push(by);
    }
    assert_eq!(said, [Index(indexes[1].0 + 1), Index(indexes[1].0 + 2)], "one entry each");
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { failed: 2, ..Day::default() });
    desk.unjam();
    let again = desk.custody.erase(&steward, indexes[0], &[], "x".into()).await;
    assert!(matches!(again, Err(CustodyError::ErasedBefore { by, .. }) if by == said[0]));
    assert!(desk.custody.has_undone());
    assert_eq!(desk.custody.run_day().await.unwrap(), Day::default());
    assert!(!desk.custody.has_undone());
    for (index, by) in indexes.into_iter().zip(said) {
        assert_eq!(desk.actor(index).await, Err(by));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_to_be_erased_is_not_disclosed_although_it_is_there_and_the_rest_is() {
    let mut desk = Desk::new(Rules::default());
    let index = desk.record(RetentionClass::NextYearEnd, None).await;
    let neighbour = desk.record(RetentionClass::NextYearEnd, None).await;
    desk.jam();
    let by = desk.say_erased(index, &[SealedField::Actor]).await;
    assert_eq!(desk.actor(index).await, Err(by));
    assert_eq!(desk.actor(neighbour).await, Ok(()));
    let all = Asked { fields: Vec::new(), ..asked(index) };
    let Disclosed::Shown(shown) = desk.custody.disclose(&doer("b", "auditor"), all).await.unwrap() else {
        panic!("another steward is needed")
    };
    let shown: Vec<_> =
        shown.opened.iter().map(|one| (one.field, one.value.as_ref().err().copied())).collect();
    let expected =
        [(SealedField::Actor, Some(by)), (SealedField::Justification, None), (SealedField::OccurredAt, None)];
    assert_eq!(shown, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_made_before_shows_nothing_that_was_said_to_be_erased_since() {
    let mut rules = Rules::default();
    rules.disclosure.two_stewards.push(SealedField::Actor);
    rules.disclosure.request_hours = 2;
    let mut desk = Desk::new(rules);
    let index = desk.record(RetentionClass::NextYearEnd, None).await;
    let Disclosed::Requested { index: request, .. } =
        desk.custody.disclose(&doer("a", "steward"), asked(index)).await.unwrap()
    else {
        panic!("two stewards are needed")
    };
    desk.jam();
    let by = desk.say_erased(index, &[]).await;
    let grant = Asked { index: None, fields: Vec::new(), reason: "x".into(), request: Some(request) };
    let Disclosed::Shown(granted) = desk.custody.disclose(&doer("b", "steward"), grant).await.unwrap() else {
        panic!("it was granted")
    };
    assert_eq!(granted.opened[0].value.as_ref().err(), Some(&by));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confidential_record_that_is_said_to_be_erased_is_never_made_public() {
    let mut desk = Desk::new(Rules::default());
    let today = desk.custody.today().unwrap();
    let index = desk.record(RetentionClass::NextYearEnd, Some(today)).await;
    desk.jam();
    let by = desk.say_erased(index, &[]).await;
    let size = desk.size();
    let opened = desk.custody.open_record(index).await;
    assert!(matches!(opened, Err(CustodyError::ErasedBefore { by: said, .. }) if said == by), "{opened:?}");
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { failed: 1, ..Day::default() });
    assert_eq!(desk.size(), size, "no entry shows it");
    desk.unjam();
    assert_eq!(desk.custody.run_day().await.unwrap(), Day::default());
    assert_eq!(desk.actor(index).await, Err(by));
}

/// What the statement of an erasure is about nobody knows who can't read it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_made_public_that_an_unreadable_entry_may_say_was_erased() {
    let mut desk = Desk::new(Rules::default());
    let today = desk.custody.today().unwrap();
    let (kept, other) = (RetentionClass::NextYearEnd, RetentionClass::Months(1));
    let erased = desk.record(kept, Some(today)).await;
    let other_class = desk.record(other, Some(today)).await;
    let earlier = desk.record(kept, Some(today)).await;
    desk.jam();
    let by = desk.say_erased(erased, &[]).await;
    let later = desk.record(kept, Some(today)).await;
    desk.damage_last_but(kept, 1);
    for index in [erased, earlier] {
        let opened = desk.custody.open_record(index).await;
        let Err(CustodyError::MayBeErased { by: said, .. }) = opened else { panic!("{opened:?}") };
        assert_eq!(said, by);
    }
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { opened: 2, failed: 3, ..Day::default() });
    for index in [other_class, later] {
        let again = desk.custody.open_record(index).await;
        assert!(matches!(again, Err(CustodyError::OpenedBefore { .. })), "{again:?}");
    }
}

/// Refusing all that it may be about would close them until their month goes, and the statement may never be back.
#[tokio::test(flavor = "multi_thread")]
async fn a_disclosure_says_that_a_value_may_be_one_that_was_erased_until_it_is_erased_once_more() {
    let mut desk = Desk::new(Rules::default());
    let (kept, other) = (RetentionClass::NextYearEnd, RetentionClass::Months(1));
    let erased = desk.record(kept, None).await;
    let other_class = desk.record(other, None).await;
    desk.jam();
    let by = desk.say_erased(erased, &[SealedField::Actor]).await;
    let later = desk.record(kept, None).await;
    desk.damage_last_but(kept, 1);
    let (steward, auditor) = (doer("a", "steward"), doer("b", "auditor"));
    for (index, expected) in [(erased, Some(by)), (other_class, None), (later, None)] {
        for who in [&steward, &auditor] {
            let Disclosed::Shown(shown) = desk.custody.disclose(who, asked(index)).await.unwrap() else {
                panic!("another steward is needed")
            };
            assert_eq!((shown.opened.len(), shown.may_be_erased_by), (1, expected), "entry {index}");
        }
    }
    desk.unjam();
    let again = desk.custody.erase(&steward, erased, &[SealedField::Actor], "again".into()).await.unwrap();
    let Disclosed::Shown(shown) = desk.custody.disclose(&steward, asked(erased)).await.unwrap() else {
        panic!("another steward is needed")
    };
    assert!(shown.opened[0].value.is_err() && shown.may_be_erased_by.is_none());
    assert_eq!(again.fields, [SealedField::Actor]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_month_that_is_said_to_be_erased_nothing_is_shown_although_its_key_is_there() {
    let rules = Rules { schemes: vec!["person".into()], ..Rules::default() };
    let mut desk = Desk::new(rules);
    let class = RetentionClass::Months(0);
    let index = desk.record(class, None).await;
    let until_day = desk.custody.today().unwrap() + 2;
    let confidential = desk.record(class, Some(until_day)).await;
    let steward = doer("a", "steward");
    desk.is_at(BEGUN_AT + DAY);
    let person = Subject { scheme: "person".into(), id: "1".into() };
    let view_keys = || {
        let months = vec!["2026-11".into()];
        desk.custody.issue_view_keys(&steward, vec![person.clone()], months, "r".into())
    };
    assert_eq!(view_keys().await.unwrap().keys.len(), 1);
    let key = desk.folder.path().join("keys/vault/2026-11.P0M.key");
    let aside = desk.folder.path().join("aside");
    std::fs::rename(&key, &aside).unwrap();
    std::fs::create_dir(&key).unwrap();
    let Err(CustodyError::NotDone { by, .. }) = desk.custody.retain(false).await else {
        panic!("it was done")
    };
    std::fs::remove_dir(&key).unwrap();
    std::fs::rename(&aside, &key).unwrap();
    assert_eq!(desk.actor(index).await, Err(by));
    desk.is_at(BEGUN_AT + 2 * DAY);
    let opened = desk.custody.open_record(confidential).await;
    assert!(matches!(opened, Err(CustodyError::ErasedBefore { by: said, .. }) if said == by), "{opened:?}");
    let keys = view_keys().await;
    assert!(matches!(keys, Err(CustodyError::MonthErased { by: said, .. }) if said == by));
    // Who wants a value of it erased has the whole month erased, which that entry says.
    let erased = desk.custody.erase(&steward, index, &[], "x".into()).await;
    assert!(matches!(erased, Err(CustodyError::ErasedBefore { by: said, .. }) if said == by));
    assert!(!key.exists() && !desk.custody.has_undone());
    assert_eq!(desk.custody.run_day().await.unwrap(), Day::default());
}
