//! What lies in a vault that no service looks after any more.

use std::io;

use einsicht_access::{Month, RetentionClass};

use super::copy::open_openings;
use super::recovery::list;
use crate::storage::file::Folder;

/// Months and classes of a vault whose sealed values are there, in order.
///
/// # Errors
/// Those of the file system.
pub fn left(data: &dyn Folder) -> io::Result<Vec<(Month, RetentionClass)>> {
    let mut left = Vec::new();
    for (month, class) in list(data)? {
        if open_openings(data, month, class)?.is_some() {
            left.push((month, class));
        }
    }
    Ok(left)
}
