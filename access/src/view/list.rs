//! Lists of events: counted whole, kept as far as they can be valid.

use std::ops::Deref;

use crate::limits::LIST_ITEMS_MAX;

/// The first [`LIST_ITEMS_MAX`] items of a list, and how many it has. An item that says nothing takes two bytes
/// where it was sent: kept, millions of them would take far more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List<T> {
    items: Vec<T>,
    count: usize,
}

impl<T> List<T> {
    /// How many items there are, kept or not.
    pub fn count(&self) -> usize {
        self.count
    }

    pub fn push(&mut self, item: T) {
        self.count += 1;
        if self.items.len() < LIST_ITEMS_MAX {
            self.items.push(item);
        }
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { items: Vec::new(), count: 0 }
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut list = Self::default();
        items.into_iter().for_each(|item| list.push(item));
        list
    }
}
