//! `einsichtd init`: begins the ledger that a configuration names.

use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use super::sources::SourceArgs;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::ledger::{self, NewLedger, Opening};
use crate::preflight::{self, PreflightError};
use crate::signer::KEY_FILE;
use crate::storage::VKEY;
use crate::storage::file::RealFolder;

/// Begins the ledger that a configuration names: folders, signing key, first entry, verifier key.
///
/// Refuses where a ledger or a key is already.
#[derive(Debug, Args)]
pub struct InitArgs {
    #[command(flatten)]
    sources: SourceArgs,
}

pub(super) fn run(args: &InitArgs) -> anyhow::Result<()> {
    let config = args.sources.load()?.config;
    refuse_existing(&config)?;
    let ledger = ledger::open(Opening {
        data: &config.ledger.data,
        keys: config.keys_dir.clone(),
        wrapping_key: None,
        clock: Arc::new(SystemClock::new()),
        accept_clock: false,
        new: NewLedger { origin: config.ledger.origin.clone(), simulated: false },
        segment_bytes_max: config.ledger.segment_bytes,
        disk_reserve_bytes: config.ledger.disk_reserve_bytes,
    })?;
    ledger.committer.finish();
    ensure!(
        ledger.is_new,
        "{} got a ledger while this one was to be begun; nothing was changed",
        config.ledger.data.display()
    );
    let (data, keys) = (config.ledger.data.display(), config.keys_dir.display());
    let file = args.sources.config.display();
    super::say(&format!(
        "The ledger '{origin}' has begun.\n\n  \
         data          {data}\n  \
         signing key   {keys}/{KEY_FILE}\n  \
         verifier key  {data}/{VKEY}\n  \
         {vkey}\n\n\
         Next:\n  \
         1. Copy {keys} to a safe place, apart from the data: without the signing key the ledger can't go on.\n  \
         2. Publish the verifier key, also elsewhere than on this machine: it is what verifiers trust.\n  \
         3. For events with personal values: einsichtd wrapping-key --out FILE, and name that file in [vault].\n  \
         4. Add callers to {file}: einsichtd token --out FILE makes a token for one.\n  \
         5. einsichtd config check --config {file}\n  \
         6. einsichtd serve --config {file}",
        origin = config.ledger.origin,
        vkey = ledger.verifier,
    ));
    Ok(())
}

/// A new ledger gets a new key: under an old one it would contradict what that has signed.
fn refuse_existing(config: &Config) -> anyhow::Result<()> {
    let (data, keys) = (&config.ledger.data, &config.keys_dir);
    if let Some(genesis) = ledger::read_genesis(&RealFolder::new(data))? {
        bail!(
            "{} holds the ledger '{}' already; `einsichtd serve` goes on with it. To begin another one, choose \
             another ledger.data, keys.dir and ledger.origin",
            data.display(),
            genesis.origin
        );
    }
    let key = keys.join(KEY_FILE);
    if key.try_exists().with_context(|| key.display().to_string())? {
        bail!(
            "{} is a signing key already, but {} holds no ledger. If the ledger of that key was lost, restore \
             it from a backup; a second history under one key would look like fraud. To begin another \
             ledger, choose another keys.dir; if it is left from an `init` that was interrupted before it \
             said that the ledger has begun, move it away",
            key.display(),
            data.display()
        );
    }
    match preflight::check_keys(keys) {
        Ok(()) | Err(PreflightError::NoKeys { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
