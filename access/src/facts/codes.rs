//! A list of codes, wherever it stands.

use crate::wire::Input;

const LENGTH_DELIMITED: u8 = 2;

/// A list of codes that is only looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Codes<'a>(Place<'a>);

#[derive(Debug, Clone, Copy)]
enum Place<'a> {
    Views(&'a [&'a str]),
    Strings(&'a [String]),
    /// The items with this field number in these bytes, which begin with the first of them.
    Encoded(&'a [u8], u32),
}

impl Default for Place<'_> {
    fn default() -> Self {
        Self::Strings(&[])
    }
}

impl<'a> Codes<'a> {
    pub(super) fn encoded(rest: &'a [u8], field: u32) -> Self {
        Self(Place::Encoded(rest, field))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        match self.0 {
            Place::Views(items) => items.is_empty(),
            Place::Strings(items) => items.is_empty(),
            // Such a place is only made where there is an item.
            Place::Encoded(..) => false,
        }
    }

    /// The items, in order.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let (views, strings, encoded): (&[&str], &[String], _) = match self.0 {
            Place::Views(items) => (items, &[], None),
            Place::Strings(items) => (&[], items, None),
            Place::Encoded(rest, field) => (&[], &[], Some(items_of(rest, field))),
        };
        let views = views.iter().map(|item| item.as_bytes());
        views.chain(strings.iter().map(String::as_bytes)).chain(encoded.into_iter().flatten())
    }
}

/// Bytes that are not well-formed end the list; they were checked before.
fn items_of(rest: &[u8], field: u32) -> impl Iterator<Item = &[u8]> {
    let mut input = Input::new(rest);
    std::iter::from_fn(move || {
        while !input.is_at_end() {
            let (number, wire_type) = input.tag().ok()?;
            if wire_type != LENGTH_DELIMITED {
                input.skip(wire_type).ok()?;
                continue;
            }
            let item = input.delimited().ok()?.rest;
            if number == field {
                return Some(item);
            }
        }
        None
    })
}

/// Equal if the items are, wherever they stand.
impl PartialEq for Codes<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Codes<'_> {}

impl<'a> From<&'a [&str]> for Codes<'a> {
    fn from(items: &'a [&str]) -> Self {
        Self(Place::Views(items))
    }
}

impl<'a> From<&'a [String]> for Codes<'a> {
    fn from(items: &'a [String]) -> Self {
        Self(Place::Strings(items))
    }
}
