use super::*;

fn places(indexes: &[(u64, bool)]) -> Vec<v1::Recorded> {
    let place = |&(index, already_recorded): &(u64, bool)| v1::Recorded {
        index,
        leaf_hash: Bytes::from_static(&[7; 32]),
        already_recorded,
        ..v1::Recorded::default()
    };
    indexes.iter().map(place).collect()
}

fn verify(events: usize, indexes: &[(u64, bool)]) -> Result<Vec<Recorded>, VerificationError> {
    let request = RecordRequest { events: vec![AccessEvent::default(); events], ..RecordRequest::default() };
    let head = TreeHead { size: Size(100), root: Hash::EMPTY_ROOT };
    verify_places(&request, &places(indexes), &Signed { head, note: Bytes::new() }, None)
}

#[test]
fn an_answer_has_one_place_per_event() {
    assert_eq!(verify(2, &[(5, false), (6, false)]).unwrap().len(), 2);
    for indexes in [&[(5, false)][..], &[(5, false), (6, false), (7, false)]] {
        assert!(matches!(verify(2, indexes), Err(VerificationError::Count { expected: 2, .. })));
    }
}

#[test]
fn every_place_is_in_the_signed_tree() {
    assert!(verify(1, &[(99, false)]).is_ok());
    assert!(matches!(verify(1, &[(100, false)]), Err(VerificationError::NotCovered { .. })));
}

#[test]
fn new_events_stand_in_the_order_in_which_they_were_sent() {
    assert!(matches!(
        verify(2, &[(6, false), (5, false)]),
        Err(VerificationError::Order { position: 1, index: Index(5) })
    ));
    // What was recorded before may stand anywhere, but nowhere twice.
    assert!(verify(3, &[(6, false), (1, true), (7, false)]).is_ok());
    assert!(matches!(verify(2, &[(6, false), (6, true)]), Err(VerificationError::SamePlace { .. })));
}

#[test]
fn hashes_have_32_bytes() {
    assert!(hashes(&[Bytes::from_static(&[0; 32])]).is_some());
    assert!(hashes(&[Bytes::from_static(&[0; 31])]).is_none());
    let request = RecordRequest { events: vec![AccessEvent::default()], ..RecordRequest::default() };
    let mut places = places(&[(1, false)]);
    places[0].leaf_hash = Bytes::new();
    let head = TreeHead { size: Size(100), root: Hash::EMPTY_ROOT };
    let verified = verify_places(&request, &places, &Signed { head, note: Bytes::new() }, None);
    assert!(matches!(verified, Err(VerificationError::NotAHash { .. })));
}
