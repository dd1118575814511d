//! Markers: by which subjects find the records about them, and nobody else can tell two of them apart.
//!
//! ```text
//! view key  = HMAC-SHA256(period key, "einsicht/view/v1" ‖ uint8 length of scheme ‖ scheme ‖ id)
//! marker p  = HMAC-SHA256(view key, nonce ‖ uint16 p), its first 16 bytes
//! ```
//!
//! A period key is that of one calendar month, UTC; `p` is the position of the marker in its record, from 0.
//!
//! Keys are compared in tests only, and markers are public: no comparison here hides how long it takes.
//!
//! Source: docs/format.md, Markers.

mod finder;
mod placing;

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, zeroize_bytes};

pub use self::finder::Finder;
pub use self::placing::{CONFIDENTIAL_MARKERS, markers_padded};
pub(crate) use self::placing::{Seats, fillers};
use crate::seal::NONCE_BYTES;
use crate::sha256::HmacKey;

/// Length of a marker, in bytes.
pub const MARKER_BYTES: usize = 16;
/// Length of a period key and of a view key, in bytes.
pub const KEY_BYTES: usize = 32;

const VIEW_PREFIX: &[u8] = b"einsicht/view/v1";

/// The key of a month that all view keys of that month are made of. Whoever has it can try whether somebody
/// is meant. Never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct PeriodKey {
    bytes: [u8; KEY_BYTES],
    hmac: HmacKey,
}

/// The key of one subject for one month. Whoever has it finds every record of that month about the subject.
/// Never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ViewKey([u8; KEY_BYTES]);

impl PeriodKey {
    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    /// The view key of a subject. Schemes are codes: at most 128 bytes.
    #[must_use]
    pub fn view_key(&self, scheme: &str, id: &str) -> ViewKey {
        // A code is shorter; if it were not, this would still end.
        let length = u8::try_from(scheme.len()).unwrap_or(u8::MAX);
        ViewKey(self.hmac.mac(&[VIEW_PREFIX, &[length], scheme.as_bytes(), id.as_bytes()]))
    }
}

impl ViewKey {
    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// The marker of the subject at a position of the record with that nonce.
    #[must_use]
    pub fn marker(&self, nonce: &[u8; NONCE_BYTES], position: u16) -> [u8; MARKER_BYTES] {
        Finder::new(self).marker(nonce, position)
    }

    /// Looks for the subject among the markers of a record, and returns the position: [`Finder::find`], for one
    /// record. Markers that have not 16 bytes are no markers of anybody.
    #[must_use]
    pub fn scan<'a>(
        &self,
        nonce: &[u8; NONCE_BYTES],
        markers: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<u16> {
        Finder::new(self).find(nonce, markers)
    }
}

impl From<[u8; KEY_BYTES]> for PeriodKey {
    fn from(mut bytes: [u8; KEY_BYTES]) -> Self {
        let key = Self { bytes, hmac: HmacKey::new(&bytes) };
        zeroize_bytes(&mut bytes);
        key
    }
}

impl From<[u8; KEY_BYTES]> for ViewKey {
    fn from(mut bytes: [u8; KEY_BYTES]) -> Self {
        let key = Self(bytes);
        zeroize_bytes(&mut bytes);
        key
    }
}

impl fmt::Debug for PeriodKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PeriodKey(..)")
    }
}

impl fmt::Debug for ViewKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ViewKey(..)")
    }
}

#[cfg(test)]
mod tests;
