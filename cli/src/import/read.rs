//! From a log to events: each record read, mapped and checked, before anything is sent.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use einsicht_access::validate_batch;
use einsicht_proto::v1::AccessEvent;
use uuid::Uuid;

use super::input::{Format, Input};
use super::line::LineError;
use super::mapping::{Mapped, Mapping};

/// The events of a log.
pub struct Events<'m> {
    input: Input<Box<dyn BufRead>>,
    mapping: &'m Mapping,
    now_us: i64,
    record: u64,
    done: Arc<AtomicU64>,
    bytes: Option<u64>,
}

/// What one record of the log became.
#[derive(Debug)]
pub struct Item {
    /// The line that it begins at, from 1.
    pub line: u64,
    /// Its number among all records of the log, from 0.
    pub record: u64,
    /// A valid event, its id still to be made; nothing if it is skipped; or why it is rejected.
    pub event: Result<Option<Box<AccessEvent>>, LineError>,
}

impl<'m> Events<'m> {
    /// Opens a file, or standard input for `-`. Events later than `now_us` by more than a day are
    /// rejected.
    ///
    /// # Errors
    /// The file can't be read, or the mapping does not fit it.
    pub fn open(path: &Path, format: Format, mapping: &'m Mapping, now_us: i64) -> anyhow::Result<Self> {
        let done = Arc::new(AtomicU64::new(0));
        let (source, bytes): (Box<dyn Read>, _) = if path.as_os_str() == "-" {
            (Box::new(io::stdin()), None)
        } else {
            let file = File::open(path).with_context(|| format!("{} can't be read", path.display()))?;
            let metadata = file.metadata().with_context(|| format!("{} can't be read", path.display()))?;
            anyhow::ensure!(!metadata.is_dir(), "{} is a folder; import takes one file", path.display());
            (Box::new(file), metadata.is_file().then_some(metadata.len()))
        };
        let counted: Box<dyn BufRead> = Box::new(BufReader::new(Counted { source, done: done.clone() }));
        let input = Input::open(counted, format, mapping)?;
        Ok(Self { input, mapping, now_us, record: 0, done, bytes })
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// The log can't be read on.
    pub fn next(&mut self) -> anyhow::Result<Option<Item>> {
        let Some(found) = self.input.next()? else { return Ok(None) };
        let mapped = found.row.and_then(|row| self.mapping.map(&row));
        let event = match mapped {
            Ok(Mapped::Skipped) => Ok(None),
            Ok(Mapped::Event(event)) => checked(event, self.now_us).map(Some),
            Err(error) => Err(error),
        };
        let item = Item { line: found.line, record: self.record, event };
        self.record += 1;
        Ok(Some(item))
    }

    /// How many bytes were read, and how many there are, if that is known.
    pub fn progress(&self) -> (u64, Option<u64>) {
        (self.done.load(Ordering::Relaxed), self.bytes)
    }
}

/// Validates an event that has everything but its id.
fn checked(mut event: Box<AccessEvent>, now_us: i64) -> Result<Box<AccessEvent>, LineError> {
    event.event_id = Uuid::from_u128(0x4000_8000_0000_0000_0000).into_bytes().to_vec().into();
    validate_batch(std::slice::from_ref(&event), now_us)?;
    event.event_id.clear();
    Ok(event)
}

/// Counts the bytes that are read.
struct Counted {
    source: Box<dyn Read>,
    done: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.done.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPPING: &str = "name = 'test'\n[event]\ndataset = '{d}'\noperation = 'query'\npurpose = 'p'\noccurred_at = '{t}'\n[[skip]]\nfrom = '{d}'\nequals = ['no']";

    #[test]
    fn records_become_valid_events_or_say_why_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.csv");
        let day = "2026-11-22T00:00:00Z";
        std::fs::write(&path, format!("d,t\na,{day}\nno,\na b,{day}\nc,2026-11-24T00:00:01Z\n")).unwrap();
        let mapping = Mapping::parse(MAPPING).unwrap();
        let now_us = 1_795_305_600_000_000;
        let mut events = Events::open(&path, Format::Csv, &mapping, now_us).unwrap();
        let mut items = Vec::new();
        while let Some(item) = events.next().unwrap() {
            items.push((item.line, item.record, item.event));
        }
        let [(2, 0, Ok(Some(event))), (3, 1, Ok(None)), (4, 2, Err(space)), (5, 3, Err(future))] =
            items.as_slice()
        else {
            panic!("{items:?}");
        };
        assert_eq!((event.dataset.as_str(), event.event_id.len()), ("a", 0));
        assert!(space.to_string().contains("U+0020"), "{space}");
        assert!(future.to_string().contains("ahead of the clock"), "{future}");
        assert_eq!(events.progress(), (std::fs::metadata(&path).unwrap().len(), Some(events.progress().0)));
    }

    #[test]
    fn a_folder_is_no_log() {
        let dir = tempfile::tempdir().unwrap();
        let mapping = Mapping::parse(MAPPING).unwrap();
        let Err(error) = Events::open(dir.path(), Format::Csv, &mapping, 0) else { panic!("opened") };
        assert!(error.to_string().contains("is a folder"), "{error}");
    }
}
