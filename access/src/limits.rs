//! Every limit of what may be reported, and the checks of single values against them.
//!
//! The reference is the comments of `proto/einsicht/v1/event.proto`. Letters, marks and digits are the
//! general categories L, M and Nd of the Unicode Character Database.

use std::net::IpAddr;

use unicode_normalization::is_nfc;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

use crate::problem::{Alphabet, Problem};

/// Longest code (data set, purpose, unit, …), in bytes of UTF-8.
pub const CODE_BYTES_MAX: usize = 128;
/// Longest free text, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 4096;
/// Longest national norm, in bytes of UTF-8.
pub const NORM_BYTES_MAX: usize = 256;
/// Longest reference to an announcement or approval, in bytes of UTF-8.
pub const REFERENCE_BYTES_MAX: usize = 1024;
/// Longest id of a data subject, in bytes of UTF-8.
pub const SUBJECT_ID_BYTES_MAX: usize = 256;
/// Longest key of a record, in bytes of UTF-8.
pub const RECORD_KEY_BYTES_MAX: usize = 1024;
/// Longest query, in bytes of UTF-8: as long as a request can be. The vault keeps [`TEXT_BYTES_MAX`] of it.
pub const QUERY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most items of one list (categories, other data sets, subjects, record keys).
pub const LIST_ITEMS_MAX: usize = 100;
/// Most events of one request.
pub const BATCH_EVENTS_MAX: usize = 1000;
/// Largest count of accesses or records: what a double, and so every JSON reader, holds exactly.
pub const COUNT_MAX: u64 = 1 << 53;
/// Largest running number of a session. Numbers start at 0, so a session has `COUNT_MAX` of them.
pub const SEQUENCE_MAX: u64 = COUNT_MAX - 1;
/// How far ahead of the service's clock an access may lie, in microseconds: 24 hours.
pub const FUTURE_US_MAX: i64 = 24 * 60 * 60 * 1_000_000;
/// First day that can be given: 0001-01-01, in days since 1970-01-01.
pub const DAY_MIN: i32 = -719_162;
/// Last day that can be given: 9999-12-31, in days since 1970-01-01.
pub const DAY_MAX: i32 = 2_932_896;
/// Length of a session, in bytes.
pub const SESSION_BYTES: usize = 16;
/// Length of a UUID, in bytes.
pub const UUID_BYTES: usize = 16;
/// Length of a W3C Trace Context trace-id, in bytes.
pub const TRACE_ID_BYTES: usize = 16;
/// Length of a W3C Trace Context parent-id, in bytes.
pub const SPAN_ID_BYTES: usize = 8;
/// Length of an Ed25519 public key, in bytes.
pub const PUBLIC_KEY_BYTES: usize = 32;
/// Most problems that one error lists; it counts the others.
pub const PROBLEMS_LISTED_MAX: usize = 100;

/// Checks a code: 1 to 128 bytes of UTF-8 in normalisation form C, of letters of every script,
/// combining marks, decimal digits and `- _ . : /`. Codes are compared as bytes.
///
/// # Errors
/// The first of [`Problem::Empty`], [`Problem::TooLong`], [`Problem::BadCharacter`],
/// [`Problem::NotNfc`] that applies.
pub fn check_code(code: &str) -> Result<(), Problem> {
    check_length(code, CODE_BYTES_MAX)?;
    // Nearly all codes are ASCII. All bytes are looked at, good or bad: that is done many at a time.
    if code.bytes().fold(true, |good, byte| good & is_ascii_code_byte(byte)) {
        return Ok(());
    }
    check_characters(code, Alphabet::Code, is_code_character)?;
    if is_nfc(code) { Ok(()) } else { Err(Problem::NotNfc) }
}

/// Checks free text: 1 to `bytes_max` bytes without control characters other than line feed and tab.
///
/// # Errors
/// The first of [`Problem::Empty`], [`Problem::TooLong`], [`Problem::BadCharacter`] that applies.
pub fn check_text(text: &str, bytes_max: usize) -> Result<(), Problem> {
    check_length(text, bytes_max)?;
    check_characters(text, Alphabet::Text, |character| {
        !character.is_control() || matches!(character, '\n' | '\t')
    })
}

/// Checks a data subject: its scheme as a code, its identifier as one of at most 256 bytes. Not checked: whether the
/// scheme is declared.
///
/// # Errors
/// The part that is wrong, `scheme` or `id`, and what is wrong with it.
pub fn check_subject(scheme: &str, id: &str) -> Result<(), (&'static str, Problem)> {
    check_code(scheme).map_err(|problem| ("scheme", problem))?;
    check_id(id, SUBJECT_ID_BYTES_MAX).map_err(|problem| ("id", problem))
}

/// Checks an identifier: 1 to `bytes_max` bytes without control characters.
///
/// # Errors
/// The first of [`Problem::Empty`], [`Problem::TooLong`], [`Problem::BadCharacter`] that applies.
pub fn check_id(id: &str, bytes_max: usize) -> Result<(), Problem> {
    check_length(id, bytes_max)?;
    check_characters(id, Alphabet::Id, |character| !character.is_control())
}

/// Checks the text of an IP address. One address has one spelling, so that whoever looks for it finds it.
///
/// # Errors
/// [`Problem::Empty`] or [`Problem::NotAnAddress`].
pub fn check_address(address: &str) -> Result<(), Problem> {
    let parsed = address.parse::<IpAddr>();
    match parsed {
        _ if address.is_empty() => Err(Problem::Empty),
        Ok(parsed) if parsed.to_string() == address => Ok(()),
        _ => Err(Problem::NotAnAddress),
    }
}

/// Checks an identifier of a trace: so many bytes that are not all zero (W3C Trace Context).
///
/// # Errors
/// [`Problem::WrongLength`] or [`Problem::AllZero`].
pub fn check_trace_part(id: &[u8], expected: usize) -> Result<(), Problem> {
    match id.len() {
        bytes if bytes != expected => Err(Problem::WrongLength { bytes, expected }),
        _ if id.iter().all(|byte| *byte == 0) => Err(Problem::AllZero),
        _ => Ok(()),
    }
}

/// Checks that `bytes` are the 16 bytes of a UUID of version 4 (RFC 9562 section 5.4).
///
/// # Errors
/// [`Problem::Missing`] if there are none, [`Problem::NotAUuid`] if there are not 16 of them,
/// [`Problem::NotUuidVersion4`] if version or variant are others.
pub fn check_uuid_v4(bytes: &[u8]) -> Result<(), Problem> {
    if bytes.is_empty() {
        return Err(Problem::Missing);
    }
    let Ok(bytes) = <[u8; UUID_BYTES]>::try_from(bytes) else {
        return Err(Problem::NotAUuid { bytes: bytes.len() });
    };
    let [_, _, _, _, _, _, version, _, variant, ..] = bytes;
    let (version, variant) = (version >> 4, variant >> 6);
    if version == 4 && variant == 0b10 { Ok(()) } else { Err(Problem::NotUuidVersion4 { version, variant }) }
}

/// Checks a session: 16 bytes that are not all zero. Whether they are random nobody can check.
///
/// # Errors
/// [`Problem::Missing`], [`Problem::WrongLength`] or [`Problem::AllZero`].
pub fn check_session(session: &[u8]) -> Result<(), Problem> {
    match session.len() {
        0 => Err(Problem::Missing),
        SESSION_BYTES if session.iter().all(|byte| *byte == 0) => Err(Problem::AllZero),
        SESSION_BYTES => Ok(()),
        bytes => Err(Problem::WrongLength { bytes, expected: SESSION_BYTES }),
    }
}

fn check_length(text: &str, max: usize) -> Result<(), Problem> {
    match text.len() {
        0 => Err(Problem::Empty),
        bytes if bytes > max => Err(Problem::TooLong { bytes, max }),
        _ => Ok(()),
    }
}

fn check_characters(text: &str, alphabet: Alphabet, allowed: impl Fn(char) -> bool) -> Result<(), Problem> {
    match text.char_indices().find(|(_, character)| !allowed(*character)) {
        None => Ok(()),
        Some((offset, character)) => Err(Problem::BadCharacter { character, offset, alphabet }),
    }
}

/// An ASCII letter, or `_`, or one of `- . / 0 … 9 :`, which are neighbours.
fn is_ascii_code_byte(byte: u8) -> bool {
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let is_between = byte.wrapping_sub(b'-') <= b':' - b'-';
    is_letter | is_between | (byte == b'_')
}

fn is_code_character(character: char) -> bool {
    if let Ok(byte) = u8::try_from(character)
        && byte.is_ascii()
    {
        return is_ascii_code_byte(byte);
    }
    matches!(character.general_category_group(), GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark)
        || character.general_category() == GeneralCategory::DecimalNumber
}

#[cfg(test)]
mod tests;
