//! `einsichtd backup`: a verified copy of the log, while the service runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, ensure};
use clap::Args;

use super::place::{Place, PlaceArgs, finding, generations, identify, progress};
use crate::ledger::{self, Identity};
use crate::storage::file::{Folder as _, RealFolder};
use crate::storage::{self, Copied};
use crate::vault;

/// Name of a file that only the folder of a service has.
const WATERMARK: &str = "log/watermark";
const CHECKPOINT: &str = "log/checkpoint";
/// How long is waited for `log/checkpoint`: a service writes it a quarter of a second after a commit, unless its disk
/// stalls.
const CHECKPOINT_PATIENCE: Duration = Duration::from_secs(2);

/// Copies the log, verified, while the service runs.
///
/// Copies what log/checkpoint covers, and nothing that was not synced. A running service writes that a moment after
/// a commit; it is waited for, so that what was recorded before is in the backup. Run again, it verifies what is
/// there and copies only what is new. What is sealed is copied encrypted, and what was erased since is erased in the
/// backup, too. Keys are never copied.
#[derive(Debug, Args)]
pub struct BackupArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// Folder of the backup; made if it is not there
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

pub(super) fn run(args: &BackupArgs) -> anyhow::Result<ExitCode> {
    back_up(args).or_else(|error| finding(&args.to, error))
}

fn back_up(args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let place = args.place.find()?;
    let to = &args.to;
    make_target(&place.data, to)?;
    // Two runs at once would write over each other.
    let _lock = ledger::lock(to)?;
    if !wait_for_checkpoint(&place.data) {
        super::say("note    log/checkpoint is older than the newest commit: the backup ends before that");
    }
    let mut is_sound = true;
    for (source, target) in generations(&place.data, to) {
        let Copy { log, vault, origin } = copy(&source, &target)?;
        let Copied { head, held, bytes } = log;
        super::say(&format!(
            "backup  {}: {origin}, {} entries; {held} were there and verified, {} copied ({bytes} bytes)\n\
             root    {}",
            target.display(),
            head.size,
            head.size.0 - held.0,
            head.root
        ));
        is_sound &= tell_vault(&vault);
    }
    super::say(&about_keys(&place));
    Ok(ExitCode::from(u8::from(!is_sound)))
}

/// Waits until `log/checkpoint` is as new as what the segments hold now; whether it got so.
fn wait_for_checkpoint(data: &Path) -> bool {
    let Some(written) = newest_segment(&data.join("log/entries")) else { return true };
    let begun = Instant::now();
    while modified(&data.join(CHECKPOINT)).is_some_and(|kept| kept < written) {
        if begun.elapsed() > CHECKPOINT_PATIENCE {
            return false;
        }
        sleep(Duration::from_millis(20));
    }
    true
}

/// When the newest segment was written last. What can't be read is told where it is copied.
fn newest_segment(entries: &Path) -> Option<SystemTime> {
    fs::read_dir(entries).ok()?.flatten().filter_map(|file| modified(&file.path())).max()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}

/// Says what of the vault was copied; whether all of it was sound.
pub(super) fn tell_vault(vault: &vault::Copied) -> bool {
    let vault::Copied { records, written, erased, damages } = vault;
    for damage in damages {
        super::say(&format!("FAILED  {damage}; the copy keeps what it had in its place"));
    }
    if records + erased > 0 {
        super::say(&format!(
            "sealed  values of {records} entries, {written} of them copied; {erased} months and classes are erased"
        ));
    }
    damages.is_empty()
}

/// What was copied of one ledger.
pub(super) struct Copy {
    pub log: Copied,
    pub vault: vault::Copied,
    pub origin: String,
}

/// Copies one ledger from folder to folder: its log, then what is sealed of those entries.
pub(super) fn copy(source: &Path, target: &Path) -> anyhow::Result<Copy> {
    let (log, identity) = copy_log(source, target)?;
    let (from, to) = (RealFolder::new(source), RealFolder::new(target));
    let vault = vault::copy(&from, &to, identity.origin.hash(), log.head.size);
    let vault = vault.with_context(|| format!("from {} to {}", source.display(), target.display()))?;
    sync_name(target)?;
    Ok(Copy { log, vault, origin: identity.origin.to_string() })
}

/// Copies the log of one ledger from folder to folder.
pub(super) fn copy_log(source: &Path, target: &Path) -> anyhow::Result<(Copied, Identity)> {
    let (from, identity) = identify(source)?;
    let to = RealFolder::new(target);
    to.create_folder("").with_context(|| target.display().to_string())?;
    let bar = progress("verifying and copying", None);
    let copied = storage::copy(&from, &to, &identity.origin, &identity.keys, &mut |size| {
        bar.set_position(size.0);
    });
    bar.finish_and_clear();
    let copied = copied.with_context(|| format!("from {} to {}", source.display(), target.display()))?;
    sync_name(target)?;
    Ok((copied, identity))
}

/// Makes the name of a folder durable.
pub(super) fn sync_name(folder: &Path) -> anyhow::Result<()> {
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let synced = std::fs::File::open(parent).and_then(|parent| parent.sync_all());
    synced.with_context(|| parent.display().to_string())
}

/// The folder of the backup, refused where a backup would do harm or no good.
fn make_target(data: &Path, to: &Path) -> anyhow::Result<()> {
    ensure!(
        !to.join(WATERMARK).exists(),
        "{} is the data folder of a service, not a backup; were --data and --to mixed up?",
        to.display()
    );
    RealFolder::new(to).create_folder("").with_context(|| to.display().to_string())?;
    let real = |path: &Path| path.canonicalize().with_context(|| path.display().to_string());
    let (data, to) = (real(data)?, real(to)?);
    ensure!(
        !to.starts_with(&data) && !data.starts_with(&to),
        "{} and {} lie in each other; a backup belongs on another disk",
        to.display(),
        data.display()
    );
    Ok(())
}

fn about_keys(place: &Place) -> String {
    let keys = match &place.config {
        Some(config) => config.keys_dir.display().to_string(),
        None => "the folder of the keys".to_owned(),
    };
    format!(
        "\nThe signing key is not in it. Back up {keys} apart from this, where nobody else can read it:\n\
         without the key the ledger can't go on, and whoever has it can forge the ledger.\n\
         From time to time, check the copy where it lies: einsichtd fsck DIR"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_waits_for_the_checkpoint_of_what_was_recorded_before_and_not_for_ever() {
        let data = tempfile::tempdir().unwrap();
        assert!(wait_for_checkpoint(data.path()), "there is nothing to wait for");
        fs::create_dir_all(data.path().join("log/entries")).unwrap();
        let write = |name: &str, at: SystemTime| {
            fs::write(data.path().join(name), "").unwrap();
            fs::File::options().write(true).open(data.path().join(name)).unwrap().set_modified(at).unwrap();
        };
        let now = SystemTime::now();
        write("log/entries/0.seg", now - Duration::from_secs(60));
        write("log/entries/1.seg", now);
        write(CHECKPOINT, now - Duration::from_secs(30));
        assert!(!wait_for_checkpoint(data.path()), "it never comes");
        let (begun, late) = (Instant::now(), Duration::from_millis(300));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                sleep(late);
                write(CHECKPOINT, now + Duration::from_millis(1));
            });
            assert!(wait_for_checkpoint(data.path()));
            assert!(begun.elapsed() >= late);
        });
    }
}
