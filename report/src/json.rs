//! JSON as it is written: indented, fields in a fixed order, a line end at the end.

use serde::Serialize;

use crate::make::MakeError;

/// Its bytes.
pub fn pretty<T: Serialize>(value: &T) -> Result<Vec<u8>, MakeError> {
    let bytes = serde_json::to_vec_pretty(value);
    let mut bytes = bytes.map_err(|error| MakeError::Write { what: "JSON", error: error.to_string() })?;
    bytes.push(b'\n');
    Ok(bytes)
}
