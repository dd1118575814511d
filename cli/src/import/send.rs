//! Sends the events of an import, in batches and in their order, and knows what need not be sent.

use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::{Context as _, bail};
use einsicht_client::error::RecordError;
use einsicht_client::recorder::Numbered;
use einsicht_client::{Access, Recorder};
use einsicht_proto::v1::AccessEvent;
use prost::Message as _;
use tonic::Code;

use super::identity::{Identity, Position};
use super::known::{Chain, Known, KnownFile};
use super::line::LineError;
use super::read::Item;
use super::tally::Tally;

/// Events of one request.
const BATCH_EVENTS_MAX: usize = 500;
/// And their bytes.
const BATCH_BYTES_MAX: usize = 1 << 20;
/// Batches after which it is noted how far the import has come.
const BATCHES_PER_NOTE: u64 = 20;
const MINUTE_US: i64 = 60_000_000;

/// Under what an import is known, and where it is noted what is recorded.
#[derive(Debug, Clone, Copy)]
pub struct Import<'a> {
    /// Name of its mapping.
    pub name: &'a str,
    /// What tells it from others under the same mapping; may be empty.
    pub source: &'a str,
    /// Where it is noted what is recorded.
    pub state_dir: Option<&'a Path>,
    /// Whether what was noted is believed; otherwise everything is sent, and the ledger says what it has.
    pub believes_notes: bool,
}

/// What this machine noted does not fit the file: nothing was sent.
#[derive(Debug, thiserror::Error)]
#[error("the notes of an earlier import do not fit this file")]
pub struct NotesMisfit;

/// Sends events.
pub struct Sender<'a> {
    recorder: &'a Recorder,
    import: Import<'a>,
    begun: Option<Begun>,
    batch: Batch,
    /// The number of the next record.
    number: u64,
    /// The records from the first on that are recorded, without gap.
    settled: Chain,
    batches: u64,
    /// What became of the records so far.
    pub tally: Tally,
}

/// What follows from the first access.
struct Begun {
    identity: Identity,
    notes: Option<KnownFile>,
    known: Option<Known>,
}

/// Events that wait to be sent together.
#[derive(Default)]
struct Batch {
    events: Vec<AccessEvent>,
    ids: Vec<[u8; 16]>,
    bytes: usize,
    first_number: u64,
    lines: Option<(u64, u64)>,
}

impl<'a> Sender<'a> {
    /// Begins an import.
    pub fn new(recorder: &'a Recorder, import: Import<'a>) -> Self {
        Self {
            recorder,
            import,
            begun: None,
            batch: Batch::default(),
            number: 0,
            settled: Chain::new(),
            batches: 0,
            tally: Tally::default(),
        }
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// [`NotesMisfit`]; the first record was rejected; or the ledger did not record a batch.
    pub async fn take(&mut self, item: Item) -> anyhow::Result<()> {
        match item.event {
            Ok(None) => self.tally.skipped += 1,
            Ok(Some(event)) => self.event(item.line, item.record, *event).await?,
            Err(error) => self.rejected(item.line, &error)?,
        }
        Ok(())
    }

    /// Sends what is left, and notes how far it came.
    ///
    /// # Errors
    /// As [`Sender::take`].
    pub async fn finish(&mut self) -> anyhow::Result<()> {
        self.flush().await?;
        let known = self.begun.as_ref().and_then(|begun| begun.known.as_ref());
        if known.is_some_and(|known| known.records > self.number) {
            return Err(NotesMisfit.into());
        }
        self.note()
    }

    fn rejected(&mut self, line: u64, error: &LineError) -> anyhow::Result<()> {
        if self.begun.is_none() {
            bail!(
                "line {line}: {error}. By its first access an import is known again, so this record must be right \
                 (or skipped, with [[skip]] in the mapping) before anything is recorded"
            );
        }
        self.tally.reject(line, error);
        self.number += 1;
        Ok(())
    }

    async fn event(&mut self, line: u64, record: u64, mut event: AccessEvent) -> anyhow::Result<()> {
        let minute = event.occurred_at_us.div_euclid(MINUTE_US);
        let begun = match &mut self.begun {
            Some(begun) => begun,
            none => none.insert(Begun::new(self.import, self.recorder.trust().origin(), minute)),
        };
        let number = self.number;
        let id = begun.identity.event_id(Position { number, record, minute });
        self.number += 1;
        if begun.known.as_ref().is_some_and(|known| number < known.records) {
            return self.known_already(number, &id);
        }
        event.event_id = id.to_vec().into();
        if !self.batch.takes(begun, number) {
            self.flush().await?;
        }
        self.batch.push(line, number, event, id);
        Ok(())
    }

    /// A record that was noted as recorded is not sent.
    fn known_already(&mut self, number: u64, id: &[u8; 16]) -> anyhow::Result<()> {
        let fits = number == self.settled.records();
        self.settled.push(id);
        self.tally.already += 1;
        let known = self.begun.as_ref().and_then(|begun| begun.known.as_ref());
        let is_other =
            |known: &Known| known.records == self.settled.records() && *known != self.settled.known();
        if !fits || known.is_some_and(is_other) { Err(NotesMisfit.into()) } else { Ok(()) }
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        let Some(begun) = &self.begun else { return Ok(()) };
        let batch = std::mem::take(&mut self.batch);
        let Some((first, last)) = batch.lines else { return Ok(()) };
        let place = begun.identity.numbered(batch.first_number);
        let numbered = Numbered { session: place.session, first_sequence: place.sequence };
        let sent = self.recorder.record_numbered(numbered, batch.events.into_iter().map(Access::from)).await;
        let recorded = sent.map_err(|error| stopped(error, first..=last))?;
        for ((place, id), number) in recorded.iter().zip(&batch.ids).zip(batch.first_number..) {
            if place.already_recorded {
                self.tally.already += 1;
            } else {
                self.tally.record(place.index.0);
            }
            // Behind a record that was rejected nothing is settled.
            if number == self.settled.records() {
                self.settled.push(id);
            }
        }
        self.batches += 1;
        if self.batches.is_multiple_of(BATCHES_PER_NOTE) { self.note() } else { Ok(()) }
    }

    fn note(&self) -> anyhow::Result<()> {
        let Some(Begun { notes: Some(notes), known, .. }) = &self.begun else { return Ok(()) };
        let settled = self.settled.known();
        if known.as_ref() == Some(&settled) {
            return Ok(());
        }
        notes.write(&settled).context("everything so far is recorded, but this could not be noted")
    }
}

impl Begun {
    fn new(import: Import<'_>, origin: &str, first_minute: i64) -> Self {
        let identity = Identity::new(import.name, import.source, first_minute);
        let notes = import.state_dir.map(|dir| KnownFile::new(dir, origin, &identity));
        let known = notes.as_ref().filter(|_| import.believes_notes).and_then(KnownFile::read);
        Self { identity, notes, known }
    }
}

impl Batch {
    /// Whether the record with that number can be sent together with those that wait.
    fn takes(&self, begun: &Begun, number: u64) -> bool {
        let follows = self.first_number + self.events.len() as u64 == number;
        let (first, next) = (begun.identity.numbered(self.first_number), begun.identity.numbered(number));
        let has_room = self.events.len() < BATCH_EVENTS_MAX && self.bytes < BATCH_BYTES_MAX;
        self.events.is_empty() || (follows && has_room && first.session == next.session)
    }

    fn push(&mut self, line: u64, number: u64, event: AccessEvent, id: [u8; 16]) {
        if self.events.is_empty() {
            self.first_number = number;
        }
        self.bytes += event.encoded_len();
        self.lines = Some((self.lines.map_or(line, |(first, _)| first), line));
        self.events.push(event);
        self.ids.push(id);
    }
}

fn stopped(error: RecordError, lines: RangeInclusive<u64>) -> anyhow::Error {
    let (first, last) = (lines.start(), lines.end());
    let is_taken = matches!(&error, RecordError::Refused(failure) if failure.code() == Code::AlreadyExists);
    anyhow::Error::new(error).context(if is_taken {
        format!(
            "lines {first} to {last} were not recorded: other records stand in their place. Either this is not \
             the file that was imported before, but one that begins in the same minute: give it a name of its \
             own with --source. Or the file was changed before these lines, or the [[skip]] rules of the mapping"
        )
    } else {
        format!(
            "lines {first} to {last} were not confirmed, and later ones not sent; import again when the cause is \
             gone: nothing is recorded twice"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Begun {
        let import = Import { name: "x", source: "", state_dir: None, believes_notes: true };
        Begun::new(import, "log.example", 0)
    }

    fn filled(first_number: u64, count: usize) -> Batch {
        let mut batch = Batch::default();
        for number in (first_number..).take(count) {
            batch.push(number + 2, number, AccessEvent::default(), [0; 16]);
        }
        batch
    }

    #[test]
    fn a_batch_takes_what_follows_up_to_its_limits() {
        let begun = begun();
        assert!(Batch::default().takes(&begun, 17));
        assert!(filled(17, 3).takes(&begun, 20));
        assert!(!filled(17, 3).takes(&begun, 21), "a gap");
        assert!(!filled(0, BATCH_EVENTS_MAX).takes(&begun, BATCH_EVENTS_MAX as u64));
        let mut large = filled(0, 1);
        large.bytes = BATCH_BYTES_MAX;
        assert!(!large.takes(&begun, 1));
    }

    #[test]
    fn a_batch_ends_with_its_session() {
        assert!(!filled(49_990, 10).takes(&begun(), 50_000));
        assert!(filled(50_000, 10).takes(&begun(), 50_010));
    }

    #[test]
    fn a_batch_knows_its_lines() {
        assert_eq!(filled(5, 3).lines, Some((7, 9)));
    }
}
