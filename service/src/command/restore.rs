//! `einsichtd restore`: a data folder from a backup. `docs/format.md`, Rollback.
//!
//! A ledger may go on from a copy only if nothing newer was ever published: otherwise it would give
//! indexes a second time. The copy can't know that; somebody who kept a checkpoint can. Where nobody
//! does, a new ledger begins that names the old one.

mod known;
mod sealed;
mod told;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use clap::Args;
use einsicht_proto::v1::Predecessor;
use einsicht_tlog::{TreeHead, VerifierKey};

use self::known::Verdict;
use self::sealed::Sealed;
use super::backup::{copy, copy_log, sync_name, tell_vault};
use super::place::{PREDECESSOR, finding, generations, identify};
use super::sources::SourceArgs;
use super::{fsck, say};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::ledger::{self, Identity, NewLedger, Opening, RESTORING};
use crate::storage::file::{Folder as _, RealFolder, read_small, replace};
use crate::storage::{CHECKPOINT, LOCK};

/// Restores a backup into an empty data folder: that of the configuration.
///
/// Everything is verified as it is copied, and read again at the end. A restore that was cut off goes on
/// when it is run again.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Folder of the backup
    #[arg(long, value_name = "BACKUP")]
    from: PathBuf,
    #[command(flatten)]
    sources: SourceArgs,
    /// Go on under the same origin: the newest checkpoint that somebody else kept. The backup must end there
    #[arg(long, value_name = "CHECKPOINT", conflicts_with = "as_new_origin")]
    last_known: Option<PathBuf>,
    /// Begin a new ledger, called ledger.origin, that names the one in the backup as its predecessor
    #[arg(long)]
    as_new_origin: bool,
    /// What becomes of what is sealed in the old ledger: no service looks after that any more
    #[arg(long, value_name = "WHAT", requires = "as_new_origin")]
    sealed: Option<Sealed>,
}

/// What was restored.
struct Restored {
    origin: String,
    head: TreeHead,
    /// Where its log lies.
    folder: PathBuf,
    /// Key of the ledger that was begun, if one was.
    begun: Option<VerifierKey>,
}

pub(super) fn run(args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    restore(args).or_else(|error| finding(&args.from, error))
}

fn restore(args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    let config = args.sources.load()?.config;
    let data = &config.ledger.data;
    let (backup, identity) = identify(&args.from)?;
    let head = identity.published(&backup)?.with_context(|| {
        format!("{} has no {CHECKPOINT}: the backup was never finished", args.from.display())
    })?;
    check_origin(args, &config, &identity)?;
    if let Some(file) = &args.last_known {
        let known = known::read(file, &args.from, &identity)?;
        match known::compare(head, known) {
            Verdict::ItsEnd => {}
            verdict @ Verdict::Older => bail!(told::refusal(args, head, known, verdict)),
            verdict => {
                say(&format!("FAILED  {}", told::refusal(args, head, known, verdict)));
                return Ok(ExitCode::from(1));
            }
        }
    }
    if args.as_new_origin {
        sealed::check(&args.from, args.sealed)?;
    }
    let without = if args.sealed == Some(Sealed::LeaveOut) { ", without what is sealed" } else { "" };
    let lock = occupy(data, &format!("of {} as {}{without}\n", identity.origin, config.ledger.origin))?;
    let log = if args.as_new_origin { data.join(PREDECESSOR) } else { data.clone() };
    for (from, to) in generations(&args.from, &log) {
        if args.sealed == Some(Sealed::LeaveOut) {
            copy_log(&from, &to)?;
        } else {
            // Damage of what is sealed is told, and does not keep the log from being restored.
            tell_vault(&copy(&from, &to)?.vault);
        }
    }
    // Reading it again needs the lock; whoever came between would meet the mark of an unfinished restore.
    drop(lock);
    let findings = fsck::check(&log)?;
    ensure!(findings.head == head, "{} was changed while it was restored; run it again", args.from.display());
    if !findings.faults.is_empty() {
        say(&format!("FAILED  {}: {}", log.display(), findings.faults.join("; ")));
        return Ok(ExitCode::from(1));
    }
    let vault_faults = findings.vault_faults.iter().filter(|_| args.sealed != Some(Sealed::LeaveOut));
    for fault in vault_faults {
        say(&format!("FAILED  {fault}"));
    }
    let begun = if args.as_new_origin {
        set_keys_aside(&config.keys_dir)?;
        Some(begin(&config, &identity, head)?)
    } else {
        None
    };
    let folder = RealFolder::new(data);
    let finish = || folder.remove(RESTORING).and_then(|()| folder.sync_folder(""));
    finish().with_context(|| data.join(RESTORING).display().to_string())?;
    let restored = Restored { origin: identity.origin.to_string(), head, folder: log, begun };
    let kept = match restored.begun {
        Some(_) => sealed::kept(&restored.folder).with_context(|| restored.folder.display().to_string())?,
        None => String::new(),
    };
    say(&told::done(args, &config, &restored, &kept));
    Ok(ExitCode::SUCCESS)
}

/// The configuration must say what is wanted, too.
fn check_origin(args: &RestoreArgs, config: &Config, identity: &Identity) -> anyhow::Result<()> {
    let (file, old, configured) = (args.sources.config.display(), &identity.origin, &config.ledger.origin);
    ensure!(args.as_new_origin || args.last_known.is_some(), told::WHICH_WAY);
    match args.as_new_origin {
        true => ensure!(
            old != configured,
            "{file} names the origin '{old}', which is the one in the backup; a new ledger needs a new name: \
             write for example ledger.origin = \"{old}-2\". Nothing was changed"
        ),
        false => ensure!(
            old == configured,
            "the backup is of '{old}', {file} names the origin '{configured}'; is it the right backup? \
             Nothing was changed"
        ),
    }
    Ok(())
}

/// Takes an empty folder, or one in which the same restore was begun, and marks it.
fn occupy(data: &Path, mark: &str) -> anyhow::Result<fs::File> {
    let folder = RealFolder::new(data);
    let place = || data.display().to_string();
    folder.create_folder("").with_context(place)?;
    match read_small(&folder, RESTORING).with_context(place)? {
        Some(begun) if begun == mark.as_bytes() => {}
        Some(begun) => bail!(
            "another restore into {} was begun and not finished ({}); delete what is in that folder, or choose \
             another ledger.data",
            data.display(),
            String::from_utf8_lossy(&begun).trim()
        ),
        None => {
            // What a disk of its own has in it, and what a cut off restore left first.
            let harmless = [LOCK.to_owned(), "lost+found".to_owned(), format!("{RESTORING}.new")];
            for entry in fs::read_dir(data).with_context(place)? {
                let name = entry.with_context(place)?.file_name().to_string_lossy().into_owned();
                ensure!(
                    harmless.contains(&name),
                    "{} is not empty ('{name}' is in it); a restore goes into an empty folder. Move away what is \
                     there, and keep it: it may hold newer entries than the backup. Nothing was changed",
                    data.display()
                );
            }
        }
    }
    let lock = ledger::lock(data)?;
    replace(&folder, RESTORING, mark.as_bytes()).with_context(place)?;
    sync_name(data)?;
    Ok(lock)
}

/// The keys of the vault are bound to the name of their ledger. Those of the old one go where its log is, too: into
/// a folder `predecessor`, with those that lie there already. Goes on where it was cut off.
fn set_keys_aside(keys: &Path) -> anyhow::Result<()> {
    let (aside, place) = (keys.join("predecessor.new"), || keys.display().to_string());
    let is_there = |name: &str| keys.join(name).exists();
    if !is_there("vault") && !is_there("markers") && !aside.exists() {
        return Ok(());
    }
    RealFolder::new(&aside).create_folder("").with_context(place)?;
    for name in ["vault", "markers", PREDECESSOR].into_iter().filter(|name| is_there(name)) {
        fs::rename(keys.join(name), aside.join(name)).with_context(place)?;
    }
    fs::rename(&aside, keys.join(PREDECESSOR)).with_context(place)?;
    RealFolder::new(keys).sync_folder("").with_context(place)?;
    say(&format!(
        "keys    those of what is sealed in the old ledger lie in {} now",
        keys.join(PREDECESSOR).display()
    ));
    Ok(())
}

/// Begins the ledger that continues the one that was restored.
fn begin(config: &Config, old: &Identity, head: TreeHead) -> anyhow::Result<VerifierKey> {
    let predecessor = Predecessor {
        origin: old.origin.to_string(),
        size: head.size.0,
        root: Bytes::copy_from_slice(head.root.as_bytes()),
    };
    let opening = Opening {
        data: &config.ledger.data,
        keys: config.keys_dir.clone(),
        wrapping_key: None,
        clock: Arc::new(SystemClock::new()),
        accept_clock: false,
        new: NewLedger { origin: config.ledger.origin.clone(), simulated: old.genesis.simulated },
        segment_bytes_max: config.ledger.segment_bytes,
        disk_reserve_bytes: config.ledger.disk_reserve_bytes,
    };
    let ledger = ledger::begin_after(opening, &predecessor)?;
    ledger.committer.finish();
    Ok(ledger.verifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(keys: &Path, path: &str, text: &str) {
        let path = keys.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(keys: &Path, path: &str) -> Option<String> {
        fs::read_to_string(keys.join(path)).ok()
    }

    #[test]
    fn keys_of_older_ledgers_are_set_aside_in_the_order_of_the_ledgers() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path();
        set_keys_aside(keys).unwrap();
        write(keys, "ledger.key", "signs");
        for ledger in ["first", "second"] {
            write(keys, "vault/2026-11.P12M.key", ledger);
            write(keys, "markers/2026-11.key", ledger);
            set_keys_aside(keys).unwrap();
            assert_eq!(read(keys, "vault/2026-11.P12M.key"), None);
        }
        assert_eq!(read(keys, "predecessor/vault/2026-11.P12M.key").as_deref(), Some("second"));
        assert_eq!(read(keys, "predecessor/predecessor/markers/2026-11.key").as_deref(), Some("first"));
        assert_eq!(read(keys, "ledger.key").as_deref(), Some("signs"));
        // It was cut off when only one folder had been moved.
        write(keys, "predecessor.new/vault/2026-12.P12M.key", "third");
        write(keys, "markers/2026-12.key", "third");
        set_keys_aside(keys).unwrap();
        assert_eq!(read(keys, "predecessor/vault/2026-12.P12M.key").as_deref(), Some("third"));
        assert_eq!(read(keys, "predecessor/markers/2026-12.key").as_deref(), Some("third"));
        assert_eq!(read(keys, "predecessor/predecessor/markers/2026-11.key").as_deref(), Some("second"));
    }
}
