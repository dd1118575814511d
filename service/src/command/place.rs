//! Which ledger a command is about, and what it is told when that ledger does not check.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::{self, Config, Sources};
use crate::ledger::{Identity, LedgerError};
use crate::storage::CopyError;
use crate::storage::file::RealFolder;

/// Folder in a data folder with the log of the ledger that this one continues, readable as a ledger of
/// its own. It may have another one in it.
pub(super) const PREDECESSOR: &str = "predecessor";

/// Where a ledger lies.
#[derive(Debug, Args)]
#[group(id = "ledger", multiple = false, args = ["config", "data"])]
pub struct PlaceArgs {
    /// Configuration of the service; without it and --data, the one that EINSICHTD_CONFIG names
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Set a value in place of the configuration file's; repeatable
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "data")]
    set: Vec<String>,
}

/// A ledger that was found.
pub(super) struct Place {
    pub data: PathBuf,
    /// If it was found by one.
    pub config: Option<Config>,
}

impl PlaceArgs {
    /// Finds the ledger. Takes no lock: a service may be running.
    pub fn find(&self) -> anyhow::Result<Place> {
        // Not clap's `env`: a variable that is always set must not stand in the way of --data.
        let named =
            || self.config.clone().or_else(|| std::env::var_os("EINSICHTD_CONFIG").map(PathBuf::from));
        let (data, config) = match &self.data {
            Some(data) => (data.clone(), None),
            None => {
                let file = named().context("say which ledger: --config FILE or --data DIR")?;
                let config = config::load(&Sources::of_process(file, self.set.clone()))?.config;
                (config.ledger.data.clone(), Some(config))
            }
        };
        let (_, identity) = identify(&data)?;
        if let Some(config) = &config {
            ensure!(
                config.ledger.origin == identity.origin,
                "{} holds the ledger '{}', the configuration says '{}'; is it the right folder?",
                data.display(),
                identity.origin,
                config.ledger.origin
            );
        }
        Ok(Place { data, config })
    }
}

/// What ledger lies in a folder.
pub(super) fn identify(data: &Path) -> anyhow::Result<(RealFolder, Identity)> {
    let is_there = match std::fs::metadata(data.join("log")) {
        Ok(found) => found.is_dir(),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return Err(error).with_context(|| {
                format!("{} can't be entered; run this as the user of the service", data.display())
            });
        }
        Err(_) => false,
    };
    ensure!(
        is_there,
        "{} has no folder 'log': it is not a data folder of a ledger, nor a backup of one",
        data.display()
    );
    let folder = RealFolder::new(data);
    let identity = Identity::read(&folder).with_context(|| data.display().to_string())?;
    let identity = identity
        .with_context(|| format!("{} holds an empty log: nothing was recorded yet", data.display()))?;
    Ok((folder, identity))
}

/// The folders of a ledger and of those that it continues, newest first; beside each, where it goes if
/// the first one goes to `to`.
pub(super) fn generations(data: &Path, to: &Path) -> impl Iterator<Item = (PathBuf, PathBuf)> {
    let older = |(data, to): &(PathBuf, PathBuf)| {
        let data = data.join(PREDECESSOR);
        data.join("log").is_dir().then(|| (data, to.join(PREDECESSOR)))
    };
    std::iter::successors(Some((data.to_owned(), to.to_owned())), older)
}

/// Says what was found wrong, exit code 1; hands on what is no finding.
pub(super) fn finding(place: &Path, error: anyhow::Error) -> anyhow::Result<ExitCode> {
    let is_finding = error.chain().any(|cause| {
        cause.downcast_ref::<LedgerError>().is_some_and(LedgerError::is_finding)
            || cause.downcast_ref::<CopyError>().is_some_and(CopyError::is_finding)
    });
    if !is_finding {
        return Err(error);
    }
    super::say(&format!("FAILED  {}: {}", place.display(), super::told(&error)));
    Ok(ExitCode::from(1))
}

/// Shows how far something is, where somebody looks.
pub(super) fn progress(what: &str, entries: Option<u64>) -> ProgressBar {
    let (bar, template) = match entries {
        Some(entries) => (
            ProgressBar::new(entries),
            format!("{what} {{human_pos}}/{{human_len}} entries {{wide_bar}} {{eta}}"),
        ),
        None => (ProgressBar::no_length(), format!("{what} {{human_pos}} entries")),
    };
    match ProgressStyle::with_template(&template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
