//! What the clock may do to what is sealed, and to what can't be taken back.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_prepared_for_a_month_that_is_over_is_sealed_for_the_one_that_it_is_recorded_in() {
    let mut desk = Desk::new(Rules::default());
    let index = desk.record(RetentionClass::NextYearEnd, None).await;
    desk.is_at(BEGUN_AT + DAY);
    desk.custody.correct(index, "x".into(), "y".into()).await.unwrap();
    // The clock runs back over the end of the month, and entries get the time of the newest one again.
    desk.is_at(BEGUN_AT);
    assert_eq!(desk.custody.month().unwrap().to_string(), "2026-11", "nobody told yet");
    desk.custody.disclose(&doer("a", "steward"), asked(index)).await.unwrap();
    assert_eq!(desk.custody.month().unwrap().to_string(), "2026-12", "once is enough");
    let months: Vec<_> = desk.custody.parts().vault.classes().unwrap();
    let months: Vec<_> = months.iter().map(|class| class.month.to_string()).collect();
    assert_eq!(months, ["2026-11", "2026-12"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_a_clock_that_jumps_ahead_no_keys_are_made_and_nothing_is_done_that_cannot_be_taken_back() {
    let mut desk = Desk::new(Rules::default());
    let confidential = desk.record(RetentionClass::Months(0), Some(desk.custody.today().unwrap() + 10)).await;
    desk.clock.jump(BEGUN_AT + 40 * DAY);
    let jumped =
        |error: &CustodyError| matches!(error, CustodyError::Refused(crate::sequencer::Refused::Clock(_)));
    assert!(jumped(&desk.custody.month().unwrap_err()), "what is recorded is not sealed for a month to come");
    assert!(jumped(&desk.custody.run_day().await.unwrap_err()));
    assert!(jumped(&desk.custody.open_record(confidential).await.unwrap_err()));
    let disclosed = desk.custody.disclose(&doer("a", "steward"), asked(confidential)).await;
    assert!(matches!(disclosed, Err(error) if jumped(&error)));
    let keys = std::fs::read_dir(desk.folder.path().join("keys/vault")).unwrap();
    let keys: Vec<_> = keys.map(|key| key.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(keys, ["2026-11.P0M.key"]);
    desk.is_at(BEGUN_AT + 40 * DAY);
    assert!(desk.custody.run_day().await.is_ok(), "it was time that passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_back_is_done_by_the_clock_and_not_by_an_entry_from_when_it_was_ahead() {
    let mut desk = Desk::new(Rules::default());
    let until_day = desk.custody.today().unwrap() + 10;
    let confidential = desk.record(RetentionClass::Months(0), Some(until_day)).await;
    desk.is_at(BEGUN_AT + 40 * DAY);
    desk.record(RetentionClass::Months(0), None).await;
    desk.is_at(BEGUN_AT);
    let early = desk.custody.open_record(confidential).await;
    assert!(matches!(early, Err(CustodyError::NotYet { .. })));
    assert_eq!(desk.custody.run_day().await.unwrap(), Day::default());
    let person = einsicht_proto::v1::Subject { scheme: "person".into(), id: "1".into() };
    desk.custody.parts().rules.replace(Rules { schemes: vec!["person".into()], ..Rules::default() });
    let (steward, months) = (doer("a", "steward"), vec!["2026-11".into()]);
    let keys = desk.custody.issue_view_keys(&steward, vec![person], months, "r".into()).await;
    assert!(matches!(keys, Err(CustodyError::NotEnded { .. })));
}
