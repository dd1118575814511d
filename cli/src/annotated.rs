//! What other entries say about one that is shown: corrections, openings, answers.

use std::ops::Range;

use einsicht_access::field::{Rendered, render};
use einsicht_client::annotations::{Annotation, Annotations, Says, listed};
use einsicht_client::reader::{Entry, Order, Reader};
use einsicht_tlog::Index;
use futures::StreamExt as _;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::options::Options;
use crate::output::progress::Progress;
use crate::view::Json;

/// Entries after which the progress is looked at.
const ENTRIES_PER_LOOK: u64 = 1000;

/// What one entry says about the one that is shown, for people and programmes.
#[derive(Debug, Clone, PartialEq)]
pub struct Remark {
    /// `corrected`, `opened` or `answered`.
    pub kind: &'static str,
    /// The entry that says it.
    pub by: Index,
    /// What it says, by name.
    pub fields: Vec<(&'static str, Rendered)>,
}

impl Remark {
    /// Reads what an annotation of `entry` says; of an opening, that it shows what was sealed.
    ///
    /// # Errors
    /// It does not.
    pub fn new(annotation: &Annotation, entry: &Entry) -> anyhow::Result<Self> {
        let (kind, fields) = match &annotation.says {
            Says::Corrected(correction) => {
                let text = |text: &str| Rendered::Text(text.to_owned());
                (
                    "corrected",
                    vec![("correction", text(&correction.correction)), ("ground", text(&correction.ground))],
                )
            }
            Says::Opened(_) => {
                let record = annotation.opened(entry)?;
                ("opened", record.as_ref().map(render).unwrap_or_default())
            }
            Says::Answered => ("answered", Vec::new()),
        };
        Ok(Self { kind, by: annotation.by, fields })
    }

    /// All that is said about an entry.
    ///
    /// # Errors
    /// As [`Remark::new`].
    pub fn all(annotations: &Annotations, entry: &Entry) -> anyhow::Result<Vec<Self>> {
        annotations.of(entry.index()).iter().map(|annotation| Self::new(annotation, entry)).collect()
    }

    /// In a few words: `corrected by 23`.
    pub fn short(&self) -> String {
        format!("{} by {}", self.kind, self.by)
    }
}

impl Serialize for Remark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind)?;
        map.serialize_entry("by", &self.by.0)?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, &Json(value))?;
        }
        map.end()
    }
}

/// What is said about the entries of a range; `None` if that could not be had, which is told.
///
/// A service is asked; of a folder, everything behind the first of them is read.
///
/// # Errors
/// The ledger could not be read, or is not what was signed.
pub async fn annotations(
    reader: &Reader,
    given: Option<&str>,
    range: Range<Index>,
    options: &Options,
) -> anyhow::Result<Option<Annotations>> {
    let Some(config) = options.calls(given)? else {
        return read(reader, range.start, options).await.map(Some);
    };
    match listed(&config, range).await {
        Ok(listed) => Ok(Some(reader.annotations(&listed).await?)),
        Err(_) => {
            options.note(
                "note: this address does not tell of corrections and openings; the service itself, a copy of the ledger \
                 or `einsicht list --all` does",
            );
            Ok(None)
        }
    }
}

async fn read(reader: &Reader, first: Index, options: &Options) -> anyhow::Result<Annotations> {
    let size = reader.head().size;
    let mut entries = reader.entries(Index(first.0.saturating_add(1))..Index(size.0), Order::OldestFirst);
    let mut progress = Progress::counting("looking for corrections", options.is_quiet());
    let (mut annotations, mut read) = (Annotations::default(), 0_u64);
    while let Some(entry) = entries.next().await {
        annotations.note(&entry?)?;
        read += 1;
        if read.is_multiple_of(ENTRIES_PER_LOOK) {
            progress.update(read, Some(size.0 - first.0));
        }
    }
    Ok(annotations)
}
