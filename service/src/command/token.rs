//! `einsichtd token`: a bearer token for a caller.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use einsicht_tlog::hash::{sha256, to_hex};
use zeroize::Zeroizing;

use crate::signer;

/// Begins every token, so that nobody takes one for its hash, and so that searches for secrets find it.
const PREFIX: &str = "einsicht_";

/// Makes a token: the secret into a file, its SHA-256 to stdout, for the configuration.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// File of the token; it must not exist yet. Nobody else can read it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(args: &TokenArgs) -> anyhow::Result<()> {
    let out = &args.out;
    ensure!(
        !out.exists(),
        "{} exists already; a token is never overwritten. Choose another name",
        out.display()
    );
    let mut secret = Zeroizing::new([0; 32]);
    signer::random(&mut *secret)?;
    let token = Zeroizing::new(format!("{PREFIX}{}", *Zeroizing::new(to_hex(&*secret))));
    signer::write_secret(out, format!("{}\n", *token).as_bytes())?;
    eprintln!(
        "The token is in {}. Give that file to the caller (EINSICHT_TOKEN_FILE) and to nobody else.\n\
         This is its SHA-256, for token_sha256 = [\"…\"] of its [[caller]] in the configuration. A service \
         that runs takes it with a SIGHUP.",
        out.display()
    );
    super::say(&sha256(token.as_bytes()).to_hex());
    Ok(())
}
