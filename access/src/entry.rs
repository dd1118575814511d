//! What an entry can be: names of the kinds, and the entries that the service writes on its own.
//!
//! Source: docs/format.md and `proto/einsicht/v1/entry.proto`.

use bytes::Bytes;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody, Genesis, Predecessor, ServiceStart, SessionEnd};
use thiserror::Error;

use crate::limits::PUBLIC_KEY_BYTES;

/// The version of docs/format.md that this crate writes and reads.
pub const FORMAT_VERSION: u32 = 1;
/// Length of a root of a tree, in bytes.
const ROOT_BYTES: usize = 32;

/// Name of the kind of an entry as in `entry.proto`; `unknown` for a kind that this version does not
/// know and for a body without content.
#[must_use]
pub fn kind_name(body: &EntryBody) -> &'static str {
    match &body.content {
        Some(Content::Genesis(_)) => "genesis",
        Some(Content::ServiceStart(_)) => "service_start",
        Some(Content::Access(_)) => "access",
        Some(Content::SessionEnd(_)) => "session_end",
        Some(Content::Charter(_)) => "charter",
        Some(Content::DisclosureRequest(_)) => "disclosure_request",
        Some(Content::Disclosure(_)) => "disclosure",
        Some(Content::Erasure(_)) => "erasure",
        Some(Content::Opening(_)) => "opening",
        Some(Content::Correction(_)) => "correction",
        Some(Content::KeyChange(_)) => "key_change",
        Some(Content::Report(_)) => "report",
        None => "unknown",
    }
}

/// The access record of an entry, if it is one.
#[must_use]
pub fn access_of(body: &EntryBody) -> Option<&AccessRecord> {
    match &body.content {
        Some(Content::Access(record)) => Some(record),
        _ => None,
    }
}

/// What a ledger says of itself in entry 0, beyond the version of its format.
#[derive(Debug, Clone, Copy)]
pub struct Beginning<'a> {
    /// Name of the ledger.
    pub origin: &'a str,
    /// Software that writes it, for example `einsichtd 0.1.0`.
    pub software: &'a str,
    /// Ed25519 public keys that sign checkpoints from the start.
    pub public_keys: &'a [[u8; PUBLIC_KEY_BYTES]],
    /// Whether the entries are made up.
    pub simulated: bool,
    /// The ledger that it continues.
    pub predecessor: Option<&'a Predecessor>,
}

/// Entry 0, in [`FORMAT_VERSION`].
#[must_use]
pub fn genesis(beginning: Beginning<'_>) -> EntryBody {
    body(Content::Genesis(Genesis {
        origin: beginning.origin.to_owned(),
        format_version: FORMAT_VERSION,
        software: beginning.software.to_owned(),
        public_keys: beginning.public_keys.iter().map(|key| Bytes::copy_from_slice(key)).collect(),
        simulated: beginning.simulated,
        predecessor: beginning.predecessor.cloned(),
    }))
}

/// The service came up. `software` is for example `einsichtd 0.1.0`.
#[must_use]
pub fn service_start(software: &str) -> EntryBody {
    body(Content::ServiceStart(ServiceStart { software: software.to_owned() }))
}

/// A producer ended a session; `last_sequence` is the highest number that it gave out, if any.
#[must_use]
pub fn session_end(producer: &str, session: &Bytes, last_sequence: Option<u64>) -> EntryBody {
    body(Content::SessionEnd(SessionEnd {
        producer: producer.to_owned(),
        session: session.clone(),
        last_sequence,
    }))
}

/// Why a genesis is not one that this version can build on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GenesisError {
    /// The ledger is written in another version of the format.
    #[error(
        "the ledger has format version {found}, this software knows {FORMAT_VERSION}; use a version of it that knows {found}"
    )]
    FormatVersion {
        /// Its version.
        found: u32,
    },
    /// Nobody could sign a checkpoint.
    #[error("genesis names no public key, it needs at least one")]
    NoPublicKey,
    /// A public key is not as long as an Ed25519 key.
    #[error("public key {index} of genesis has {bytes} bytes, an Ed25519 key has {PUBLIC_KEY_BYTES}")]
    PublicKeyLength {
        /// Index of the key, from 0.
        index: usize,
        /// Its length.
        bytes: usize,
    },
    /// The root of the predecessor is not as long as a root.
    #[error("the root of the predecessor in genesis has {bytes} bytes, a root has {ROOT_BYTES}")]
    RootLength {
        /// Its length.
        bytes: usize,
    },
}

/// Checks that a genesis has a known format version, at least one public key, and keys and root of
/// their lengths. Not checked: the origins (`einsicht-tlog` has their rule), and whether the keys are
/// points of the curve.
///
/// # Errors
/// The first [`GenesisError`] that applies.
pub fn check_genesis(genesis: &Genesis) -> Result<(), GenesisError> {
    if genesis.format_version != FORMAT_VERSION {
        return Err(GenesisError::FormatVersion { found: genesis.format_version });
    }
    if genesis.public_keys.is_empty() {
        return Err(GenesisError::NoPublicKey);
    }
    for (index, key) in genesis.public_keys.iter().enumerate() {
        if key.len() != PUBLIC_KEY_BYTES {
            return Err(GenesisError::PublicKeyLength { index, bytes: key.len() });
        }
    }
    match &genesis.predecessor {
        Some(predecessor) if predecessor.root.len() != ROOT_BYTES => {
            Err(GenesisError::RootLength { bytes: predecessor.root.len() })
        }
        _ => Ok(()),
    }
}

fn body(content: Content) -> EntryBody {
    EntryBody { content: Some(content) }
}

#[cfg(test)]
mod tests {
    use einsicht_proto::schema::ENTRY_BODY;

    use super::*;
    use crate::record::body_bytes;
    use crate::wire::read_body;

    const BEGINNING: Beginning<'static> = Beginning {
        origin: "ulm.example/ledger",
        software: "einsichtd 0.1.0",
        public_keys: &[[1; 32], [2; 32]],
        simulated: true,
        predecessor: None,
    };

    fn changed(change: fn(&mut Genesis)) -> Result<(), GenesisError> {
        let Some(Content::Genesis(mut genesis)) = genesis(BEGINNING).content else {
            panic!("not a genesis");
        };
        change(&mut genesis);
        check_genesis(&genesis)
    }

    #[test]
    fn every_kind_has_the_name_that_the_proto_file_gives_it() {
        for field in ENTRY_BODY.fields {
            let tag = u8::try_from(field.number << 3 | 2).unwrap();
            assert_eq!(kind_name(&read_body(&[tag, 0]).unwrap()), field.name);
        }
        assert_eq!(kind_name(&EntryBody { content: None }), "unknown");
    }

    #[test]
    fn a_genesis_says_what_it_was_made_of_and_is_valid() {
        let predecessor = Predecessor { origin: "old".into(), size: 7, root: Bytes::from_static(&[9; 32]) };
        let body = genesis(Beginning { predecessor: Some(&predecessor), ..BEGINNING });
        let Some(Content::Genesis(genesis)) = read_body(&body_bytes(&body)).unwrap().content else {
            panic!("not a genesis");
        };
        assert_eq!(
            (genesis.origin.as_str(), genesis.software.as_str()),
            (BEGINNING.origin, BEGINNING.software)
        );
        assert_eq!(genesis.public_keys, [[1; 32].to_vec(), [2; 32].to_vec()]);
        assert_eq!((genesis.format_version, genesis.simulated), (1, true));
        assert_eq!(genesis.predecessor.as_ref(), Some(&predecessor));
        assert_eq!(check_genesis(&genesis), Ok(()));
    }

    #[test]
    fn a_genesis_that_nobody_can_build_on_is_refused() {
        assert_eq!(changed(|_| {}), Ok(()));
        assert_eq!(
            changed(|genesis| genesis.format_version = 0),
            Err(GenesisError::FormatVersion { found: 0 })
        );
        assert_eq!(
            changed(|genesis| genesis.format_version = 2),
            Err(GenesisError::FormatVersion { found: 2 })
        );
        assert_eq!(changed(|genesis| genesis.public_keys.clear()), Err(GenesisError::NoPublicKey));
        let short = changed(|genesis| genesis.public_keys[1] = Bytes::from_static(&[1; 31]));
        assert_eq!(short, Err(GenesisError::PublicKeyLength { index: 1, bytes: 31 }));
        let root = changed(|genesis| genesis.predecessor = Some(Predecessor::default()));
        assert_eq!(root, Err(GenesisError::RootLength { bytes: 0 }));
    }

    #[test]
    fn start_and_end_say_who_and_how_far() {
        let start = service_start("einsichtd 0.1.0");
        assert_eq!(
            start.content,
            Some(Content::ServiceStart(ServiceStart { software: "einsichtd 0.1.0".into() }))
        );
        assert_eq!(kind_name(&start), "service_start");
        let session = Bytes::from_static(&[3; 16]);
        let Some(Content::SessionEnd(end)) = session_end("p", &session, Some(0)).content else {
            panic!("not the end of a session");
        };
        assert_eq!((end.producer.as_str(), end.session, end.last_sequence), ("p", session, Some(0)));
    }

    #[test]
    fn only_an_access_has_a_record() {
        assert_eq!(access_of(&service_start("x")), None);
        let record = AccessRecord { sequence: 5, ..AccessRecord::default() };
        assert_eq!(access_of(&body(Content::Access(record.clone()))), Some(&record));
    }
}
