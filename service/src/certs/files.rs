//! The files of keys and certificates: made once, read by their owner only, replaced as a whole.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rcgen::KeyPair;

use super::CertsError;
use super::read::{self, Facts};
use crate::signer;

pub(super) fn key_or_new(path: &Path) -> Result<KeyPair, CertsError> {
    if let Some(pem) = signer::read_secret(path)? {
        let expected = "a private key in PKCS#8 PEM";
        return KeyPair::from_pem(&pem)
            .map_err(|_| CertsError::Malformed { path: path.to_owned(), expected });
    }
    let key = KeyPair::generate()?;
    signer::write_secret(path, zeroize::Zeroizing::new(key.serialize_pem()).as_bytes())?;
    Ok(key)
}

pub(super) fn read_certificate(path: &Path) -> Result<Option<Facts>, CertsError> {
    let io = |error| CertsError::Io { path: path.to_owned(), error };
    let pem = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        pem => pem.map_err(io)?,
    };
    let expected = "a certificate in PEM";
    read::facts(&pem).map(Some).ok_or(CertsError::Malformed { path: path.to_owned(), expected })
}

/// Makes the folder, if there is none, and refuses one that others can look into.
pub(super) fn create_private(folder: &Path) -> Result<(), CertsError> {
    let io = |error| CertsError::Io { path: folder.to_owned(), error };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
    let mode = fs::metadata(folder).map_err(io)?.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    // A folder that somebody made for this, as volumes of containers are: it is empty, so nobody minds.
    if fs::read_dir(folder).map_err(io)?.next().is_none() {
        return fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(io);
    }
    Err(CertsError::OpenFolder { path: folder.to_owned(), mode })
}

/// Writes a certificate where none is.
pub(super) fn write_new(path: &Path, pem: &[u8]) -> Result<(), CertsError> {
    write(path, pem, |temporary| {
        fs::hard_link(temporary, path)?;
        fs::remove_file(temporary)
    })
}

/// Puts a certificate in the place of another one, at once: a service may be reading.
pub(super) fn replace(path: &Path, pem: &[u8]) -> Result<(), CertsError> {
    write(path, pem, |temporary| fs::rename(temporary, path))
}

fn write(path: &Path, pem: &[u8], place: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), CertsError> {
    let temporary = path.with_extension("pem.new");
    let write = || {
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o644).open(&temporary)?;
        file.write_all(pem)?;
        file.sync_all()?;
        place(&temporary)?;
        path.parent().map_or(Ok(()), |parent| fs::File::open(parent)?.sync_all())
    };
    write().map_err(|error| CertsError::Io { path: path.to_owned(), error })
}
