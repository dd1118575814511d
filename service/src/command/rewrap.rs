//! `einsichtd rewrap`: the keys of the vault under another wrapping key.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Args;

use super::place::identify;
use super::sources::SourceArgs;
use crate::ledger;
use crate::storage::file::RealFolder;
use crate::vault::rewrap;
use crate::wrapping_key::WrappingKeySource;

/// Puts the keys of the vault under another wrapping key. The service must be down.
///
/// Copies of the old key files in backups can't be opened any more once the old wrapping key is destroyed: what was
/// erased since they were made is gone from them, too.
#[derive(Debug, Args)]
pub struct RewrapArgs {
    #[command(flatten)]
    sources: SourceArgs,
    /// File with the new wrapping key; `einsichtd wrapping-key` makes one
    #[arg(long, value_name = "FILE")]
    new_wrapping_key_file: PathBuf,
}

pub(super) fn run(args: &RewrapArgs) -> anyhow::Result<()> {
    let config = args.sources.load()?.config;
    let file = &args.new_wrapping_key_file;
    let old = config.vault.wrapping_key.as_ref();
    let old =
        old.context("the configuration names no wrapping key; name the one that the keys are under now")?;
    let (old, new) = (old.read()?, WrappingKeySource::File(file.clone()).read()?);
    let (_, identity) = identify(&config.ledger.data)?;
    ensure!(
        identity.origin == config.ledger.origin,
        "{} holds the ledger '{}', the configuration says '{}'",
        config.ledger.data.display(),
        identity.origin,
        config.ledger.origin
    );
    let _lock = ledger::lock(&config.ledger.data)?;
    let keys = rewrap(&RealFolder::new(&config.keys_dir), &identity.origin, &old, &new)?;
    super::say(&format!(
        "{keys} keys are under the wrapping key in {file} now.\n\n\
         Next:\n  \
         1. Let [vault] name the new key; einsichtd config check --config {config}\n  \
         2. Start the service.\n  \
         3. Back up {folder} anew, and keep a second copy of the new key in a safe place.\n  \
         4. Destroy the old wrapping key, with all its copies: until then the old backups of the keys can be opened.",
        file = file.display(),
        config = args.sources.config.display(),
        folder = config.keys_dir.display(),
    ));
    Ok(())
}
