//! What entries say about others: corrections, openings of confidential records, answers to requests. Shown wherever
//! the entry is that they are about.
//!
//! What an annotation says is read from its own entry, which is verified as every other one; of an opening, that it
//! shows what was sealed, not before its day. A service that is asked which ones there are ([`Lister`]) could leave
//! some out; whoever reads all entries behind ([`Annotations::note`]) misses none.

use std::collections::BTreeMap;

use einsicht_access::kind_name;
use einsicht_access::record::check_opening_at;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, AnnotationKind, Correction, EntryBody, Opening};
use einsicht_tlog::leaf::LEAF_HEADER_BYTES;
use einsicht_tlog::{Index, RecordedAt};

use crate::finding::{Fault, Finding};
use crate::reader::{Entry, Reader};
use crate::verify_error::VerifyError;

mod lister;

pub use lister::{Listed, Lister};

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

/// The record that an entry opens, shown to be what was sealed.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// Index of the confidential record.
    pub index: Index,
    /// What it sealed.
    pub record: AccessRecord,
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
mod tests;
