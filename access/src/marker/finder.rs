//! Testing very many records for one subject.
//!
//! HMAC-SHA256 begins with two blocks that hold nothing but the key (RFC 2104 section 2). They are hashed once for
//! all records; a marker then costs the two blocks that depend on it.

use super::{MARKER_BYTES, ViewKey};
use crate::seal::NONCE_BYTES;
use crate::sha256::HmacKey;

/// A view key, made ready for testing very many records. As secret as the key; never printed.
#[derive(Clone)]
pub struct Finder(HmacKey);

impl Finder {
    /// Makes a view key ready.
    #[must_use]
    pub fn new(key: &ViewKey) -> Self {
        Self(HmacKey::new(key.as_bytes()))
    }

    /// The marker of the subject at a position of the record with that nonce: [`ViewKey::marker`].
    #[must_use]
    pub fn marker(&self, nonce: &[u8; NONCE_BYTES], position: u16) -> [u8; MARKER_BYTES] {
        let [marker] = self.markers(nonce, [position]);
        marker
    }

    /// Those at several positions: they cost less together.
    #[inline]
    fn markers<const N: usize>(
        &self,
        nonce: &[u8; NONCE_BYTES],
        positions: [u16; N],
    ) -> [[u8; MARKER_BYTES]; N] {
        let messages = positions.map(|position| {
            let mut message = [0; NONCE_BYTES + size_of::<u16>()];
            message[..NONCE_BYTES].copy_from_slice(nonce);
            message[NONCE_BYTES..].copy_from_slice(&position.to_be_bytes());
            message
        });
        self.0.mac_blocks(&messages).map(|mac| {
            let mut marker = [0; MARKER_BYTES];
            marker.copy_from_slice(&mac[..MARKER_BYTES]);
            marker
        })
    }

    /// Looks for the subject among the markers of a record, and returns the position: [`ViewKey::scan`]. How long
    /// it takes tells who measures it whether the subject is there.
    #[must_use]
    pub fn find<'a>(
        &self,
        nonce: &[u8; NONCE_BYTES],
        markers: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<u16> {
        let mut markers = (0..=u16::MAX).zip(markers);
        while let Some((position, marker)) = markers.next() {
            let Some((next_position, next_marker)) = markers.next() else {
                return (self.marker(nonce, position) == *marker).then_some(position);
            };
            let [expected, next_expected] = self.markers(nonce, [position, next_position]);
            if expected == *marker {
                return Some(position);
            }
            if next_expected == *next_marker {
                return Some(next_position);
            }
        }
        None
    }
}

impl std::fmt::Debug for Finder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Finder(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_finder_makes_the_markers_that_the_view_key_makes(
            key in any::<[u8; 32]>(),
            nonce in any::<[u8; NONCE_BYTES]>(),
            position in any::<u16>(),
        ) {
            let key = ViewKey::from(key);
            prop_assert_eq!(Finder::new(&key).marker(&nonce, position), key.marker(&nonce, position));
        }
    }

    #[test]
    fn a_subject_is_found_where_it_is_and_nowhere_else() {
        let (key, other) = (ViewKey::from([1; 32]), ViewKey::from([2; 32]));
        let nonce = [7; NONCE_BYTES];
        let markers = [[0; MARKER_BYTES], key.marker(&nonce, 1), other.marker(&nonce, 0)];
        let find = |key: &ViewKey| Finder::new(key).find(&nonce, markers.iter().map(<[u8; 16]>::as_slice));
        assert_eq!((find(&key), find(&other)), (Some(1), None), "a marker of another position is nobody's");
        assert_eq!(Finder::new(&key).find(&nonce, [&key.marker(&nonce, 0)[..15]]), None);
    }

    #[test]
    fn a_subject_is_found_at_every_place_among_any_number_of_markers() {
        let (key, nonce) = (ViewKey::from([1; 32]), [7; NONCE_BYTES]);
        for count in 0..9 {
            for place in 0..count {
                let marker = |at: u16| if at == place { key.marker(&nonce, at) } else { [9; MARKER_BYTES] };
                let markers: Vec<_> = (0..count).map(marker).collect();
                let found = Finder::new(&key).find(&nonce, markers.iter().map(<[u8; 16]>::as_slice));
                assert_eq!(found, Some(place), "of {count}");
            }
        }
    }
}
