//! What stands in a file, and what should, in a few words.

use toml::de::DeValue;

use super::reader::Value;
use crate::charter::problem::{shown, shown_name};
use crate::limits::{COUNT_MAX, DAY_MAX, DAY_MIN};
use crate::sentence::Bilingual;

/// In days since 1970-01-01.
pub(super) fn day_number(year: Option<i16>, month: u8, day: u8) -> Option<i32> {
    let date = jiff::civil::Date::new(year?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let days = (date - jiff::civil::date(1970, 1, 1)).get_days();
    (DAY_MIN..=DAY_MAX).contains(&days).then_some(days)
}

/// Nothing, where something should be.
pub(super) const NONE: Bilingual = Bilingual::fixed("nichts", "none");
pub(super) const A_TABLE: Bilingual = Bilingual::fixed("eine Tabelle", "a table");

/// What stands there, in a few words.
pub(super) fn type_and_value(value: &Value<'_>) -> Bilingual {
    Bilingual::alike(match value.get_ref() {
        DeValue::String(text) => shown(text),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(items) => return items_told(items.len()),
        DeValue::Table(_) => return A_TABLE,
        DeValue::Integer(number) => shown_name(&number.to_string()),
        DeValue::Float(number) => shown_name(&number.to_string()),
    })
}

pub(super) fn items_told(count: usize) -> Bilingual {
    Bilingual::told(|language| match count {
        0 => language.pick("eine leere Liste", "an empty list").to_owned(),
        1 => language.pick("eine Liste mit einem Wert", "a list of one item").to_owned(),
        count => language.pick(format!("eine Liste mit {count} Werten"), format!("a list of {count} items")),
    })
}

/// The bound is told where somebody could have meant a number beyond it.
pub(super) fn whole_number(max: u64) -> Bilingual {
    Bilingual::told(|language| {
        let range = match max {
            COUNT_MAX => String::new(),
            max => language.pick(format!(" von 0 bis {max}"), format!(" from 0 to {max}")),
        };
        language.pick(
            format!("eine ganze Zahl{range}, ohne Anführungszeichen und ohne Punkte zwischen den Ziffern, wie 10000"),
            format!("a whole number{range}, without quotes and without points between its digits, as in 10000"),
        )
    })
}
