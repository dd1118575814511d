//! Tests of the checks of single values.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

use super::*;

fn normalised(code: &str) -> String {
    code.nfc().collect()
}

#[test]
fn codes_of_catalogues_and_of_every_script_are_accepted() {
    for code in [
        "a",
        "wohnbevölkerung-nach-altersjahren",
        "urn:ngsi-ld:ParkingSpot:santander:daoiz_velarde_1_5:3",
        "https://register.example/va/17",
        "gdpr-6-1-e",
        "städte.2024",
        "संपर्क",
        "ข้อมูล",
        "数据集",
        "١٢٣",
    ] {
        assert_eq!(check_code(code), Ok(()), "{code}");
    }
}

#[test]
fn of_ascii_only_letters_digits_and_five_signs_are_in_codes() {
    for byte in 0..=u8::MAX {
        let expected = byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
        assert_eq!(is_ascii_code_byte(byte), expected, "{byte}");
        if byte.is_ascii() {
            assert_eq!(check_code(&char::from(byte).to_string()).is_ok(), expected, "{byte}");
        }
    }
}

#[test]
fn the_length_of_a_code_is_counted_in_bytes() {
    assert_eq!(check_code(&"x".repeat(128)), Ok(()));
    assert_eq!(check_code(&"ö".repeat(64)), Ok(()));
    assert_eq!(check_code(&"x".repeat(129)), Err(Problem::TooLong { bytes: 129, max: 128 }));
    assert_eq!(check_code(&"ö".repeat(65)), Err(Problem::TooLong { bytes: 130, max: 128 }));
    assert_eq!(check_code(""), Err(Problem::Empty));
}

#[test]
fn a_code_that_is_not_nfc_is_refused() {
    assert_eq!(check_code("bevo\u{308}lkerung"), Err(Problem::NotNfc));
    assert_eq!(check_code(&normalised("bevo\u{308}lkerung")), Ok(()));
    // The Kelvin sign is a letter, but form C replaces it by the letter K.
    assert_eq!(check_code("\u{212A}"), Err(Problem::NotNfc));
}

#[test]
fn what_is_no_letter_mark_or_decimal_digit_is_refused_with_its_place() {
    for (code, character, offset) in [
        ("two words", ' ', 3),
        ("a\nb", '\n', 1),
        ("a,b", ',', 1),
        ("größe²", '²', 7),
        ("Ⅷ", 'Ⅷ', 0),
        ("Ⓐ", 'Ⓐ', 0),
        ("x½", '½', 1),
        ("a\u{200D}b", '\u{200D}', 1),
        ("a\u{202E}b", '\u{202E}', 1),
        ("✓", '✓', 0),
        ("a\u{A0}", '\u{A0}', 1),
    ] {
        let expected = Problem::BadCharacter { character, offset, alphabet: Alphabet::Code };
        assert_eq!(check_code(code), Err(expected), "{code:?}");
    }
}

#[test]
fn free_text_may_have_lines_and_tabs_but_no_other_control_characters() {
    assert_eq!(check_text("§ 4 LDSG\n\tSatz 2 — „so“", NORM_BYTES_MAX), Ok(()));
    assert_eq!(check_text("", 10), Err(Problem::Empty));
    assert_eq!(check_text("12345678901", 10), Err(Problem::TooLong { bytes: 11, max: 10 }));
    for (text, character, offset) in
        [("a\r\n", '\r', 1), ("\u{1b}[31m", '\u{1b}', 0), ("ä\u{85}", '\u{85}', 2)]
    {
        let expected = Problem::BadCharacter { character, offset, alphabet: Alphabet::Text };
        assert_eq!(check_text(text, 10), Err(expected), "{text:?}");
    }
}

#[test]
fn an_identifier_has_no_control_characters_at_all() {
    assert_eq!(check_id("DE 08/15 é", 256), Ok(()));
    assert_eq!(check_id("", 256), Err(Problem::Empty));
    assert_eq!(check_id("é", 1), Err(Problem::TooLong { bytes: 2, max: 1 }));
    for (id, character) in [("a\nb", '\n'), ("a\tb", '\t'), ("a\0", '\0'), ("a\u{7f}", '\u{7f}')] {
        let expected = Problem::BadCharacter { character, offset: 1, alphabet: Alphabet::Id };
        assert_eq!(check_id(id, 256), Err(expected), "{id:?}");
    }
}

#[test]
fn an_address_has_one_spelling() {
    for address in ["192.0.2.17", "2001:db8::17", "::", "::ffff:192.0.2.17"] {
        assert_eq!(check_address(address), Ok(()), "{address}");
    }
    for address in [
        "192.0.2.017",
        "192.0.2",
        "2001:DB8::17",
        "2001:db8:0:0:0:0:0:17",
        "fe80::1%eth0",
        "[::1]",
        "192.0.2.17:443",
        "host.example",
    ] {
        assert_eq!(check_address(address), Err(Problem::NotAnAddress), "{address}");
    }
    assert_eq!(check_address(""), Err(Problem::Empty));
}

#[test]
fn a_part_of_a_trace_has_its_length_and_is_not_zero() {
    assert_eq!(check_trace_part(&[1; 8], 8), Ok(()));
    assert_eq!(check_trace_part(&[1; 7], 8), Err(Problem::WrongLength { bytes: 7, expected: 8 }));
    assert_eq!(check_trace_part(&[], 8), Err(Problem::WrongLength { bytes: 0, expected: 8 }));
    assert_eq!(check_trace_part(&[0; 16], 16), Err(Problem::AllZero));
}

#[test]
fn only_uuids_of_version_4_are_accepted() {
    let random = *uuid::uuid!("936da01f-9abd-4d9d-80c7-02af85c822a8").as_bytes();
    assert_eq!(check_uuid_v4(&random), Ok(()));
    assert_eq!(check_uuid_v4(&[]), Err(Problem::Missing));
    assert_eq!(check_uuid_v4(&random[..15]), Err(Problem::NotAUuid { bytes: 15 }));
    assert_eq!(check_uuid_v4(&[0; 16]), Err(Problem::NotUuidVersion4 { version: 0, variant: 0 }));
    let ordered = *uuid::uuid!("017f22e2-79b0-7cc3-98c4-dc0c0c07398f").as_bytes();
    assert_eq!(check_uuid_v4(&ordered), Err(Problem::NotUuidVersion4 { version: 7, variant: 0b10 }));
    let variant = *uuid::uuid!("936da01f-9abd-4d9d-c0c7-02af85c822a8").as_bytes();
    assert_eq!(check_uuid_v4(&variant), Err(Problem::NotUuidVersion4 { version: 4, variant: 0b11 }));
}

#[test]
fn a_session_is_16_bytes_that_are_not_all_zero() {
    let mut session = [0; 16];
    assert_eq!(check_session(&session), Err(Problem::AllZero));
    session[15] = 1;
    assert_eq!(check_session(&session), Ok(()));
    assert_eq!(check_session(&[]), Err(Problem::Missing));
    assert_eq!(check_session(&[1; 17]), Err(Problem::WrongLength { bytes: 17, expected: 16 }));
}

#[test]
fn the_last_day_and_the_first_are_those_of_the_years_1_and_9999() {
    let day = |year, month, day| {
        let span = jiff::civil::date(year, month, day) - jiff::civil::date(1970, 1, 1);
        span.get_days()
    };
    assert_eq!(DAY_MIN, day(1, 1, 1));
    assert_eq!(DAY_MAX, day(9999, 12, 31));
}

proptest! {
    #[test]
    fn a_normalised_code_of_letters_and_digits_is_accepted(code in r"[\p{L}\p{M}\p{Nd}._:/-]{1,12}") {
        let code = normalised(&code);
        prop_assume!(code.len() <= CODE_BYTES_MAX);
        prop_assert_eq!(check_code(&code), Ok(()));
    }

    #[test]
    fn an_accepted_code_is_its_own_normal_form(code in r"[a-zäöü\u{300}-\u{310}\u{1100}-\u{11FF}]{1,12}") {
        prop_assert_eq!(check_code(&code).is_ok(), normalised(&code) == code);
    }

    #[test]
    fn every_offending_character_is_found_where_it_stands(before in "[a-zö]{0,9}", bad in r"[\p{Zs}\p{S}\p{Cc}\p{Cf}\p{Nl}\p{No}]") {
        let Err(Problem::BadCharacter { character, offset, .. }) = check_code(&format!("{before}{bad}")) else {
            return Err(TestCaseError::fail("accepted"));
        };
        prop_assert_eq!((character.to_string(), offset), (bad, before.len()));
    }
}
