//! Makes a file of openings ready to be written to.

use std::io;

use einsicht_access::vault::record::file_start;

use super::super::class::{ClassFile, Extent};
use super::super::damage::{Damage, Problem};
use super::super::layout::{class_folder, openings_path};
use super::super::scan::Piece;
use super::scanned::Scanned;
use super::{Log, RecoveryError};
use crate::storage::file::{DataFile, Folder};

/// Zeros that are written at a time.
const ZEROS_BYTES: usize = 64 * 1024;

/// Destroys what the log does not have, and makes the file ready to be written to. Where openings are missing
/// in the month, what is no record may have been them, and stays. So does what a watermark covered: no crash left it.
pub(super) fn settle(
    folder: &dyn Folder,
    log: &Log<'_>,
    scanned: Scanned,
    is_missing: bool,
    damages: &mut Vec<Damage>,
) -> Result<ClassFile, RecoveryError> {
    let Scanned { month, class, file, start, known_overwritten: known, .. } = scanned;
    let Scanned { mut rows, records_end, covered_end, orphans, torn, .. } = scanned;
    let path = openings_path(month, class);
    let overwritten = start.overwritten.unwrap_or(0).max(known);
    let is_ours = start.header_checks || start.overwritten.is_some();
    let count_at = is_ours.then_some(start.count_at);
    let is_count_due = start.overwritten.is_none_or(|found| found < known);
    let extent = |end| (Extent { end, count_at, is_count_due }, overwritten);
    let is_foreign = !start.header_checks && file.byte_len()? > start.records_at;
    if is_foreign {
        // Whatever it is, it is not ours to destroy.
        damages.push(Damage { file: path, offset: 0, what: Problem::Header });
        let end = file.byte_len()?;
        return Ok(ClassFile::new(month, class, file, extent(end), rows));
    }
    for orphan in &orphans {
        zero(&*file, orphan)?;
        tracing::warn!(
            file = path,
            offset = orphan.offset,
            "destroyed openings of an entry that was never recorded"
        );
    }
    if file.byte_len()? < start.records_at && is_missing {
        // Nothing can be left in it. What is added has to be found again.
        file.write_all_at(&file_start(log.origin_hash, month, class, overwritten), 0)?;
        file.sync_data()?;
        folder.sync_folder(&class_folder(month, class))?;
    }
    let mut end = file.byte_len()?;
    let kept_end = records_end.max(covered_end);
    let is_kept = is_missing || torn.iter().any(|torn| torn.offset < covered_end);
    if is_kept && !torn.is_empty() {
        damages.extend(torn.iter().map(|torn| Damage {
            file: path.clone(),
            offset: torn.offset,
            what: Problem::NoRecord,
        }));
    } else if end > kept_end {
        for torn in &torn {
            zero(&*file, torn)?;
            tracing::warn!(file = path, offset = torn.offset, "destroyed openings that were never recorded");
        }
        // On the disk, too, before the file ends before them.
        file.sync_data()?;
        file.set_len(kept_end)?;
        end = kept_end;
    }
    if !orphans.is_empty() || !torn.is_empty() {
        file.sync_data()?;
    }
    if rows.count() == 0 && !is_missing && end <= start.records_at {
        // It was being begun: of header and names, nobody knows what is on the disk.
        return Ok(ClassFile::create(folder, log.origin_hash, month, class, overwritten)?);
    }
    // Where there is no room, they stay in memory.
    let _ = rows.write();
    Ok(ClassFile::new(month, class, file, extent(end), rows))
}

fn zero(file: &dyn DataFile, piece: &Piece) -> io::Result<()> {
    let zeros = [0; ZEROS_BYTES];
    let mut at = piece.offset;
    while at < piece.end {
        let bytes = usize::try_from((piece.end - at).min(ZEROS_BYTES as u64)).map_err(io::Error::other)?;
        file.write_all_at(zeros.get(..bytes).unwrap_or(&zeros), at)?;
        at += bytes as u64;
    }
    Ok(())
}
