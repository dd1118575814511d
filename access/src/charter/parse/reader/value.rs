//! Reads single values: a text, a code, one of a few names, a flag, a number, a day.

use toml::de::DeValue;

use super::{Reader, Value};
use crate::charter::parse::keys::help_for;
use crate::charter::parse::suggest::nearest;
use crate::charter::parse::told::{day_number, whole_number};
use crate::charter::problem::{Reason, shown, shown_name};
use crate::limits::{check_code, check_id};
use crate::problem::Problem;
use crate::sentence::Bilingual;

impl Reader<'_> {
    /// A line of text.
    pub fn text_of(&mut self, key: &str, value: &Value<'_>, bytes_max: usize) -> Option<String> {
        let text = self
            .string(key, value, || Bilingual::fixed("ein Text in Anführungszeichen", "a text in quotes"))?;
        self.checked(key, value, text, check_id(text, bytes_max))
    }

    /// A code that need not be declared.
    pub fn code(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        let code = self.string(key, value, || {
            Bilingual::fixed("ein Kurzname in Anführungszeichen", "a code in quotes")
        })?;
        self.checked(key, value, code, check_code(code))
    }

    /// One of a few names.
    pub fn choice<T: Copy>(&mut self, key: &str, value: &Value<'_>, names: &[(&str, T)]) -> Option<T> {
        let expected = || {
            let names: Vec<_> = names.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            let names = names.join(", ");
            Bilingual::told(|language| language.pick(format!("eines von {names}"), format!("one of {names}")))
        };
        let text = self.string(key, value, expected)?;
        if let Some((_, value)) = names.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        self.problems.add(&value.span(), || Reason::Unexpected {
            key: key.to_owned(),
            expected: expected(),
            found: Bilingual::alike(shown(text)),
            suggestion: nearest(text, names.iter().map(|(name, _)| *name)).map(str::to_owned),
        });
        None
    }

    pub fn flag(&mut self, key: &str, value: &Value<'_>) -> Option<bool> {
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => {
                self.unexpected(
                    &value.span(),
                    key,
                    Bilingual::fixed("true oder false", "true or false"),
                    value,
                );
                None
            }
        }
    }

    /// A whole number from 0 to `max`.
    pub fn count(&mut self, key: &str, value: &Value<'_>, max: u64) -> Option<u64> {
        let number = match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        if number.is_none_or(|number| number > max) {
            self.unexpected(&value.span(), key, whole_number(max), value);
        }
        number.filter(|number| *number <= max)
    }

    /// A day, in days since 1970-01-01.
    pub fn day(&mut self, key: &str, value: &Value<'_>) -> Option<i32> {
        let day = match value.get_ref() {
            DeValue::Datetime(toml::value::Datetime { date: Some(date), time: None, offset: None }) => {
                day_number(i16::try_from(date.year).ok(), date.month, date.day)
            }
            _ => None,
        };
        if day.is_none() {
            let expected = Bilingual::fixed(
                "ein Tag des Kalenders ohne Anführungszeichen, wie 2026-11-22",
                "a day of the calendar without quotes, as in 2026-11-22",
            );
            self.unexpected(&value.span(), key, expected, value);
        }
        day
    }

    fn string<'v>(
        &mut self,
        key: &str,
        value: &'v Value<'_>,
        expected: impl FnOnce() -> Bilingual,
    ) -> Option<&'v str> {
        match value.get_ref() {
            DeValue::String(text) => Some(text),
            _ => {
                self.unexpected(&value.span(), key, expected(), value);
                None
            }
        }
    }

    fn checked(
        &mut self,
        key: &str,
        value: &Value<'_>,
        text: &str,
        check: Result<(), Problem>,
    ) -> Option<String> {
        match check {
            Ok(()) => Some(text.to_owned()),
            Err(problem) => {
                let help = || help_for(key);
                self.problems.add(&value.span(), || Reason::BadText {
                    key: shown_name(key),
                    problem,
                    help: help(),
                });
                None
            }
        }
    }
}
