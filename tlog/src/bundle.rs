//! Entry bundles: the leaves of one tile. C2SP tlog-tiles, "Log Entries".
//!
//! ```text
//! uint16 length, big-endian ‖ leaf        repeated, at most 256 times
//! ```
//!
//! The same layout follows the root in the payload of a segment frame, with any number of leaves.

use crate::leaf::LEAF_BYTES_MAX;

/// Bytes before each leaf.
pub const LENGTH_BYTES: usize = 2;

/// Why bytes are not a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The bytes end within a leaf or its length.
    #[error("the bundle ends within entry {position}, whose length field is at byte {offset}")]
    Truncated {
        /// Position of the entry in the bundle, from 0.
        position: usize,
        /// Where its length field starts.
        offset: usize,
    },
    /// Another number of entries than the tile is wide.
    #[error("the bundle has {found} entries, expected {expected}")]
    Count {
        /// Width of the tile.
        expected: usize,
        /// Entries found.
        found: usize,
    },
}

/// A leaf is longer than the length field can say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an entry of a bundle has at most {LEAF_BYTES_MAX} bytes, this has {bytes}")]
pub struct EntryTooLong {
    /// Its length.
    pub bytes: usize,
}

/// Appends one leaf with its length.
///
/// # Errors
/// [`EntryTooLong`]; `out` is unchanged then.
pub fn write_entry(leaf: &[u8], out: &mut Vec<u8>) -> Result<(), EntryTooLong> {
    let length = u16::try_from(leaf.len()).map_err(|_| EntryTooLong { bytes: leaf.len() })?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(leaf);
    Ok(())
}

/// Splits a bundle into its leaves, without looking into them. After an error nothing follows.
pub fn entries(bytes: &[u8]) -> impl Iterator<Item = Result<&[u8], BundleError>> {
    let (mut offset, mut position) = (0, 0);
    std::iter::from_fn(move || {
        let rest = bytes.get(offset..).filter(|rest| !rest.is_empty())?;
        let entry = first_entry(rest);
        let truncated = BundleError::Truncated { position, offset };
        // Past an error there is nothing to resynchronise on.
        offset = entry.map_or(bytes.len(), |leaf| offset + LENGTH_BYTES + leaf.len());
        position += 1;
        Some(entry.ok_or(truncated))
    })
}

/// Splits a bundle that must have `expected` leaves.
///
/// # Errors
/// [`BundleError`].
pub fn exactly(bytes: &[u8], expected: usize) -> Result<Vec<&[u8]>, BundleError> {
    // Not more room than the bytes can have entries, whatever a damaged header states.
    let mut leaves = Vec::with_capacity(expected.min(bytes.len() / LENGTH_BYTES));
    for leaf in entries(bytes) {
        leaves.push(leaf?);
    }
    if leaves.len() == expected {
        Ok(leaves)
    } else {
        Err(BundleError::Count { expected, found: leaves.len() })
    }
}

fn first_entry(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    rest.get(..usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn leaves_survive_a_bundle_and_a_cut_one_is_refused(
            leaves in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..20),
            cut: prop::sample::Index,
        ) {
            let mut bytes = Vec::new();
            let mut ends = vec![0];
            for leaf in &leaves {
                write_entry(leaf, &mut bytes).unwrap();
                ends.push(bytes.len());
            }
            prop_assert_eq!(exactly(&bytes, leaves.len()).unwrap(), leaves.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let cut = cut.index(bytes.len());
            prop_assert!(exactly(&bytes[..cut], leaves.len()).is_err());
            let whole = entries(&bytes[..cut]).filter(Result::is_ok).count();
            prop_assert_eq!(entries(&bytes[..cut]).any(|entry| entry.is_err()), !ends.contains(&cut));
            prop_assert_eq!(ends[whole] <= cut, true);
        }
    }

    #[test]
    fn the_longest_leaf_fits_and_one_byte_more_does_not() {
        let mut out = Vec::new();
        let leaf = vec![1; LEAF_BYTES_MAX + 1];
        assert_eq!(write_entry(&leaf, &mut out), Err(EntryTooLong { bytes: 65_536 }));
        assert!(out.is_empty());
        write_entry(&leaf[1..], &mut out).unwrap();
        assert_eq!(exactly(&out, 1).unwrap(), [&leaf[1..]]);
    }
}
