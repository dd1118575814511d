//! What entries say about others: corrections, openings of confidential records, answers to requests. Shown wherever
//! the entry is that they are about.
//!
//! What an annotation says is read from its own entry, which is verified as every other one; of an opening, that it
//! shows what was sealed. A service that is asked which ones there are ([`listed`]) could leave some out; whoever
//! reads all entries behind ([`Annotations::note`]) misses none.

use std::collections::BTreeMap;
use std::ops::Range;

use einsicht_access::record::check_opening;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, Correction};
use einsicht_tlog::Index;
use einsicht_tlog::leaf::LEAF_HEADER_BYTES;

use crate::config::RecorderConfig;
use crate::connection::Connection;
use crate::error::{Failure, RecordError};
use crate::finding::{Fault, Finding};
use crate::reader::{Entry, Reader};
use crate::verify_error::VerifyError;

/// What the body of an access begins with: field 3, with a length.
const ACCESS_TAG: u8 = 3 << 3 | 2;

/// What entries say about others.
#[derive(Debug, Clone, Default)]
pub struct Annotations(BTreeMap<u64, Vec<Annotation>>);

/// Something that one entry says about another.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// The entry that says it.
    pub by: Index,
    /// What it says.
    pub says: Says,
}

/// What an entry says about another.
#[derive(Debug, Clone, PartialEq)]
pub enum Says {
    /// It is corrected.
    Corrected(Correction),
    /// It was confidential, and this is what it sealed: salt and bytes are in the entry that says it.
    Opened(Box<einsicht_proto::v1::Opening>),
    /// The request was granted.
    Answered,
}

/// Entries that say something about others, as a service lists them: whom it is about, and who says it.
pub type Listed = Vec<(Index, Index)>;

/// Asks the service which entries say something about those of a range. Nothing of that is verified.
///
/// # Errors
/// [`RecordError::Config`]; or what the service, or the way to it, reported.
pub async fn listed(config: &RecorderConfig, range: Range<Index>) -> Result<Listed, RecordError> {
    let connection = Connection::new(config)?;
    let count = range.end.0.saturating_sub(range.start.0);
    let listed = connection.annotations(range.start.0, count).await;
    listed.map_err(|status| RecordError::Refused(Failure(status)))
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
        let (about, says) = match entry.body()?.content {
            Some(Content::Correction(correction)) => (correction.index, Says::Corrected(correction)),
            Some(Content::Opening(opening)) => (opening.index, Says::Opened(Box::new(opening))),
            Some(Content::Disclosure(disclosure)) => match disclosure.request {
                Some(request) => (request, Says::Answered),
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        let by = entry.index();
        let of = self.0.entry(about).or_default();
        if about < by.0 && of.iter().all(|known| known.by != by) {
            of.push(Annotation { by, says });
            of.sort_by_key(|annotation| annotation.by);
        }
        Ok(())
    }

    /// What is said about an entry, in the order in which it was.
    #[must_use]
    pub fn of(&self, index: Index) -> &[Annotation] {
        self.0.get(&index.0).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Annotation {
    /// The record that it opens, if it does; that it is what `sealed` sealed is verified.
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
            Some(Content::Access(outer)) => {
                check_opening(opening, &outer).map(Some).map_err(|fault| wrong(fault.to_string()))
            }
            _ => Err(wrong("the opening of an entry that is no record".to_owned())),
        }
    }
}

impl Reader {
    /// Reads what entries that a service lists say. Those that do not say it are left out.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn annotations(&self, listed: &Listed) -> Result<Annotations, VerifyError> {
        let mut annotations = Annotations::default();
        let covered = listed.iter().filter(|(_, by)| self.head().size.contains(*by));
        for (_, by) in covered {
            annotations.note(&self.entry(*by).await?)?;
        }
        Ok(annotations)
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
        let by = |index| annotations.of(Index(index)).iter().map(|of| of.by.0).collect::<Vec<_>>();
        assert_eq!((by(0), by(1), by(2), by(4)), (vec![], vec![3, 6], vec![5], vec![]));
        assert!(
            matches!(&annotations.of(Index(1))[1].says, Says::Corrected(said) if said.correction == "second")
        );
        let sealed = reader.entry(Index(2)).await.unwrap();
        let opened = annotations.of(Index(2))[0].opened(&sealed).unwrap().unwrap();
        assert_eq!(opened.dataset, "melderegister");
        let other = reader.entry(Index(1)).await.unwrap();
        assert_eq!(annotations.of(Index(2))[0].opened(&other).unwrap_err().fault, Fault::Opening);
        assert_eq!(annotations.of(Index(1))[0].opened(&other), Ok(None));
    }

    #[tokio::test]
    async fn what_a_service_lists_is_read_and_not_believed() {
        let (reader, _, _folder) = read().await;
        let index = |about, by| (Index(about), Index(by));
        let annotations =
            reader.annotations(&vec![index(1, 3), index(1, 0), index(1, 99), index(2, 5)]).await;
        let annotations = annotations.unwrap();
        assert_eq!((annotations.of(Index(1)).len(), annotations.of(Index(2)).len()), (1, 1));
    }
}
