//! `einsichtd wrapping-key`: the key that opens the vault.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Args;
use einsicht_access::vault::KEY_BYTES;
use einsicht_tlog::hash::to_hex;
use zeroize::Zeroizing;

use crate::signer;
use crate::wrapping_key::VARIABLE;

/// Makes a wrapping key: 64 hexadecimal digits in a file that nobody else can read.
///
/// The keys of the vault are encrypted with it. Kept elsewhere than the data and the other keys, it makes
/// copies of both useless to a thief.
#[derive(Debug, Args)]
pub struct WrappingKeyArgs {
    /// File of the key; it must not exist yet. Nobody else can read it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(args: &WrappingKeyArgs) -> anyhow::Result<()> {
    let out = &args.out;
    ensure!(
        !out.exists(),
        "{} exists already; a key is never overwritten. Choose another name",
        out.display()
    );
    make(out)?;
    super::say(&format!(
        "The wrapping key is in {out}. Without it nothing that is sealed can be read again: keep a second copy in a \
         safe place, and no copy beside the data, the signing key or their backups.\n\
         The service gets it by one of: vault.wrapping_key_file = \"{out}\", vault.wrapping_key_command = [\"…\"] with \
         a program that prints it, or the variable {VARIABLE}.",
        out = out.display()
    ));
    Ok(())
}

/// Makes a key in a new file.
pub(super) fn make(path: &Path) -> anyhow::Result<()> {
    let mut secret = Zeroizing::new([0; KEY_BYTES]);
    signer::random(&mut *secret)?;
    let digits = Zeroizing::new(to_hex(&*secret));
    Ok(signer::write_secret(path, Zeroizing::new(format!("{}\n", *digits)).as_bytes())?)
}
