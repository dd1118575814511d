//! `einsichtd export`: the public log and the public site as plain files.

mod site;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Args;

use self::site::Site;
use super::backup::sync_name;
use super::place::{PlaceArgs, finding, identify, progress};
use crate::config::Config;
use crate::storage::file::{Folder as _, RealFolder};
use crate::storage::{self, Exported, Exporting};
use crate::{ledger, reports};

/// Writes the public log as plain files (C2SP tlog-tiles), and with it the public site and the published reports, for any
/// static web server.
///
/// Run again, it writes only what is new. Readers may read meanwhile: the checkpoint comes behind what it promises.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Folder of the files; made if it is not there, readable by everybody
    #[arg(value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    place: PlaceArgs,
    /// Write the entries too, also if the configuration does not make them public
    #[arg(long)]
    entries: bool,
    /// Folder of the published reports; without it, that of the configuration, or the folder reports in the data folder
    #[arg(long, value_name = "DIR")]
    reports: Option<PathBuf>,
    /// Compare every file that is there with the log, and repair it; not only what is new
    #[arg(long)]
    everything: bool,
}

pub(super) fn run(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    export(args).or_else(|error| finding(&args.to, error))
}

fn export(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let place = args.place.find()?;
    let to = &args.to;
    ensure!(
        !to.join("log").exists(),
        "{} is a data folder or a backup, with what is not for everybody; take another folder",
        to.display()
    );
    let target = RealFolder::readable(to);
    target.create_folder("").with_context(|| to.display().to_string())?;
    let _lock = ledger::lock(to)?;
    let (source, identity) = identify(&place.data)?;
    let entries = args.entries || place.config.as_ref().is_some_and(|config| config.public_entries);
    let written = to.join("tile/entries");
    ensure!(
        entries || !written.exists(),
        "{} is there from an earlier export, but entries are not public now. Delete that folder, or take \
         another one; --entries if they are for everybody. Nothing was changed",
        written.display()
    );
    let what =
        Exporting { origin: &identity.origin, keys: &identity.keys, entries, everything: args.everything };
    let bar = progress("exporting", None);
    let exported = storage::export(&source, &target, what, &mut |size| bar.set_position(size.0));
    bar.finish_and_clear();
    let Exported { head, had, files } =
        exported.with_context(|| format!("from {} to {}", place.data.display(), to.display()))?;
    let of_config = || place.config.as_ref().map(Config::reports);
    let of_data = || place.data.join(reports::FOLDER);
    let site = Site {
        target: &target,
        source: &source,
        identity: &identity,
        size: head.size,
        reports: args.reports.clone().or_else(of_config).unwrap_or_else(of_data),
        before: (!args.everything).then(|| to.clone()),
    };
    let written = site.write().with_context(|| format!("the public site in {}", to.display()))?;
    sync_name(to)?;
    super::say(&format!(
        "export  {}: {}, {} entries, {} of them new; files written: {}; reports: {}\nroot    {}\n{}",
        to.display(),
        identity.origin,
        head.size,
        head.size.0 - had.0,
        files + written.files,
        written.reports,
        head.root,
        how_to_read(to, entries)
    ));
    Ok(ExitCode::SUCCESS)
}

fn how_to_read(to: &Path, entries: bool) -> String {
    match entries {
        true => format!("check   einsicht verify {} --vkey FILE", to.display()),
        false => {
            "The entries are not in it: neither --entries nor public.entries. It proves what the log is, not what \
             it says"
                .to_owned()
        }
    }
}
