//! `einsichtd fsck`: checks a data folder offline, and changes nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use einsicht_access::read_body;
use einsicht_access::vault::WrappingKey;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Checkpoint, Index, Leaf, TreeHead, VerifierKey};

use super::place::{finding, progress};
use crate::ledger::{Identity, LedgerError};
use crate::storage::file::{RealFolder, read_small};
use crate::storage::{self, CHECKPOINT, Checked, LOCK, VKEY};
use crate::vault::{self, Check, Keyring};
use crate::wrapping_key::WrappingKeySource;

/// Faults that are listed; more are counted.
const FAULTS_MAX: usize = 20;

/// Checks a data folder offline.
#[derive(Debug, Args)]
pub struct FsckArgs {
    /// The data folder
    #[arg(value_name = "DIR")]
    data: PathBuf,
    /// Folder of the ledger's keys: what is sealed is opened, and compared with the log
    #[arg(long, value_name = "DIR", requires = "wrapping_key_file")]
    keys: Option<PathBuf>,
    /// File of the key that those keys are wrapped with
    #[arg(long, value_name = "FILE", requires = "keys")]
    wrapping_key_file: Option<PathBuf>,
}

/// What was found.
#[derive(Debug)]
pub struct Findings {
    /// Size and root of what is there.
    pub head: TreeHead,
    /// Name of the ledger, as entry 0 has it.
    pub origin: String,
    /// How many segment files.
    pub segments: usize,
    /// How many commits.
    pub commits: u64,
    /// Wrong about the log, each a sentence.
    pub faults: Vec<String>,
    /// Wrong about what is sealed, likewise. The log does not need it.
    pub vault_faults: Vec<String>,
    /// What there is of it.
    pub vault: vault::Checked,
    /// Worth knowing, not wrong.
    pub notes: Vec<String>,
}

pub(super) fn run(args: &FsckArgs) -> anyhow::Result<ExitCode> {
    match checked(args) {
        Ok(findings) => Ok(report(&args.data, &findings)),
        // Damage that stops the reading is an answer; what could not be read is not.
        Err(error) => finding(&args.data, error),
    }
}

fn checked(args: &FsckArgs) -> anyhow::Result<Findings> {
    match (&args.keys, &args.wrapping_key_file) {
        (Some(keys), Some(file)) => {
            let key = WrappingKeySource::File(file.clone()).read()?;
            check_with(&args.data, Some((keys, key)))
        }
        _ => check(&args.data),
    }
}

/// As [`check_with`], without keys: what is sealed is not opened.
///
/// # Errors
/// As [`check_with`].
pub fn check(data: &Path) -> anyhow::Result<Findings> {
    check_with(data, None)
}

/// Checks everything that is in a data folder, what is sealed with these keys. Only the public keys that entry 0 names are believed:
/// whether they are the right ones, their owner has to say.
///
/// # Errors
/// What stops the check: damage ([`LedgerError::is_finding`]), or what could not be read.
pub fn check_with(data: &Path, keys: Option<(&PathBuf, WrappingKey)>) -> anyhow::Result<Findings> {
    if !data.join("log").is_dir() {
        bail!("{} has no folder 'log': it is not a data folder of a ledger", data.display());
    }
    let _lock = shared_lock(data)?;
    let folder = RealFolder::new(data);
    let Some(Identity { genesis, origin, keys: verifiers }) = Identity::read(&folder)? else {
        bail!("{} holds an empty log: nothing was recorded yet", data.display());
    };
    let mut faults = Faults::default();
    check_vkey(data, &verifiers, &mut faults)?;
    let published = match read_small(&folder, CHECKPOINT).context(CHECKPOINT)? {
        Some(bytes) => match Checkpoint::open(&bytes, origin.as_str(), &verifiers) {
            Ok(checkpoint) => Some(checkpoint.head),
            Err(error) => {
                faults.add(format!("{CHECKPOINT}: {error}"));
                None
            }
        },
        None => None,
    };
    let bar = progress("checking", published.map(|head| head.size.0));
    let keyring = keys.map(|(keys, wrapping)| {
        let (keys, data) = (Arc::new(RealFolder::new(keys)), Arc::new(folder.clone()));
        Keyring::open(keys, data, wrapping, origin.clone())
    });
    let keyring = keyring.transpose()?;
    let mut vault_faults = Faults::default();
    let mut tell = |fault| vault_faults.add(fault);
    let mut vault = Check::begin(&folder, &origin, keyring.as_ref(), &mut tell).context("vault")?;
    let mut unreadable = None;
    let checked =
        storage::check(&folder, origin.hash(), published.map(|head| head.size), &mut |index, leaf| {
            bar.set_position(index.0);
            check_body(index, leaf, &mut faults);
            if unreadable.is_none() {
                unreadable = vault.entry(index, leaf).err();
            }
        });
    bar.finish_and_clear();
    let checked = checked.map_err(LedgerError::from)?;
    let vault = unreadable.map_or_else(|| vault.finish(), Err).context("vault")?;
    let notes = judge(&checked, published, &mut faults);
    let Checked { head, segments, frames: commits, .. } = checked;
    let (origin, faults, vault_faults) = (genesis.origin, faults.finish(), vault_faults.finish());
    Ok(Findings { head, origin, segments, commits, faults, vault_faults, vault, notes })
}

fn check_body(index: Index, leaf: &Leaf<'_>, faults: &mut Faults) {
    match read_body(leaf.body).map(|body| body.content) {
        Err(error) => faults.add(format!("entry {index}: {error}")),
        Ok(Some(Content::Genesis(_))) if index != Index(0) => {
            faults.add(format!("entry {index}: a second genesis"));
        }
        Ok(_) => {}
    }
}

/// Compares what the segments hold with what was published and derived.
fn judge(checked: &Checked, published: Option<TreeHead>, faults: &mut Faults) -> Vec<String> {
    let mut notes = Vec::new();
    let size = checked.head.size;
    match published {
        None => notes.push(format!("there is no {CHECKPOINT}: whether entries are missing at the end can't be told")),
        Some(published) if published.size > size => faults.add(format!(
            "{CHECKPOINT} knows {} entries, the segments hold {size}: the log was cut, or is an older copy",
            published.size
        )),
        Some(published) if checked.root_at != Some(published.root) => faults.add(format!(
            "{CHECKPOINT} knows root {} for {} entries, the segments give another one: the history was changed",
            published.root, published.size
        )),
        Some(published) if published.size < size => {
            notes.push(format!("{} entries at the end are newer than {CHECKPOINT}", size.0 - published.size.0));
        }
        Some(_) => {}
    }
    if let Some((file, offset, error)) = &checked.tail {
        notes.push(format!(
            "{file} ends in bytes that are no commit (from byte {offset}: {error}); the next start cuts them \
             off if the published entries are all there"
        ));
    }
    if let Some(index) = checked.derived_differ_at {
        faults.add(format!(
            "log/offsets or log/hashes differ from the segments, first in the commit of entry {index}; they \
             are derived: delete log/watermark, and the next start rebuilds them"
        ));
    }
    notes
}

fn check_vkey(data: &Path, keys: &[VerifierKey], faults: &mut Faults) -> anyhow::Result<()> {
    let path = data.join(VKEY);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        bytes => bytes.with_context(|| path.display().to_string())?,
    };
    // What is no text is no key either: an answer, and not something that could not be read.
    match VerifierKey::parse(&String::from_utf8_lossy(&bytes)) {
        Ok(key) if keys.contains(&key) => {}
        Ok(_) => faults.add(format!("{VKEY} is not a key that entry 0 names")),
        Err(error) => faults.add(format!("{VKEY}: {error}")),
    }
    Ok(())
}

/// Nobody may write meanwhile. Does not create the lock: an fsck changes nothing.
fn shared_lock(data: &Path) -> anyhow::Result<Option<fs::File>> {
    let path = data.join(LOCK);
    let file = match fs::File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.with_context(|| path.display().to_string())?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => bail!(
            "{} is in use by a running service; stop it first, or check it from outside with `einsicht verify`",
            data.display()
        ),
        Err(fs::TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn report(data: &Path, findings: &Findings) -> ExitCode {
    let Findings { head, origin, segments, commits, faults, vault_faults, vault, notes } = findings;
    let data = data.display();
    for note in notes {
        super::say(&format!("note    {note}"));
    }
    for fault in faults.iter().chain(vault_faults) {
        super::say(&format!("FAILED  {fault}"));
    }
    let extent = format!("{} entries in {commits} commits and {segments} segments", head.size);
    match (faults.is_empty(), vault_faults.is_empty()) {
        (true, _) => super::say(&format!("sound   {data}: {origin}, {extent}\nroot    {}", head.root)),
        (false, _) => super::say(&format!("FAILED  {data}: {origin}, {extent}")),
    }
    if vault.classes > 0 || !vault_faults.is_empty() {
        let word = if vault_faults.is_empty() { "sealed " } else { "FAILED " };
        super::say(&format!("{word} {}", sealed(vault)));
    }
    ExitCode::from(u8::from(!faults.is_empty() || !vault_faults.is_empty()))
}

fn sealed(vault: &vault::Checked) -> String {
    let vault::Checked { classes, records, opened, destroyed } = vault;
    let mut there = format!("values of {records} entries in {classes} months and classes of the vault");
    if *destroyed > 0 {
        there.push_str(&format!(
            " (all those of {destroyed} entries were destroyed: they could not be read when something of them was \
             erased, so what else they were can't be told)"
        ));
    }
    match opened {
        0 => format!("{there}; not opened, for that takes --keys and --wrapping-key-file"),
        _ => format!("{there}; {opened} were opened and make the seals that the log has"),
    }
}

/// A list that does not grow without end.
#[derive(Default)]
struct Faults {
    listed: Vec<String>,
    more: u64,
}

impl Faults {
    fn add(&mut self, fault: String) {
        if self.listed.len() < FAULTS_MAX {
            self.listed.push(fault);
        } else {
            self.more += 1;
        }
    }

    fn finish(mut self) -> Vec<String> {
        if self.more > 0 {
            self.listed.push(format!("and {} more", self.more));
        }
        self.listed
    }
}
