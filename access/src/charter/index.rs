//! Where the thing with a code stands in its list.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

/// Positions by code. Hashed without a random key: only the charter's own codes are in it, so that nobody who
/// records can make it slow, and nothing here is random.
#[derive(Debug, Clone, Default)]
pub(super) struct Index(HashMap<Box<[u8]>, usize, BuildHasherDefault<DefaultHasher>>);

impl Index {
    pub fn position(&self, id: &[u8]) -> Option<usize> {
        self.0.get(id).copied()
    }
}

impl<'a> FromIterator<&'a str> for Index {
    fn from_iter<I: IntoIterator<Item = &'a str>>(ids: I) -> Self {
        Self(ids.into_iter().enumerate().map(|(position, id)| (id.as_bytes().into(), position)).collect())
    }
}
