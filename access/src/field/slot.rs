//! Where a field's value lies in an event and in a record, and how it is read from and shown as text.

use bytes::Bytes;
use einsicht_proto::v1::{AccessEvent, AccessRecord, Subject};
use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};
use uuid::Uuid;

use super::{Kind, Rendered};
use crate::limits::{DAY_MAX, DAY_MIN};
use crate::record::hides_another;

const EPOCH: Date = date(1970, 1, 1);
const MINUTE_S: i64 = 60;

/// The place of a value in an event, and of what is logged of it in a record.
#[derive(Debug)]
pub(super) struct Place<T: 'static> {
    pub event: fn(&mut AccessEvent) -> &mut T,
    pub record: fn(&AccessRecord) -> &T,
}

/// The place of a seal in a record.
type Seal = fn(&AccessRecord) -> &Option<Bytes>;

/// The place of a sealed value in an event, and of its seal in a record.
#[derive(Debug)]
pub(super) struct Sealed<T: 'static> {
    pub event: fn(&mut AccessEvent) -> &mut T,
    pub seal: Seal,
    pub seal_name: &'static str,
}

/// The values of an enumeration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choices {
    /// What the names in the `.proto` file begin with.
    pub prefix: &'static str,
    /// The name in the `.proto` file of a number, if it has one.
    pub name_of: fn(i32) -> Option<&'static str>,
}

/// A place, by the type of its value.
#[derive(Debug)]
pub(super) enum Slot {
    RequiredCode(Place<String>),
    Code(Place<Option<String>>),
    Text(Place<Option<String>>),
    RequiredChoice(Place<i32>, Choices),
    Choice(Place<Option<i32>>, Choices),
    Flag(Place<Option<bool>>),
    Count(Place<Option<u64>>),
    Day(Place<Option<i32>>),
    Uuid(Place<Bytes>),
    Codes(Place<Vec<String>>),
    /// Microseconds in the event, minutes in the record.
    Start(Place<i64>),
    End(Place<Option<i64>>),
    SealedText(Sealed<Option<String>>),
    SealedTexts(Sealed<Vec<String>>),
    SealedSubjects(Sealed<Vec<Subject>>),
    SealedBytes(Sealed<Option<Bytes>>, usize),
}

impl Slot {
    pub fn kind(&self) -> Kind {
        match self {
            Self::RequiredCode(_) | Self::Code(_) => Kind::Code,
            Self::Text(_) | Self::SealedText(_) => Kind::Text,
            Self::RequiredChoice(..) | Self::Choice(..) => Kind::Choice,
            Self::Flag(_) => Kind::Flag,
            Self::Count(_) => Kind::Count,
            Self::Day(_) => Kind::Day,
            Self::Uuid(_) => Kind::Uuid,
            Self::Codes(_) => Kind::Codes,
            Self::Start(_) | Self::End(_) => Kind::Time,
            Self::SealedTexts(_) => Kind::Texts,
            Self::SealedSubjects(_) => Kind::Subjects,
            Self::SealedBytes(_, bytes) => Kind::Hex { bytes: *bytes },
        }
    }

    pub fn choices(&self) -> Option<Choices> {
        match self {
            Self::RequiredChoice(_, choices) | Self::Choice(_, choices) => Some(*choices),
            _ => None,
        }
    }

    pub fn is_sealed(&self) -> bool {
        self.seal().is_some()
    }

    /// The name under which a record shows the field called `name`.
    pub fn column(&self, name: &'static str) -> &'static str {
        self.seal().map_or(name, |(_, seal_name)| seal_name)
    }

    /// Parses `text` and puts it into the event. `None`: it does not parse, the event is unchanged.
    pub fn set(&self, event: &mut AccessEvent, text: &str) -> Option<()> {
        match self {
            Self::RequiredCode(place) => *(place.event)(event) = text.to_owned(),
            Self::Code(place) | Self::Text(place) => *(place.event)(event) = Some(text.to_owned()),
            Self::RequiredChoice(place, choices) => *(place.event)(event) = choices.number_of(text)?,
            Self::Choice(place, choices) => *(place.event)(event) = Some(choices.number_of(text)?),
            Self::Flag(place) => *(place.event)(event) = Some(text.parse().ok()?),
            Self::Count(place) => *(place.event)(event) = Some(text.parse().ok()?),
            Self::Day(place) => *(place.event)(event) = Some(parse_day(text)?),
            Self::Uuid(place) => *(place.event)(event) = parse_uuid(text)?,
            Self::Codes(place) => (place.event)(event).extend(parse_codes(text)?),
            Self::Start(place) => *(place.event)(event) = parse_time_us(text)?,
            Self::End(place) => *(place.event)(event) = Some(parse_time_us(text)?),
            Self::SealedText(sealed) => *(sealed.event)(event) = Some(text.to_owned()),
            Self::SealedTexts(sealed) => (sealed.event)(event).push(text.to_owned()),
            Self::SealedSubjects(sealed) => (sealed.event)(event).push(read_subject(text)?),
            Self::SealedBytes(sealed, bytes) => *(sealed.event)(event) = Some(parse_hex(text, *bytes)?),
        }
        Some(())
    }

    /// What the record says of the field, or that it does not say anything.
    pub fn show(&self, record: &AccessRecord) -> Option<Rendered> {
        if let Some((seal, _)) = self.seal() {
            return seal(record).as_deref().map(show_hex);
        }
        match self {
            Self::RequiredCode(place) => show_text((place.record)(record)),
            Self::Code(place) | Self::Text(place) => (place.record)(record).clone().map(Rendered::Text),
            Self::RequiredChoice(place, choices) => match *(place.record)(record) {
                0 => None,
                number => Some(choices.show(number)),
            },
            Self::Choice(place, choices) => (place.record)(record).map(|number| choices.show(number)),
            Self::Flag(place) => (place.record)(record).map(Rendered::Flag),
            Self::Count(place) => (place.record)(record).map(Rendered::Number),
            Self::Day(place) => (place.record)(record).map(show_day),
            Self::Uuid(place) => show_uuid((place.record)(record)),
            Self::Codes(place) => show_list((place.record)(record)),
            // What hides another record does not say when, and 0 is a minute like any other.
            Self::Start(_) if hides_another(record) => None,
            Self::Start(place) => Some(show_minute(*(place.record)(record))),
            Self::End(place) => (place.record)(record).map(show_minute),
            Self::SealedText(_) | Self::SealedTexts(_) | Self::SealedSubjects(_) | Self::SealedBytes(..) => {
                None
            }
        }
    }

    fn seal(&self) -> Option<(Seal, &'static str)> {
        match self {
            Self::SealedText(Sealed { seal, seal_name, .. })
            | Self::SealedTexts(Sealed { seal, seal_name, .. })
            | Self::SealedSubjects(Sealed { seal, seal_name, .. })
            | Self::SealedBytes(Sealed { seal, seal_name, .. }, _) => Some((*seal, seal_name)),
            _ => None,
        }
    }
}

impl Choices {
    /// The names, in lower case and without prefix, in the order of their numbers from 1.
    pub fn names(self) -> impl Iterator<Item = String> {
        (1..).map_while(move |number| self.name(number))
    }

    fn name(self, number: i32) -> Option<String> {
        Some((self.name_of)(number)?.strip_prefix(self.prefix)?.to_ascii_lowercase())
    }

    fn number_of(self, text: &str) -> Option<i32> {
        (1..).zip(self.names()).find(|(_, name)| name == text).map(|(number, _)| number)
    }

    fn show(self, number: i32) -> Rendered {
        Rendered::Text(self.name(number).unwrap_or_else(|| format!("unknown {number}")))
    }
}

fn parse_day(text: &str) -> Option<i32> {
    let day = Date::strptime("%Y-%m-%d", text).ok()?;
    // The parser also takes signs and fewer digits; one spelling is enough.
    let is_canonical = day.to_string() == text;
    Some((day - EPOCH).get_days()).filter(|day| is_canonical && (DAY_MIN..=DAY_MAX).contains(day))
}

fn parse_time_us(text: &str) -> Option<i64> {
    Some(text.parse::<Timestamp>().ok()?.as_microsecond())
}

fn parse_uuid(text: &str) -> Option<Bytes> {
    Some(Bytes::copy_from_slice(Uuid::try_parse(text).ok()?.as_bytes()))
}

fn parse_codes(text: &str) -> Option<Vec<String>> {
    let codes = text.split(',').map(str::trim);
    codes.map(|code| Some(code.to_owned()).filter(|code| !code.is_empty())).collect()
}

/// A subject as people type it: `scheme:id`, split at the first colon. Not checked: what either is made of.
#[must_use]
pub fn read_subject(text: &str) -> Option<Subject> {
    let (scheme, id) = text.split_once(':')?;
    let is_whole = !scheme.is_empty() && !id.is_empty();
    is_whole.then(|| Subject { scheme: scheme.to_owned(), id: id.to_owned() })
}

fn parse_hex(text: &str, bytes: usize) -> Option<Bytes> {
    let digits: Vec<u8> =
        text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks() else { return None };
    let parsed = pairs.iter().map(|[high, low]| high << 4 | low).collect::<Bytes>();
    Some(parsed).filter(|parsed| parsed.len() == bytes)
}

pub(super) fn show_text(text: &str) -> Option<Rendered> {
    (!text.is_empty()).then(|| Rendered::Text(text.to_owned()))
}

pub(super) fn show_list(texts: &[String]) -> Option<Rendered> {
    (!texts.is_empty()).then(|| Rendered::List(texts.to_vec()))
}

pub(super) fn show_hex(bytes: &[u8]) -> Rendered {
    Rendered::Text(hex(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

fn show_uuid(bytes: &[u8]) -> Option<Rendered> {
    match Uuid::from_slice(bytes) {
        _ if bytes.is_empty() => None,
        Ok(uuid) => Some(Rendered::Text(uuid.to_string())),
        Err(_) => Some(show_hex(bytes)),
    }
}

/// Days that no calendar shows can stand in a log that somebody else wrote.
fn show_day(day: i32) -> Rendered {
    let date = Span::new().try_days(day).ok().and_then(|days| EPOCH.checked_add(days).ok());
    Rendered::Text(date.map_or_else(|| format!("day {day}"), |date| date.to_string()))
}

/// To the minute, because the record says no more: no seconds, not even 00.
fn show_minute(minute: i64) -> Rendered {
    let start = minute.checked_mul(MINUTE_S).and_then(|second| Timestamp::from_second(second).ok());
    Rendered::Text(match start {
        Some(start) => start.strftime("%Y-%m-%dT%H:%MZ").to_string(),
        None => format!("minute {minute}"),
    })
}
