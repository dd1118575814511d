//! What is read is what was written, and nothing else.

use super::*;

fn sealed(bytes: usize) -> Vec<u8> {
    (0..24 + 16 + bytes).map(|byte| u8::try_from(byte % 251).unwrap()).collect()
}

#[test]
fn a_record_names_its_entry_and_gives_back_what_it_holds() {
    let record = record(Index(42), Hash([3; 32]), &sealed(100)).unwrap();
    let header = RecordHeader::parse(&record).unwrap();
    assert_eq!((header.index, header.leaf_hash), (Index(42), Hash([3; 32])));
    assert_eq!(header.record_bytes(), record.len() as u64);
    assert_eq!(read_slot(&record[RECORD_HEADER_BYTES..]).unwrap(), sealed(100));
}

#[test]
fn a_destroyed_slot_holds_the_entry_that_says_so_and_no_openings() {
    for slot_bytes in [SLOT_BYTES_MIN, 200] {
        let slot = destroyed_slot(Index(7), slot_bytes).unwrap();
        assert_eq!((slot.len(), destroyed_by(&slot)), (slot_bytes, Some(Index(7))));
        assert_eq!(read_slot(&slot), None);
        for bit in 0..slot.len() * 8 {
            let mut flipped = slot.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(destroyed_by(&flipped), None, "bit {bit}");
        }
    }
    assert!(destroyed_slot(Index(7), SLOT_BYTES_MIN - 1).is_err());
    let record = record(Index(42), Hash([3; 32]), &sealed(7)).unwrap();
    assert_eq!(destroyed_by(&record[RECORD_HEADER_BYTES..]), None);
    assert_eq!(destroyed_by(&[0; 60]), None);
}

#[test]
fn a_slot_whose_checksum_is_wrong_still_gives_what_stands_there() {
    let mut record = record(Index(42), Hash([3; 32]), &sealed(7)).unwrap();
    let last = record.len() - 1;
    record[last] ^= 1;
    assert_eq!(read_slot(&record[RECORD_HEADER_BYTES..]), None);
    assert_eq!(unchecked_slot(&record[RECORD_HEADER_BYTES..]).unwrap(), sealed(7));
}

#[test]
fn how_often_something_was_overwritten_is_read_as_it_was_written() {
    for times in [0, 1, u64::MAX] {
        let bytes = overwritten_bytes(times);
        assert_eq!(read_overwritten(&bytes), Some(times));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read_overwritten(&flipped), None, "bit {bit}");
        }
    }
    assert_eq!(read_overwritten(&[0; OVERWRITTEN_BYTES]), None, "a hole in a file");
}

#[test]
fn every_flipped_bit_and_every_missing_byte_is_noticed() {
    let record = record(Index(42), Hash([3; 32]), &sealed(7)).unwrap();
    let read = |bytes: &[u8]| {
        let header = RecordHeader::parse(bytes)?;
        let slot = bytes.get(RECORD_HEADER_BYTES..usize::try_from(header.record_bytes()).ok()?)?;
        read_slot(slot)
    };
    assert_eq!(read(&record).unwrap(), sealed(7));
    for bit in 0..record.len() * 8 {
        let mut flipped = record.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(read(&flipped), None, "bit {bit}");
    }
    for bytes in 0..record.len() {
        assert_eq!(read(&record[..bytes]), None, "{bytes} bytes");
    }
}

#[test]
fn shorter_openings_leave_nothing_of_longer_ones_in_their_slot() {
    let long = slot(&sealed(100), 200).unwrap();
    let short = slot(&sealed(10), 200).unwrap();
    assert_eq!((long.len(), short.len()), (200, 200));
    assert_eq!(read_slot(&short).unwrap(), sealed(10));
    assert!(short[SLOT_OVERHEAD_BYTES - CHECKSUM_BYTES + 16 + 10..196].iter().all(|byte| *byte == 0));
    let (bytes, most) = (24 + 16 + 200 + 8, 200);
    assert_eq!(slot(&sealed(200), 200), Err(SlotTooShort { bytes, most }));
}

#[test]
fn a_slot_has_a_longest_length() {
    let most = SLOT_BYTES_MAX - SLOT_BYTES_MIN;
    let longest = record(Index(0), Hash([0; 32]), &sealed(most)).unwrap();
    assert_eq!(RecordHeader::parse(&longest).unwrap().slot_bytes as usize, SLOT_BYTES_MAX);
    assert!(record(Index(0), Hash([0; 32]), &sealed(most + 1)).is_err());
}

#[test]
fn a_file_says_whose_openings_it_holds() {
    let month = |text: &str| text.parse::<Month>().unwrap();
    let header = file_header(Hash([1; 32]), month("2026-11"), RetentionClass::NextYearEnd);
    assert_eq!(header.len(), 8 + 4 + 32 + 7 + 1 + 13 + 4);
    for other in [
        file_header(Hash([2; 32]), month("2026-11"), RetentionClass::NextYearEnd),
        file_header(Hash([1; 32]), month("2026-12"), RetentionClass::NextYearEnd),
        file_header(Hash([1; 32]), month("2026-11"), RetentionClass::Months(1)),
    ] {
        assert_ne!(header, other);
    }
}
