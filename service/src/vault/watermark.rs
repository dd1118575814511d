//! Up to which entry the vault is in order: its index is on the disk, and everything is erased that the log
//! says was erased. What lies behind is looked at when the ledger is opened.

use std::io;

use einsicht_tlog::{Hash, Size, TreeHead};

use super::layout::WATERMARK;
use crate::storage::file::{Folder, read_small, replace};

/// First word and version; another version means: look at everything.
const HEADER: &str = "einsicht-vault 1";

/// The size and root in the watermark; `None` if there is none that can be read.
pub(super) fn read(folder: &dyn Folder) -> io::Result<Option<TreeHead>> {
    let Some(bytes) = read_small(folder, WATERMARK)? else { return Ok(None) };
    let parse = || {
        let rest = std::str::from_utf8(&bytes).ok()?.strip_prefix(HEADER)?.strip_prefix('\n')?;
        let (size, root) = rest.strip_suffix('\n')?.split_once('\n')?;
        Some(TreeHead { size: Size(size.parse().ok()?), root: Hash::from_base64(root)? })
    };
    Ok(parse())
}

/// Moves it, durably.
pub(super) fn write(folder: &dyn Folder, head: &TreeHead) -> io::Result<()> {
    replace(folder, WATERMARK, format!("{HEADER}\n{}\n{}\n", head.size, head.root).as_bytes())
}
