//! The key that signs checkpoints: made once, kept in a file that nobody else can read.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use einsicht_tlog::key::KEY_BYTES;
use zeroize::Zeroizing;

/// Name of the key file in the folder of keys. PKCS#8, PEM.
pub const KEY_FILE: &str = "ledger.key";

/// A secret file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file system failed.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// Others could read it.
    #[error("{} can be read by others (mode {mode:04o}); run: chmod 600 {}", path.display(), path.display())]
    ReadableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Not what it should be.
    #[error("{} is not {expected}; restore it from your backup of the keys", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

/// Reads the signing key, or makes one if there is none.
///
/// # Errors
/// [`SecretError`].
pub fn load_or_create(keys: &Path) -> Result<ed25519_dalek::SigningKey, SecretError> {
    if let Some(key) = load(keys)? {
        return Ok(key);
    }
    let path = keys.join(KEY_FILE);
    let mut seed = Zeroizing::new([0; KEY_BYTES]);
    random(&mut *seed)?;
    let key = ed25519_dalek::SigningKey::from_bytes(&seed);
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|_| malformed(&path))?;
    write_secret(&path, pem.as_bytes())?;
    Ok(key)
}

/// Reads the signing key; `None` if there is none.
///
/// # Errors
/// [`SecretError`].
pub fn load(keys: &Path) -> Result<Option<ed25519_dalek::SigningKey>, SecretError> {
    let path = keys.join(KEY_FILE);
    let Some(pem) = read_secret(&path)? else { return Ok(None) };
    ed25519_dalek::SigningKey::from_pkcs8_pem(&pem).map(Some).map_err(|_| malformed(&path))
}

fn malformed(path: &Path) -> SecretError {
    SecretError::Malformed { path: path.to_owned(), expected: "an Ed25519 key in PKCS#8 PEM" }
}

/// Fills `bytes` from the operating system's generator.
///
/// # Errors
/// [`SecretError::Random`].
pub fn random(bytes: &mut [u8]) -> Result<(), SecretError> {
    getrandom::fill(bytes).map_err(SecretError::Random)
}

/// Reads a secret text; `None` if there is no such file.
///
/// # Errors
/// [`SecretError::ReadableByOthers`], [`SecretError::Io`].
pub fn read_secret(path: &Path) -> Result<Option<Zeroizing<String>>, SecretError> {
    let io = |error| SecretError::Io { path: path.to_owned(), error };
    let mode = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata.map_err(io)?.permissions().mode() & 0o7777,
    };
    if mode & 0o077 != 0 {
        return Err(SecretError::ReadableByOthers { path: path.to_owned(), mode });
    }
    fs::read_to_string(path).map(|text| Some(Zeroizing::new(text))).map_err(io)
}

/// Writes a new secret file, durably, readable by nobody else. Never replaces one.
///
/// # Errors
/// [`SecretError::Io`], also if the file exists.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), SecretError> {
    let write = || {
        // A half-written key must not be found under its name.
        let temporary = path.with_extension("new");
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        let linked = written.and_then(|()| fs::hard_link(&temporary, path));
        // Also where that failed: a secret that nobody uses should not lie around.
        linked.and(fs::remove_file(&temporary))?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|error| SecretError::Io { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let keys = tempfile::tempdir().unwrap();
        let made = load_or_create(keys.path()).unwrap();
        let read = load_or_create(keys.path()).unwrap();
        assert_eq!(made.to_bytes(), read.to_bytes());
        let mode = fs::metadata(keys.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        assert_eq!(fs::read_dir(keys.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let keys = tempfile::tempdir().unwrap();
        load_or_create(keys.path()).unwrap();
        let path = keys.path().join(KEY_FILE);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = load_or_create(keys.path());
        assert!(matches!(refused, Err(SecretError::ReadableByOthers { mode: 0o640, .. })));
    }

    #[test]
    fn a_damaged_key_is_named_and_not_replaced() {
        let keys = tempfile::tempdir().unwrap();
        write_secret(&keys.path().join(KEY_FILE), b"not a key").unwrap();
        assert!(matches!(load_or_create(keys.path()), Err(SecretError::Malformed { .. })));
        assert!(write_secret(&keys.path().join(KEY_FILE), b"x").is_err());
        assert_eq!(fs::read_dir(keys.path()).unwrap().count(), 1, "the refused secret does not lie around");
    }
}
