//! Up to which entry the vault is in order: its index is on the disk, and everything is erased that the log
//! says was erased, but for what is listed. What lies behind is looked at when the ledger is opened.
//!
//! It knows, too, how often something was overwritten in each file, and which months and classes were erased. So a file
//! that somebody put back from a copy is noticed, and everything is erased again. And it knows how much there was in
//! each file: what is less was lost, and never the trace of a crash.

use std::fmt;
use std::io;
use std::sync::Arc;

use einsicht_access::{Month, RetentionClass};
use einsicht_tlog::{Hash, Index, Size, TreeHead};

use super::Vault;
use super::class::{ClassFile, Covered};
use super::layout::{VAULT, WATERMARK};
use super::recovery::Class;
use crate::storage::file::{Folder, read_small, replace};

/// First word and version.
const HEADER: &str = "einsicht-vault 3";
/// That of the version before, which had no checksum. It is read; any other version means: look at everything.
const HEADER_BEFORE: &str = "einsicht-vault 2";

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Watermark {
    /// Size and root of the log then: something that was published.
    pub head: TreeHead,
    /// Entries before it that say that something was erased, where that is not done.
    pub undone: Vec<Index>,
    /// Every month and class there was.
    pub classes: Vec<Known>,
}

/// What was known of a month and class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub month: Month,
    pub class: RetentionClass,
    pub state: State,
}

/// What there was of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// A file.
    File {
        /// How often something in it was overwritten.
        times: u64,
        /// How much of it lies before the watermark; `None` if that is not known.
        covered: Option<Covered>,
    },
    /// Nothing: it was erased as a whole.
    Erased,
}

impl Watermark {
    /// What the file says; `None` if there is none, or one of another version.
    ///
    /// # Errors
    /// Those of the file system; `InvalidData` if it is damaged.
    pub fn read(folder: &dyn Folder) -> io::Result<Option<Self>> {
        let Some(bytes) = read_small(folder, WATERMARK)? else { return Ok(None) };
        match Self::parse(&bytes) {
            None if !is_of_another_version(&bytes) => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "it does not say what was written there"))
            }
            watermark => Ok(watermark),
        }
    }

    /// Replaces it, durably.
    pub fn write(&self, folder: &dyn Folder) -> io::Result<()> {
        replace(folder, WATERMARK, self.text().as_bytes())
    }

    fn text(&self) -> String {
        let text = self.unchecked(HEADER);
        // A bit that flips in size or root would look like a log that was rolled back.
        let checksum = crc32c::crc32c(text.as_bytes());
        format!("{text}{checksum:08x}\n")
    }

    fn unchecked(&self, header: &str) -> String {
        let undone: String = self.undone.iter().map(|index| format!("{index}\n")).collect();
        let classes: String = self.classes.iter().map(|known| format!("{known}\n")).collect();
        let (undone_count, class_count) = (self.undone.len(), self.classes.len());
        let TreeHead { size, root } = self.head;
        format!("{header}\n{size}\n{root}\n{undone_count}\n{undone}{class_count}\n{classes}")
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        // With its header, which is compared below.
        let mut lines = text.strip_suffix('\n')?.split('\n').skip(1);
        let size = Size(lines.next()?.parse().ok()?);
        let root = Hash::from_base64(lines.next()?)?;
        let undone_count = lines.next()?.parse().ok()?;
        let undone: Option<_> =
            lines.by_ref().take(undone_count).map(|line| line.parse().ok().map(Index)).collect();
        let class_count = lines.next()?.parse().ok()?;
        let classes = lines.take(class_count).map(Known::parse).collect::<Option<_>>()?;
        let watermark = Self { head: TreeHead { size, root }, undone: undone?, classes };
        // One spelling only: whatever else stands there, or lacks there, it was not written by a service.
        let is_spelled = watermark.text() == text || watermark.unchecked(HEADER_BEFORE) == text;
        is_spelled.then_some(watermark)
    }
}

impl Vault {
    /// Brings the index to the disk, and says that everything up to `head`, which is published, is in order, but
    /// for what is yet to be erased.
    ///
    /// # Errors
    /// Those of the file system. Nothing is lost then: more is looked at when the ledger is opened.
    pub fn move_watermark(&self, head: &TreeHead) -> io::Result<()> {
        let classes: Vec<_> = self.inner.read().iter().map(|(key, class)| (*key, class.clone())).collect();
        let files: Vec<Arc<ClassFile>> = classes.iter().filter_map(|(_, class)| class.file()).collect();
        if files.is_empty() && self.inner.keyring.is_none() {
            return Ok(());
        }
        files.iter().try_for_each(|file| file.sync_index(&*self.inner.data))?;
        self.inner.data.create_folder(VAULT)?;
        self.inner.data.sync_folder("")?;
        // No later start looks at what the watermark covers.
        self.inner.damages().write(&*self.inner.data)?;
        // Looked at last: what comes meanwhile lies behind.
        let undone = self.inner.undone().iter().copied().filter(|index| index.0 < head.size.0).collect();
        let known = classes.iter().filter_map(|((month, class), known)| {
            let state = match known {
                Class::Open(file) => {
                    // What can't be read is looked at by the next start.
                    State::File { times: file.overwritten(), covered: file.covered(head.size).ok() }
                }
                Class::Closed => return None,
                Class::Erased { .. } => State::Erased,
            };
            Some(Known { month: *month, class: *class, state })
        });
        // What is gone stays known, until there is another file.
        let is_there = |one: &Known| {
            let here = classes.iter().find(|(key, _)| *key == (one.month, one.class));
            here.is_some_and(|(_, class)| !matches!(class, Class::Closed))
        };
        let unlooked = self.inner.unlooked.iter().filter(|one| !is_there(one)).copied();
        let classes = known.chain(unlooked).collect();
        Watermark { head: *head, undone, classes }.write(&*self.inner.data)
    }
}

/// Whether its first line says so.
fn is_of_another_version(bytes: &[u8]) -> bool {
    let line = bytes.split_inclusive(|byte| *byte == b'\n').next().and_then(|line| line.strip_suffix(b"\n"));
    let version = line.and_then(|line| std::str::from_utf8(line).ok()?.strip_prefix("einsicht-vault "));
    let is_number = version.is_some_and(|version| version.parse::<u32>().is_ok());
    is_number && line.is_some_and(|line| line != HEADER.as_bytes() && line != HEADER_BEFORE.as_bytes())
}

impl Known {
    /// How often something was overwritten, where that is known.
    pub fn times(&self) -> u64 {
        match self.state {
            State::File { times, .. } => times,
            State::Erased => 0,
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let (place, state) = line.split_once(' ')?;
        let (month, class) = place.split_once('/')?;
        let state = match state {
            "erased" => State::Erased,
            numbers => {
                match numbers.split(' ').map(|word| word.parse().ok()).collect::<Option<Vec<_>>>()?[..] {
                    [times] => State::File { times, covered: None },
                    [times, rows, end] => State::File { times, covered: Some(Covered { rows, end }) },
                    _ => return None,
                }
            }
        };
        Some(Self { month: month.parse().ok()?, class: class.parse().ok()?, state })
    }
}

impl fmt::Display for Known {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { month, class, state } = self;
        match state {
            State::File { times, covered: None } => write!(formatter, "{month}/{class} {times}"),
            State::File { times, covered: Some(Covered { rows, end }) } => {
                write!(formatter, "{month}/{class} {times} {rows} {end}")
            }
            State::Erased => write!(formatter, "{month}/{class} erased"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Watermark> {
        let head = TreeHead { size: Size(42), root: Hash([7; 32]) };
        let known = |month: &str, class: &str, state| Known {
            month: month.parse().unwrap(),
            class: class.parse().unwrap(),
            state,
        };
        let classes = [
            known("2026-10", "P12M", State::Erased),
            known("2026-11", "next-year-end", State::File { times: 0, covered: None }),
            known(
                "2026-11",
                "P12M",
                State::File { times: 17, covered: Some(Covered { rows: 4, end: 1066 }) },
            ),
        ];
        let undone = [vec![], vec![Index(3), Index(40)]];
        let of = |undone: &Vec<Index>, count: usize| Watermark {
            head,
            undone: undone.clone(),
            classes: classes[..count].to_vec(),
        };
        undone.iter().flat_map(|undone| (0..=classes.len()).map(move |count| of(undone, count))).collect()
    }

    #[test]
    fn it_is_read_as_it_was_written_and_only_as_a_whole() {
        for watermark in all() {
            let text = watermark.text();
            for cut in 0..text.len() {
                assert_eq!(Watermark::parse(&text.as_bytes()[..cut]), None, "{cut}");
            }
            for bit in 0..text.len() * 8 {
                let mut flipped = text.clone().into_bytes();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Watermark::parse(&flipped), None, "bit {bit}");
            }
            assert_eq!(Watermark::parse(text.as_bytes()), Some(watermark));
        }
    }

    #[test]
    fn that_of_the_version_before_is_read_too_and_only_as_a_whole() {
        for watermark in all() {
            let text = watermark.unchecked(HEADER_BEFORE);
            for cut in 0..text.len() {
                assert_eq!(Watermark::parse(&text.as_bytes()[..cut]), None, "{cut}");
            }
            assert_eq!(Watermark::parse(watermark.unchecked(HEADER).as_bytes()), None, "its checksum lacks");
            assert_eq!(Watermark::parse(text.as_bytes()), Some(watermark));
        }
    }

    #[test]
    fn another_version_is_one_that_names_itself() {
        for other in ["einsicht-vault 1\n", "einsicht-vault 4\n42\nwhatever\n", "einsicht-vault 23\n"] {
            assert!(is_of_another_version(other.as_bytes()), "{other:?}");
        }
        let damaged = [
            "",
            "\n",
            "einsicht-vault 3\n",
            "einsicht-vault 2\n42\n",
            "einsicht-vault 4",
            "einsicht-vaul7 4\n",
        ];
        for damaged in damaged {
            assert!(!is_of_another_version(damaged.as_bytes()), "{damaged:?}");
        }
    }
}
