//! Damage that is known: written down, so that every start tells it until it is mended or erased. What a start finds
//! again by itself is not.

use std::io;

use einsicht_tlog::Index;

use super::damage::{Damage, Problem};
use super::layout::{DAMAGED, VAULT};
use crate::storage::file::{Folder, read_small, replace};

/// First words and version.
const HEADER: &str = "einsicht-vault-damage 1";

/// What is written down.
///
/// # Errors
/// Those of the file system; `InvalidData` if it can't be read.
pub(super) fn read(folder: &dyn Folder) -> io::Result<Vec<Damage>> {
    let Some(bytes) = read_small(folder, DAMAGED)? else { return Ok(Vec::new()) };
    parse(&bytes).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Writes down what lasts. Also where the same stands there already: nobody knows whether that is on the disk.
///
/// # Errors
/// Those of the file system.
pub(super) fn write(folder: &dyn Folder, damages: &[Damage]) -> io::Result<()> {
    let lasting: Vec<&Damage> = damages.iter().filter(|damage| lasts(damage)).collect();
    if !lasting.is_empty() {
        // Where the whole vault is gone, there is much to write down.
        folder.create_folder(VAULT)?;
        folder.sync_folder("")?;
        return replace(folder, DAMAGED, text(&lasting).as_bytes());
    }
    // One that can't be read is removed, too.
    if !matches!(read_small(folder, DAMAGED), Ok(None)) {
        folder.remove(DAMAGED)?;
        folder.sync_folder(VAULT)?;
    }
    Ok(())
}

/// Whether no start would find it by itself.
fn lasts(damage: &Damage) -> bool {
    !matches!(damage.what, Problem::Mark | Problem::Count)
        && !damage.file.ends_with("/erased")
        && damage.file.starts_with(&format!("{VAULT}/2"))
}

fn text(damages: &[&Damage]) -> String {
    let lines: String = damages.iter().map(|damage| line(damage)).collect();
    let text = format!("{HEADER}\n{lines}");
    let checksum = crc32c::crc32c(text.as_bytes());
    format!("{text}{checksum:08x}\n")
}

fn line(damage: &Damage) -> String {
    let Damage { file, offset, what } = damage;
    let (word, index) = word(*what);
    let index = index.map_or_else(|| "-".to_owned(), |index| index.to_string());
    format!("{word} {index} {offset} {file}\n")
}

fn parse(bytes: &[u8]) -> Option<Vec<Damage>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let lines = text.strip_prefix(HEADER)?.strip_prefix('\n')?;
    let (lines, _) = lines.strip_suffix('\n')?.rsplit_once('\n').unwrap_or_default();
    let damages = lines.lines().map(|line| {
        let mut words = line.splitn(4, ' ');
        let (word, index) = (words.next()?, words.next()?.parse().ok().map(Index));
        let offset = words.next()?.parse().ok()?;
        let what = problem(word, index)?;
        Some(Damage { file: words.next()?.to_owned(), offset, what })
    });
    let damages: Vec<_> = damages.collect::<Option<_>>()?;
    // One spelling only.
    let again = self::text(&damages.iter().collect::<Vec<_>>());
    (again == text).then_some(damages)
}

fn word(what: Problem) -> (&'static str, Option<Index>) {
    match what {
        Problem::Header => ("header", None),
        Problem::Gone => ("gone", None),
        Problem::Count => ("count", None),
        Problem::NoRecord => ("no-record", None),
        Problem::Mark => ("mark", None),
        Problem::Unreadable => ("unreadable", None),
        Problem::Slot(index) => ("slot", Some(index)),
        Problem::Sealed(index) => ("sealed", Some(index)),
        Problem::Missing(index) => ("missing", Some(index)),
        Problem::Foreign(index) => ("foreign", Some(index)),
    }
}

fn problem(word: &str, index: Option<Index>) -> Option<Problem> {
    match word {
        "header" => Some(Problem::Header),
        "gone" => Some(Problem::Gone),
        "count" => Some(Problem::Count),
        "no-record" => Some(Problem::NoRecord),
        "mark" => Some(Problem::Mark),
        "unreadable" => Some(Problem::Unreadable),
        "slot" => index.map(Problem::Slot),
        "sealed" => index.map(Problem::Sealed),
        "missing" => index.map(Problem::Missing),
        "foreign" => index.map(Problem::Foreign),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::file::RealFolder;
    use crate::storage::memory::MemoryFolder;

    fn damages() -> Vec<Damage> {
        let problems = [
            Problem::Header,
            Problem::Gone,
            Problem::NoRecord,
            Problem::Unreadable,
            Problem::Slot(Index(3)),
            Problem::Sealed(Index(4)),
            Problem::Missing(Index(5)),
            Problem::Foreign(Index(u64::MAX)),
        ];
        let file = |offset| format!("vault/2026-11/P{offset}M/openings");
        (1..).zip(problems).map(|(offset, what)| Damage { file: file(offset), offset, what }).collect()
    }

    #[test]
    fn what_is_written_is_read_and_only_as_a_whole() {
        for count in 1..=damages().len() {
            let damages = &damages()[..count];
            let text = text(&damages.iter().collect::<Vec<_>>());
            assert_eq!(parse(text.as_bytes()).unwrap(), damages);
            for cut in 0..text.len() {
                assert_eq!(parse(&text.as_bytes()[..cut]), None, "{cut}");
            }
            for bit in 0..text.len() * 8 {
                let mut flipped = text.clone().into_bytes();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(parse(&flipped), None, "bit {bit}");
            }
        }
    }

    #[test]
    fn it_is_written_down_also_where_the_whole_vault_is_gone() {
        let data = tempfile::tempdir().unwrap();
        let folder = RealFolder::new(data.path());
        write(&folder, &damages()).unwrap();
        assert_eq!(read(&folder).unwrap(), damages());
    }

    #[test]
    fn it_is_gone_where_nothing_is_damaged_that_lasts() {
        let folder = MemoryFolder::default();
        folder.create_folder(VAULT).unwrap();
        write(&folder, &[]).unwrap();
        let mark = Damage { file: "vault/2026-11/P1M/erased".to_owned(), offset: 0, what: Problem::Mark };
        write(&folder, &[mark]).unwrap();
        assert_eq!(folder.paths(), Vec::<String>::new(), "a start finds that by itself");
        write(&folder, &damages()).unwrap();
        assert_eq!(read(&folder).unwrap(), damages());
        write(&folder, &[]).unwrap();
        assert_eq!((read(&folder).unwrap(), folder.paths()), (Vec::new(), Vec::new()));
    }
}
