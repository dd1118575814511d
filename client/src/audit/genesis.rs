//! Entry 0: how the ledger says that it began.

use einsicht_access::entry::{GenesisError, check_genesis};
use einsicht_access::wire::read_body;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::hash::{encode_base64, to_hex};
use einsicht_tlog::{Index, VerifierKey};
use serde::{Deserialize, Serialize};

use crate::finding::{Fault, Finding};
use crate::{Trust, VerifyError};

/// What entry 0 says of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// Software that began it.
    pub software: String,
    /// Whether its entries are made up.
    pub simulated: bool,
    /// The ledger that it says it continues. Not verified.
    pub predecessor: Option<Predecessor>,
}

/// The ledger that a ledger says it continues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predecessor {
    /// Its origin.
    pub origin: String,
    /// Its last published size.
    pub size: u64,
    /// Its root at that size, 64 hexadecimal digits.
    pub root: String,
}

/// Checks the body of entry 0: it is the beginning of the log that is trusted, and names the key that
/// is trusted.
pub(super) fn begin(body: &[u8], trust: &Trust) -> Result<Beginning, VerifyError> {
    let wrong = |expected: String, found: String| -> VerifyError {
        Finding { fault: Fault::Genesis, index: Some(Index(0)), place: None, expected, found }.into()
    };
    let content = read_body(body).ok().and_then(|body| body.content);
    let Some(Content::Genesis(genesis)) = content else {
        return Err(wrong("genesis".to_owned(), "another kind of entry".to_owned()));
    };
    check_genesis(&genesis).map_err(|error| match error {
        GenesisError::FormatVersion { found } => {
            VerifyError::Newer { what: format!("format version {found}") }
        }
        error => wrong("a genesis that can be built on".to_owned(), error.to_string()),
    })?;
    if genesis.origin != trust.origin() {
        return Err(wrong(format!("origin '{}'", trust.origin()), format!("origin '{}'", genesis.origin)));
    }
    let names =
        |key: &VerifierKey| genesis.public_keys.iter().any(|named| named.as_ref() == key.public_key());
    if !trust.keys().iter().any(names) {
        let trusted: Vec<_> = trust.keys().iter().map(|key| encode_base64(key.public_key())).collect();
        let named: Vec<_> = genesis.public_keys.iter().map(|key| encode_base64(key)).collect();
        let found = format!("public keys {}", named.join(", "));
        return Err(wrong(format!("public key {}", trusted.join(" or ")), found));
    }
    let predecessor = genesis.predecessor.map(|predecessor| Predecessor {
        origin: predecessor.origin,
        size: predecessor.size,
        root: to_hex(&predecessor.root),
    });
    Ok(Beginning { software: genesis.software, simulated: genesis.simulated, predecessor })
}
