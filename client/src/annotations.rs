//! What entries say about others: corrections, openings of confidential records, answers to requests. Shown wherever
//! the entry is that they are about.
//!
//! What an annotation says is read from its own entry, which is verified as every other one; of an opening, that it
//! shows what was sealed, not before its day. A service that is asked which ones there are ([`Lister`]) could leave
//! some out; whoever reads all entries behind ([`Annotations::note`]) misses none.

use std::collections::BTreeMap;
use std::ops::Range;

use einsicht_access::kind_name;
use einsicht_access::record::check_opening_at;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, AnnotationKind, Correction, EntryBody, Opening};
use einsicht_tlog::leaf::LEAF_HEADER_BYTES;
use einsicht_tlog::{Index, RecordedAt};

use crate::config::RecorderConfig;
use crate::connection::Connection;
use crate::error::{Failure, RecordError};
use crate::finding::{Fault, Finding};
use crate::reader::{Entry, Reader};
use crate::verify_error::VerifyError;

/// What the body of an access begins with: field 3, with a length.
const ACCESS_TAG: u8 = 3 << 3 | 2;

/// What entries say about others. By the entry that something is said about, and the one that says it.
#[derive(Debug, Clone, Default)]
pub struct Annotations(BTreeMap<(u64, u64), Annotation>);

/// Something that one entry says about another.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// The entry that says it.
    pub by: Index,
    /// When that was recorded.
    pub recorded_at: RecordedAt,
    /// What it says.
    pub says: Says,
}

/// What an entry says about another.
#[derive(Debug, Clone, PartialEq)]
pub enum Says {
    /// It is corrected.
    Corrected(Correction),
    /// It was confidential, and this is what it sealed: salt and bytes are in the entry that says it.
    Opened(Box<Opening>),
    /// The request was granted.
    Answered,
    /// Something that this release does not know, as a service says that is newer.
    NotUnderstood,
}

/// An entry that says something about another, as a service lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Whom it is about.
    pub about: Index,
    /// Who says it.
    pub by: Index,
    /// What, if this release knows that.
    pub kind: Option<AnnotationKind>,
}

/// Asks a service which entries say something about others.
pub struct Lister(Connection);

/// The record that an entry opens, shown to be what was sealed.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// Index of the confidential record.
    pub index: Index,
    /// What it sealed.
    pub record: AccessRecord,
}

impl Lister {
    /// Nothing is asked yet. Of the configuration of a recorder, address, key, credentials and time limits are used.
    ///
    /// # Errors
    /// [`RecordError::Config`].
    pub fn new(config: &RecorderConfig) -> Result<Self, RecordError> {
        Ok(Self(Connection::new(config)?))
    }

    /// Which entries say something about those of a range. Nothing of that is verified.
    ///
    /// # Errors
    /// What the service, or the way to it, reported.
    pub async fn list(&self, range: Range<Index>) -> Result<Vec<Listed>, Failure> {
        let count = range.end.0.saturating_sub(range.start.0);
        // The service takes 0 for everything.
        if count == 0 {
            return Ok(Vec::new());
        }
        self.0.annotations(range.start.0, count).await.map_err(Failure)
    }
}

impl Annotations {
    /// Takes in what an entry says about others, if it does.
    ///
    /// # Errors
    /// A [`Finding`] if its body is not well-formed.
    pub fn note(&mut self, entry: &Entry) -> Result<(), Finding> {
        // Nearly all are accesses, which say nothing about others. A body has one content.
        if entry.leaf().get(LEAF_HEADER_BYTES) == Some(&ACCESS_TAG) {
            return Ok(());
        }
        if let Some((about, says)) = said(entry.body()?).filter(|(about, _)| *about < entry.index()) {
            self.add(about, entry, says);
        }
        Ok(())
    }

    /// What is said about an entry, in the order in which it was.
    pub fn of(&self, index: Index) -> impl Iterator<Item = &Annotation> {
        self.0.range((index.0, 0)..=(index.0, u64::MAX)).map(|(_, annotation)| annotation)
    }

    fn add(&mut self, about: Index, by: &Entry, says: Says) {
        let annotation = Annotation { by: by.index(), recorded_at: by.recorded_at(), says };
        self.0.insert((about.0, by.index().0), annotation);
    }
}

/// The entry that a body is about, and what it says about it.
fn said(body: EntryBody) -> Option<(Index, Says)> {
    match body.content? {
        Content::Correction(correction) => Some((Index(correction.index), Says::Corrected(correction))),
        Content::Opening(opening) => Some((Index(opening.index), Says::Opened(Box::new(opening)))),
        Content::Disclosure(disclosure) => Some((Index(disclosure.request?), Says::Answered)),
        _ => None,
    }
}

impl Says {
    fn kind(&self) -> Option<AnnotationKind> {
        match self {
            Self::Corrected(_) => Some(AnnotationKind::Corrected),
            Self::Opened(_) => Some(AnnotationKind::Opened),
            Self::Answered => Some(AnnotationKind::Answered),
            Self::NotUnderstood => None,
        }
    }
}

impl Annotation {
    /// The record that it opens, if it does; that it is what `sealed` sealed, and that its day had come, is verified.
    ///
    /// # Errors
    /// A [`Finding`] if it is not.
    pub fn opened(&self, sealed: &Entry) -> Result<Option<AccessRecord>, Finding> {
        let Says::Opened(opening) = &self.says else { return Ok(None) };
        let wrong = |found: String| Finding {
            fault: Fault::Opening,
            index: Some(self.by),
            place: None,
            expected: format!("what entry {} sealed", sealed.index()),
            found,
        };
        match sealed.body()?.content {
            Some(Content::Access(outer)) => check_opening_at(opening, self.recorded_at.0, &outer)
                .map(Some)
                .map_err(|fault| wrong(fault.to_string())),
            _ => Err(wrong("the opening of an entry that is no record".to_owned())),
        }
    }
}

impl Reader {
    /// Reads what entries that a service lists say. Those behind the checkpoint are left out.
    ///
    /// # Errors
    /// [`VerifyError`]; a [`Finding`] if one of them does not say what the service says that it does.
    pub async fn annotations(&self, listed: &[Listed]) -> Result<Annotations, VerifyError> {
        let mut annotations = Annotations::default();
        let covered = listed.iter().filter(|listed| self.head().size.contains(listed.by));
        for Listed { about, by, kind } in covered {
            let entry = self.entry(*by).await?;
            let body = entry.body()?;
            let found = kind_name(&body);
            match (kind, said(body)) {
                (None, _) => annotations.add(*about, &entry, Says::NotUnderstood),
                (kind, Some((of, says))) if of == *about && of < *by && says.kind() == *kind => {
                    annotations.add(of, &entry, says);
                }
                _ => return Err(says_nothing(*about, *by, found).into()),
            }
        }
        Ok(annotations)
    }

    /// The record that an entry opens, if it opens one: what it shows is recomputed to what that record sealed.
    ///
    /// # Errors
    /// [`VerifyError`]; a [`Finding`] if it shows something else, or before its day.
    pub async fn opened_by(&self, entry: &Entry) -> Result<Option<Opened>, VerifyError> {
        let Some((index, says @ Says::Opened(_))) = said(entry.body()?) else { return Ok(None) };
        let (by, recorded_at) = (entry.index(), entry.recorded_at());
        if index >= by {
            let expected = "the opening of an entry before it".to_owned();
            let found = format!("that of entry {index}");
            return Err(
                Finding { fault: Fault::Opening, index: Some(by), place: None, expected, found }.into()
            );
        }
        let record = Annotation { by, recorded_at, says }.opened(&self.entry(index).await?)?;
        Ok(record.map(|record| Opened { index, record }))
    }
}

/// What a service listed is not so.
fn says_nothing(about: Index, by: Index, kind: &str) -> Finding {
    Finding {
        fault: Fault::Annotation,
        index: Some(by),
        place: None,
        expected: format!("an entry that says of entry {about} what the service says that it does"),
        found: format!("one of kind '{kind}' that does not"),
    }
}

#[cfg(test)]
mod tests {
    use einsicht_access::body_bytes;
    use einsicht_proto::v1::{AccessEvent, EntryBody};

    use super::*;
    use crate::reader::Order;
    use crate::sample::sealed::{event, opening, sealed};
    use crate::sample::{BEGAN_AT, Ledger, trust};
    use crate::source::Source;
    use futures::TryStreamExt as _;

    fn correction(index: u64, text: &str) -> Vec<u8> {
        let correction = Correction { index, correction: text.to_owned(), ground: "g".to_owned() };
        body_bytes(&EntryBody { content: Some(Content::Correction(correction)) })
    }

    /// 1: plain, 2: confidential; then corrections of 1, of itself and of 2, and the opening of 2.
    async fn read() -> (Reader, Annotations, tempfile::TempDir) {
        let mut ledger = Ledger::of(2, 1);
        let hidden = AccessEvent { confidential_until_day: Some(1), ..event(&[1]) };
        let (body, hidden) = sealed(&hidden, BEGAN_AT, 0);
        ledger.commit_at(BEGAN_AT + 2, &body);
        let bodies =
            [correction(1, "first"), correction(4, "itself"), opening(2, &hidden), correction(1, "second")];
        bodies.iter().for_each(|body| ledger.commit_at(BEGAN_AT + 3, body));
        let folder = tempfile::tempdir().unwrap();
        ledger.write_segments(folder.path(), &[]);
        let source = Source::open(folder.path().to_str().unwrap()).unwrap();
        let reader = Reader::open(source, trust()).await.unwrap();
        let mut annotations = Annotations::default();
        let entries = reader.entries(Index(0)..Index(99), Order::NewestFirst);
        for entry in entries.try_collect::<Vec<_>>().await.unwrap() {
            annotations.note(&entry).unwrap();
            annotations.note(&entry).unwrap();
        }
        (reader, annotations, folder)
    }

    #[tokio::test]
    async fn what_entries_say_is_known_beside_what_they_are_about() {
        let (reader, annotations, _folder) = read().await;
        let by = |index| annotations.of(Index(index)).map(|of| of.by.0).collect::<Vec<_>>();
        let first = |index| annotations.of(Index(index)).next().unwrap();
        assert_eq!((by(0), by(1), by(2), by(4)), (vec![], vec![3, 6], vec![5], vec![]));
        assert!(
            matches!(&annotations.of(Index(1)).last().unwrap().says, Says::Corrected(said) if said.correction == "second")
        );
        let sealed = reader.entry(Index(2)).await.unwrap();
        let opened = first(2).opened(&sealed).unwrap().unwrap();
        assert_eq!(opened.dataset, "melderegister");
        let other = reader.entry(Index(1)).await.unwrap();
        assert_eq!(first(2).opened(&other).unwrap_err().fault, Fault::Opening);
        assert_eq!(first(1).opened(&other), Ok(None));
    }

    fn listed(about: u64, by: u64, kind: Option<AnnotationKind>) -> Listed {
        Listed { about: Index(about), by: Index(by), kind }
    }

    #[tokio::test]
    async fn what_a_service_lists_is_read_and_not_believed() {
        let (reader, ..) = read().await;
        let (corrected, opened) = (Some(AnnotationKind::Corrected), Some(AnnotationKind::Opened));
        let true_ones = [listed(1, 3, corrected), listed(1, 99, corrected), listed(2, 5, opened)];
        let annotations = reader.annotations(&true_ones).await.unwrap();
        assert_eq!((annotations.of(Index(1)).count(), annotations.of(Index(2)).count()), (1, 1));
        for lie in
            [listed(1, 0, corrected), listed(2, 3, corrected), listed(1, 3, opened), listed(4, 4, corrected)]
        {
            let error = reader.annotations(&[lie]).await.unwrap_err();
            assert_eq!(error.finding().map(|finding| finding.fault), Some(Fault::Annotation), "{lie:?}");
        }
    }

    #[tokio::test]
    async fn what_only_a_newer_release_knows_is_said_and_is_no_lie() {
        let (reader, ..) = read().await;
        let annotations = reader.annotations(&[listed(1, 0, None)]).await.unwrap();
        assert_eq!(annotations.of(Index(1)).next().unwrap().says, Says::NotUnderstood);
    }

    #[tokio::test]
    async fn what_an_opening_shows_is_compared_with_what_was_sealed() {
        let (reader, ..) = read().await;
        let opened = reader.opened_by(&reader.entry(Index(5)).await.unwrap()).await.unwrap().unwrap();
        assert_eq!((opened.index, opened.record.dataset.as_str()), (Index(2), "melderegister"));
        assert_eq!(reader.opened_by(&reader.entry(Index(3)).await.unwrap()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn an_opening_of_something_else_or_before_its_day_is_found() {
        let until = |day| AccessEvent { confidential_until_day: Some(day), ..event(&[1]) };
        let (early, early_openings) = sealed(&until(30_000), BEGAN_AT, 0);
        let (other, _) = sealed(&until(1), BEGAN_AT, 1);
        let mut ledger = Ledger::new();
        let itself = opening(4, &early_openings);
        for body in [&early, &other, &opening(1, &early_openings), &itself, &opening(2, &early_openings)] {
            ledger.commit_at(BEGAN_AT + 1, body);
        }
        let folder = tempfile::tempdir().unwrap();
        ledger.write_segments(folder.path(), &[]);
        let source = Source::open(folder.path().to_str().unwrap()).unwrap();
        let reader = Reader::open(source, trust()).await.unwrap();
        for (index, why) in [(3, "before day 30000"), (4, "entry 4"), (5, "do not make the seal")] {
            let error = reader.opened_by(&reader.entry(Index(index)).await.unwrap()).await.unwrap_err();
            assert!(error.to_string().contains(why), "{index}: {error}");
        }
        let annotation = |by, says| Annotation { by: Index(by), recorded_at: RecordedAt(BEGAN_AT), says };
        let Some((_, says)) = said(reader.entry(Index(3)).await.unwrap().body().unwrap()) else { panic!() };
        let sealed = reader.entry(Index(1)).await.unwrap();
        assert!(annotation(3, says).opened(&sealed).is_err(), "its day has not come");
    }
}
