//! What is sealed in a ledger that ends: no service looks after it any more, so it is not kept without a word.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use anyhow::{Context as _, bail};
use clap::ValueEnum;

use crate::command::place::generations;
use crate::storage::file::RealFolder;
use crate::vault::left;

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Sealed {
    /// It is restored with the old log; somebody erases it by hand when its time is over
    Keep,
    /// Only the old log is restored
    LeaveOut,
}

/// Makes whoever begins a new ledger say what becomes of what is sealed in the old one.
///
/// # Errors
/// If there is any and that was not said, or the backup can't be read.
pub(super) fn check(backup: &Path, said: Option<Sealed>) -> anyhow::Result<()> {
    let kept = kept(backup).with_context(|| backup.display().to_string())?;
    if kept.is_empty() || said.is_some() {
        return Ok(());
    }
    bail!(
        "the backup has sealed values of the old ledger:\n{kept}\
         The old ledger ends, and no service erases anything in it: not when its time is over, and not what somebody \
         asks for.\nSay what becomes of them:\n\n  \
         --sealed keep       restores them; they can be read with the keys of the old ledger, and you delete keys and \
         files\n                      by hand when their time is over (docs/operations.md, Backup and restore)\n  \
         --sealed leave-out  restores the log only: every proof holds, and no value can be shown\n\nNothing was changed"
    )
}

/// The same for those that were kept.
///
/// # Errors
/// Those of the file system.
pub(super) fn kept(data: &Path) -> io::Result<String> {
    let mut text = String::new();
    for (folder, _) in generations(data, data) {
        for (month, class) in left(&RealFolder::new(&folder))? {
            let due = class.due(month);
            let _ = writeln!(text, "  {}/vault/{month}/{class}  until {due} begins", folder.display());
        }
    }
    Ok(text)
}
