//! What other entries say about one that is shown: corrections, openings, answers.

use std::ops::Range;

use einsicht_access::field::{Rendered, render};
use einsicht_client::annotations::{Annotation, Annotations, Lister, Says};
use einsicht_client::reader::{Entry, Order, Reader};
use einsicht_tlog::Index;
use futures::StreamExt as _;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::options::Options;
use crate::output::progress::Progress;
use crate::view::{Json, Members};

/// Entries after which the progress is looked at.
const ENTRIES_PER_LOOK: u64 = 1000;

/// What one entry says about the one that is shown, for people and programmes.
#[derive(Debug, Clone, PartialEq)]
pub struct Remark {
    /// `corrected`, `opened`, `answered`, or `unknown` to this release.
    pub kind: &'static str,
    /// The entry that says it.
    pub by: Index,
    /// What it says, by name.
    pub fields: Vec<(&'static str, Rendered)>,
}

/// What is said about an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Remarks {
    /// This, and no more.
    Known(Vec<Remark>),
    /// It could not be had.
    NotKnown {
        /// Why not.
        why: String,
    },
}

/// What entries say about others, as far as it could be had.
pub enum Known {
    /// All of it.
    All(Annotations),
    /// Nothing: the address does not tell.
    Nothing {
        /// What it said instead.
        why: String,
    },
}

/// Finds out what is said about entries. A service is asked for each range; of a folder, everything behind the
/// first range is read, once.
pub struct Lookup<'a> {
    reader: &'a Reader,
    options: &'a Options,
    service: Option<Lister>,
    known: Option<Known>,
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
            Says::NotUnderstood => ("unknown", Vec::new()),
        };
        Ok(Self { kind, by: annotation.by, fields })
    }

    /// In a few words: `corrected by 23`.
    pub fn short(&self) -> String {
        match self.kind {
            "unknown" => format!("spoken of by {}, in a way that this version does not know", self.by),
            kind => format!("{kind} by {}", self.by),
        }
    }
}

impl Serialize for Remark {
    /// `kind`, `by`, and what it says: of an opening, as the object `record`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind)?;
        map.serialize_entry("by", &self.by.0)?;
        if self.kind == "opened" {
            map.serialize_entry("record", &Members(&self.fields))?;
            return map.end();
        }
        for (name, value) in &self.fields {
            map.serialize_entry(name, &Json(value))?;
        }
        map.end()
    }
}

impl Remarks {
    /// In a few words: `corrected by 23, answered by 25`.
    pub fn short(&self) -> String {
        match self {
            Self::Known(remarks) => remarks.iter().map(Remark::short).collect::<Vec<_>>().join(", "),
            Self::NotKnown { .. } => "not known".to_owned(),
        }
    }
}

impl Serialize for Remarks {
    /// A list; null if what is said is not known.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(remarks) => serializer.collect_seq(remarks),
            Self::NotKnown { .. } => serializer.serialize_none(),
        }
    }
}

impl Known {
    /// All that is said about an entry.
    ///
    /// # Errors
    /// As [`Remark::new`].
    pub fn about(&self, entry: &Entry) -> anyhow::Result<Remarks> {
        match self {
            Self::All(annotations) => {
                let remarks = annotations.of(entry.index());
                Ok(Remarks::Known(remarks.map(|said| Remark::new(said, entry)).collect::<Result<_, _>>()?))
            }
            Self::Nothing { why } => Ok(Remarks::NotKnown { why: why.clone() }),
        }
    }

    /// The record that a confidential entry sealed, its bytes, if it was opened; that they are what it sealed is
    /// verified.
    ///
    /// # Errors
    /// They are not.
    pub fn opened(&self, entry: &Entry) -> anyhow::Result<Option<Vec<u8>>> {
        let Self::All(annotations) = self else { return Ok(None) };
        for said in annotations.of(entry.index()) {
            if let (Says::Opened(opening), Some(_)) = (&said.says, said.opened(entry)?) {
                return Ok(Some(opening.record.to_vec()));
            }
        }
        Ok(None)
    }
}

impl<'a> Lookup<'a> {
    /// Nothing is asked or read yet. `given` is the place that was given on the command line.
    ///
    /// # Errors
    /// Token, certificate or key can't be read.
    pub fn new(reader: &'a Reader, given: Option<&str>, options: &'a Options) -> anyhow::Result<Self> {
        let service = options.calls(given)?.map(|config| Lister::new(&config)).transpose()?;
        Ok(Self { reader, options, service, known: None })
    }

    /// What is said about the entries of a range. Ranges follow each other.
    ///
    /// # Errors
    /// The ledger could not be read, is not what was signed, or does not say what the service says that it does. Not
    /// that the service says nothing: that is [`Known::Nothing`], and it is told.
    pub async fn range(&mut self, range: Range<Index>) -> anyhow::Result<&Known> {
        let known = match (self.known.take(), &self.service) {
            // Who refused, or was not there, is not asked again and again.
            (Some(known @ Known::Nothing { .. }), _) | (Some(known), None) => known,
            (None, None) => Known::All(self.read(range.start).await?),
            (_, Some(service)) => match service.list(range).await {
                Ok(listed) => Known::All(self.reader.annotations(&listed).await?),
                Err(failure) => self.not_known(failure.to_string()),
            },
        };
        Ok(self.known.insert(known))
    }

    fn not_known(&self, why: String) -> Known {
        self.options.note(
            "note: corrections and openings are not known: the address does not tell of them. The service itself, with \
             a token, a copy of the ledger, or `einsicht list --all` does",
        );
        Known::Nothing { why }
    }

    async fn read(&self, first: Index) -> anyhow::Result<Annotations> {
        let size = self.reader.head().size;
        let behind = Index(first.0.saturating_add(1))..Index(size.0);
        let mut entries = self.reader.entries(behind, Order::OldestFirst);
        let mut progress = Progress::counting("looking for corrections", self.options.is_quiet());
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
}
