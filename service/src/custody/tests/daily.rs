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
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { failed: 2, ..Day::default() });
    let by_hand = desk.custody.retain(false).await;
    assert!(matches!(by_hand, Err(CustodyError::NotOpened { until_day: None, .. })), "{by_hand:?}");
    std::fs::remove_dir(&key).unwrap();
    std::fs::rename(&aside, &key).unwrap();
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { erased: 1, opened: 1, ..Day::default() });
    let again = desk.custody.open_record(index).await;
    assert!(matches!(again, Err(CustodyError::OpenedBefore { .. })));
}

/// A restore in two steps, say: the key, the file or the wrapping key is there again soon.
#[tokio::test(flavor = "multi_thread")]
async fn a_month_stays_for_as_long_as_what_it_takes_to_open_its_records_is_not_there() {
    const MONTH: &str = "data/vault/2026-11/P0M/openings";
    const KEY: &str = "keys/vault/2026-11.P0M.key";
    for (what, away) in [("key", Some(KEY)), ("file", Some(MONTH)), ("wrapping key", None)] {
        let mut desk = Desk::new(Rules::default());
        let today = desk.custody.today().unwrap();
        let index = desk.record(RetentionClass::Months(0), Some(today + 1)).await;
        let (path, aside) =
            (desk.folder.path().join(away.unwrap_or("none")), desk.folder.path().join("aside"));
        if away.is_some() {
            std::fs::rename(&path, &aside).unwrap();
        }
        if away == Some(MONTH) {
            // It can't be read, and nobody knows whether it will be.
            std::fs::create_dir(&path).unwrap();
        }
        let mut desk = desk.restart(away.map(|_| wrapping_key())).await;
        // However long it takes.
        for days in [1, 31] {
            desk.is_at(BEGUN_AT + days * DAY);
            assert_eq!(desk.custody.run_day().await.unwrap(), Day { failed: 2, ..Day::default() }, "{what}");
            let by_hand = desk.custody.retain(false).await;
            assert!(matches!(by_hand, Err(CustodyError::NotOpened { .. })), "{what}: {by_hand:?}");
        }
        if away == Some(MONTH) {
            std::fs::remove_dir(&path).unwrap();
        }
        if away.is_some() {
            std::fs::rename(&aside, &path).unwrap();
        }
        desk = desk.restart(Some(wrapping_key())).await;
        let expected = Day { erased: 1, opened: 1, ..Day::default() };
        assert_eq!(desk.custody.run_day().await.unwrap(), expected, "{what}");
        let again = desk.custody.open_record(index).await;
        assert!(matches!(again, Err(CustodyError::OpenedBefore { .. })), "{what}: {again:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_wrapping_key_what_went_with_its_class_keeps_nothing() {
    let mut desk = Desk::new(Rules::default());
    let (went, goes) = (RetentionClass::Months(0), RetentionClass::Months(1));
    let gone = desk.record(went, Some(desk.custody.today().unwrap() + 3)).await;
    desk.record(goes, None).await;
    desk.is_at(BEGUN_AT + DAY);
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { erased: 1, ..Day::default() }, "{gone} went");
    let desk = desk.restart(None).await;
    desk.is_at(BEGUN_AT + 40 * DAY);
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { erased: 1, ..Day::default() });
}

/// Somebody may have a backup, and needs time to find it.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_damaged_or_missing_keeps_its_class_for_thirty_days_and_no_longer() {
    let class = RetentionClass::Months(0);
    for is_damaged in [true, false] {
        let mut desk = Desk::new(Rules::default());
        let tomorrow = desk.custody.today().unwrap() + 1;
        desk.record(class, Some(tomorrow)).await;
        if is_damaged {
            desk.damage_last_but(class, 0);
        } else {
            std::fs::remove_dir_all(desk.folder.path().join("data/vault/2026-11/P0M")).unwrap();
            desk = desk.restart(Some(wrapping_key())).await;
        }
        for days in [1, 30] {
            desk.is_at(BEGUN_AT + days * DAY);
            assert_eq!(
                desk.custody.run_day().await.unwrap(),
                Day { failed: 2, ..Day::default() },
                "day {days}"
            );
        }
        let by_hand = desk.custody.retain(false).await;
        let Err(error @ CustodyError::NotOpened { .. }) = by_hand else { panic!("{by_hand:?}") };
        assert!(error.to_string().contains("not beyond 2026-12-31"), "{error}");
        desk.is_at(BEGUN_AT + 31 * DAY);
        assert_eq!(desk.custody.run_day().await.unwrap(), Day { erased: 1, failed: 1, ..Day::default() });
        assert_eq!(desk.custody.run_day().await.unwrap(), Day::default(), "and then it went");
    }
}

/// Whoever knows that no copy of a key is left takes away what it opened: then nothing has to wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_which_nothing_is_left_that_could_go_fails_no_daily_run() {
    let mut desk = Desk::new(Rules::default());
    desk.record(RetentionClass::Months(0), Some(desk.custody.today().unwrap() + 1)).await;
    let month = desk.folder.path().join("data/vault/2026-11");
    std::fs::remove_file(desk.folder.path().join("keys/vault/2026-11.P0M.key")).unwrap();
    let desk = desk.restart(Some(wrapping_key())).await;
    desk.is_at(BEGUN_AT + DAY);
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { failed: 2, ..Day::default() });
    std::fs::rename(&month, desk.folder.path().join("aside")).unwrap();
    let desk = desk.restart(Some(wrapping_key())).await;
    assert_eq!(desk.custody.run_day().await.unwrap(), Day::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_waits_keeps_its_own_class_and_no_other_of_its_month() {
    let mut desk = Desk::new(Rules::default());
    let (waits, goes) = (RetentionClass::Months(0), RetentionClass::Months(1));
    desk.record(waits, Some(desk.custody.today().unwrap() + 1)).await;
    let other = desk.record(goes, None).await;
    std::fs::rename(desk.folder.path().join("keys/vault/2026-11.P0M.key"), desk.folder.path().join("k"))
        .unwrap();
    let desk = desk.restart(Some(wrapping_key())).await;
    desk.is_at(BEGUN_AT + 32 * DAY);
    assert_eq!(desk.custody.run_day().await.unwrap(), Day { erased: 1, failed: 2, ..Day::default() });
    assert!(desk.actor(other).await.is_err(), "it went");
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
