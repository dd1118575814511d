//! What becomes public on its day, and what goes when its time is over.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_run_opens_confidential_records_on_their_day_and_each_once() {
    let mut desk = Desk::new(Rules::default());
    let today = desk.custody.today().unwrap();
    let tomorrow = desk.record(RetentionClass::NextYearEnd, Some(today + 1)).await;
    let erased = desk.record(RetentionClass::NextYearEnd, Some(today + 1)).await;
    let later = desk.record(RetentionClass::NextYearEnd, Some(today + 2)).await;
    desk.custody.erase(&doer("a", "steward"), erased, &[], "x".into()).await.unwrap();
    assert_eq!(desk.custody.run_day().await.unwrap(), Day::default());
    desk.is_at(BEGUN_AT + DAY);
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { opened: 1, ..Day::default() });
    assert_eq!(desk.custody.run_day().await.unwrap(), Day::default());
    let again = desk.custody.open_record(tomorrow).await;
    assert!(matches!(again, Err(CustodyError::OpenedBefore { .. })));
    let early = desk.custody.open_record(later).await;
    assert!(matches!(early, Err(CustodyError::NotYet { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn months_go_when_their_time_is_over_and_wait_for_earlier_ones_of_their_class() {
    let mut rules = Rules::default();
    rules.retention.hold.push("2026-11".parse().unwrap());
    let mut desk = Desk::new(rules.clone());
    let class = RetentionClass::Months(0);
    let november = desk.record(class, None).await;
    assert_eq!(desk.custody.run_day().await.unwrap(), Day::default(), "the month goes on");
    desk.is_at(BEGUN_AT + DAY);
    let december = desk.record(class, None).await;
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { held: 1, ..Day::default() });
    desk.is_at(BEGUN_AT + 40 * DAY);
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { held: 2, ..Day::default() });
    assert_eq!(desk.actor(november).await, Ok(()));
    rules.retention.hold.clear();
    desk.custody.parts().rules.replace(rules);
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { erased: 2, ..Day::default() });
    for index in [november, december] {
        assert!(desk.actor(index).await.is_err(), "entry {index} was erased");
    }
    assert_eq!(desk.custody.run_day().await.unwrap(), Day::default(), "and only once");
}

/// A service that was down, say, has both to do on one day.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_whose_day_has_come_becomes_public_before_its_month_goes() {
    let class = RetentionClass::Months(0);
    for by_hand in [false, true] {
        let mut desk = Desk::new(Rules::default());
        let index = desk.record(class, Some(desk.custody.today().unwrap() + 1)).await;
        desk.is_at(BEGUN_AT + 3 * DAY);
        assert_eq!(desk.custody.retain(true).await.unwrap().len(), 1);
        if by_hand {
            assert!(desk.custody.retain(false).await.unwrap()[0].erased_by.is_some());
        } else {
            let expected = Day { erased: 1, opened: 1, ..Day::default() };
            assert_eq!(desk.custody.run_day().await.unwrap(), expected);
        }
        let again = desk.custody.open_record(index).await;
        assert!(matches!(again, Err(CustodyError::OpenedBefore { .. })), "by hand {by_hand}: {again:?}");
        assert!(desk.actor(index).await.is_err(), "and then it went");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_stays_while_records_can_not_be_opened_yet_that_are_to_be_public() {
    let mut desk = Desk::new(Rules::default());
    let class = RetentionClass::Months(0);
    let index = desk.record(class, Some(desk.custody.today().unwrap() + 1)).await;
    desk.is_at(BEGUN_AT + DAY);
    // The key of the month before is read again when it is needed next, and can't be.
    desk.record(class, None).await;
    let key = desk.folder.path().join("keys/vault/2026-11.P0M.key");
    let aside = desk.folder.path().join("aside");
    std::fs::rename(&key, &aside).unwrap();
    std::fs::create_dir(&key).unwrap();
    assert!(matches!(desk.custody.run_day().await, Err(CustodyError::NotOpened { .. })));
    std::fs::remove_dir(&key).unwrap();
    std::fs::rename(&aside, &key).unwrap();
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { erased: 1, opened: 1, ..Day::default() });
    let again = desk.custody.open_record(index).await;
    assert!(matches!(again, Err(CustodyError::OpenedBefore { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_can_not_be_read_keeps_nothing_beyond_its_time() {
    let mut desk = Desk::new(Rules::default());
    let class = RetentionClass::Months(0);
    desk.record(class, Some(desk.custody.today().unwrap() + 1)).await;
    desk.damage_last_but(class, 0);
    desk.is_at(BEGUN_AT + DAY);
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { erased: 1, failed: 1, ..Day::default() });
    assert_eq!(desk.custody.run_day().await.unwrap(), Day::default());
}

/// Whoever has a copy of what is lost could read it with the key.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_when_its_time_is_over_also_where_what_it_opens_is_lost() {
    let desk = Desk::new(Rules::default());
    let keyring = desk.custody.keyring().unwrap();
    for class in [0, 1] {
        keyring.vault_key(desk.custody.month().unwrap(), RetentionClass::Months(class)).unwrap();
    }
    let keys = || {
        let is_there = |name: &str| desk.folder.path().join("keys").join(name).exists();
        ["vault/2026-11.P0M.key", "vault/2026-11.P1M.key", "markers/2026-11.key"].map(is_there)
    };
    assert_eq!(desk.custody.run_day().await.unwrap(), Day::default(), "the month goes on");
    desk.is_at(BEGUN_AT + DAY);
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { erased: 1, ..Day::default() });
    assert_eq!(keys(), [false, true, true]);
    desk.is_at(BEGUN_AT + 40 * DAY);
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { erased: 1, ..Day::default() });
    assert_eq!(keys(), [false; 3], "nobody can try out identifiers any more");
    assert_eq!(desk.custody.run_day().await.unwrap(), Day::default());
}
