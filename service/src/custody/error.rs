//! Why something can't be done with sealed values. Nothing here shows one, nor whose they are.

use einsicht_access::openings::OpeningsMismatch;
use einsicht_access::{Month, Problem, SealedField};
use einsicht_tlog::leaf::LeafError;
use einsicht_tlog::{Index, Size};

use super::names;
use crate::annotations::NotKnown;
use crate::sequencer::Refused;
use crate::storage::ReadError;
use crate::vault::{KeyringError, VaultError};

/// It can't be done, or could not be brought to its end.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// There is no wrapping key.
    #[error(
        "sealing is off: the service has no wrapping key, so it can neither seal nor open personal values. Set \
         vault.wrapping_key_file, vault.wrapping_key_command or EINSICHTD_WRAPPING_KEY, and start it again"
    )]
    Off,
    /// No such entry.
    #[error("entry {index} is not published; the ledger has {published} entries")]
    NotPublished {
        /// The entry.
        index: Index,
        /// How many there are.
        published: Size,
    },
    /// A text that has to be given can't be used.
    #[error("{field} {problem}")]
    Text {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        problem: Problem,
    },
    /// Not the name of a sealed field.
    #[error("fields[{position}] is not the name of a sealed field; these are {}", names(&SealedField::ALL))]
    UnknownField {
        /// Its position.
        position: usize,
    },
    /// Neither an entry nor a request.
    #[error("index is required but missing: say which entry, or which request is granted")]
    NoIndex,
    /// The entry has no sealed value of this name.
    #[error("entry {index} has no sealed value '{field}'")]
    NoSuchField {
        /// The entry.
        index: Index,
        /// The field.
        field: SealedField,
    },
    /// It is gone already.
    #[error("of entry {index}, all that was named was erased before: see entry {by}. Nothing was written")]
    ErasedBefore {
        /// The entry.
        index: Index,
        /// The entry that says so.
        by: Index,
    },
    /// Nobody can tell whether it was.
    #[error(
        "entry {by} says that something was erased, and what it says can't be read: that may be entry {index}, so this is \
         not made public, which nothing could take back. Put the files of the vault or the key that the log of the \
         service names back from a backup, and start again; or have entry {index} erased once more, if it was to be"
    )]
    MayBeErased {
        /// The entry.
        index: Index,
        /// The entry that says so.
        by: Index,
    },
    /// What stewards and auditors did.
    #[error(
        "entry {index} says what a steward or an auditor did; that is erased with its month, never alone: nobody \
         could be held to it, and what it erased could not be erased again after a restore"
    )]
    TrailStays {
        /// The entry.
        index: Index,
    },
    /// Two stewards have to agree.
    #[error(
        "{field} is disclosed only if two stewards agree (disclosure.two_stewards): '{who}' can't ask for it, \
         because {because}"
    )]
    NotForTwo {
        /// The field.
        field: SealedField,
        /// The caller.
        who: String,
        /// Why.
        because: &'static str,
    },
    /// One person is not two.
    #[error("request {index} was made by '{who}'; another steward has to grant it")]
    SamePerson {
        /// The request.
        index: Index,
        /// The caller.
        who: String,
    },
    /// Not a request.
    #[error("entry {index} is no request for a disclosure")]
    NoRequest {
        /// The entry.
        index: Index,
    },
    /// It was granted before.
    #[error("request {index} was granted before, by entry {by}; each request is granted once")]
    AnsweredBefore {
        /// The request.
        index: Index,
        /// The entry that granted it.
        by: Index,
    },
    /// It is too old.
    #[error(
        "request {index} lapsed {hours} hours after it was made (disclosure.request_hours); make it again"
    )]
    Lapsed {
        /// The request.
        index: Index,
        /// How long requests are good for.
        hours: u32,
    },
    /// What the second steward names is not what the first one asked for.
    #[error(
        "request {index} asks for another entry or for other fields; leave out index and fields to grant it"
    )]
    OtherRequest {
        /// The request.
        index: Index,
    },
    /// Only accesses are corrected.
    #[error("entry {index} is no access: it is of kind '{kind}', and only accesses can be corrected")]
    NoAccess {
        /// The entry.
        index: Index,
        /// What it is.
        kind: &'static str,
    },
    /// Nothing to open.
    #[error("entry {index} is no confidential record")]
    NotConfidential {
        /// The entry.
        index: Index,
    },
    /// It is open.
    #[error("entry {index} was opened before, by entry {by}")]
    OpenedBefore {
        /// The entry.
        index: Index,
        /// The entry that opened it.
        by: Index,
    },
    /// Its day has not come.
    #[error("entry {index} is confidential until {}; it can be opened from that day on", date(*until_day))]
    NotYet {
        /// The entry.
        index: Index,
        /// Days since 1970-01-01.
        until_day: i32,
    },
    /// It would go before it was public.
    #[error(
        "{month} has confidential records whose day has come, and which could not be opened yet: it stays until they \
         are{}. The log of the service says why, and what to put back", at_most(*until_day)
    )]
    NotOpened {
        /// The month.
        month: Month,
        /// From which day on it goes all the same, in days since 1970-01-01, if it does.
        until_day: Option<i32>,
    },
    /// A text that is no month.
    #[error("months[{position}] is no month; a month reads YYYY-MM")]
    NoMonth {
        /// Its position.
        position: usize,
    },
    /// It is there twice.
    #[error("{month} is there twice; name each month once")]
    MonthTwice {
        /// The month.
        month: Month,
    },
    /// Nothing is kept of it.
    #[error("what was sealed in {month} was erased, and its keys with it: see entry {by}")]
    MonthErased {
        /// The month.
        month: Month,
        /// The last entry that says so.
        by: Index,
    },
    /// View keys are for ended months.
    #[error("{month} has not ended; view keys are given out once their month has")]
    NotEnded {
        /// The month.
        month: Month,
    },
    /// A subject that can't be one.
    #[error("subjects[{position}].{field} {problem}")]
    Subject {
        /// Its position.
        position: usize,
        /// What of it.
        field: &'static str,
        /// What is wrong.
        problem: Problem,
    },
    /// A register that nobody declared.
    #[error("subjects[{position}].scheme is not declared, in the charter or in subjects.schemes")]
    UnknownScheme {
        /// Position of the subject.
        position: usize,
    },
    /// Too few or too many.
    #[error("{what} has {found} items, it must have 1 to {max}")]
    Count {
        /// Of what.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// The vault can't give it.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A key can't be had.
    #[error(transparent)]
    Key(#[from] KeyringError),
    /// The vault holds something else.
    #[error(
        "what the vault has of entry {index} is not what was sealed: {problem}. Compare it with a backup"
    )]
    Unfit {
        /// The entry.
        index: Index,
        /// What is wrong.
        problem: OpeningsMismatch,
    },
    /// It can't be read, so single values of it can't be erased.
    #[error(
        "what is sealed of entry {index} is damaged and can't be read any more: it can be erased only as a whole. Name \
         all of it ({fields}), or no fields"
    )]
    AllOrNone {
        /// The entry.
        index: Index,
        /// What is sealed of it.
        fields: String,
    },
    /// The entry was written, and what it says is not done yet.
    #[error(
        "entry {by} says that it was erased, but it could not be done yet: {error}. It is tried again within a quarter of an hour, \
         and at each start"
    )]
    NotDone {
        /// The entry.
        by: Index,
        /// Why.
        #[source]
        error: Box<VaultError>,
    },
    /// The entry was written, and does not say what was erased.
    #[error("entry {by} does not say what was erased")]
    Unclear {
        /// The entry.
        by: Index,
    },
    /// Nobody knows yet.
    #[error(transparent)]
    NotKnown(#[from] NotKnown),
    /// The entry could not be written.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The log can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An entry can't be read.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// Likewise.
    #[error(transparent)]
    Entry(#[from] einsicht_access::WireError),
    /// There was no randomness.
    #[error(transparent)]
    Random(#[from] crate::signer::SecretError),
    /// The work ended in the middle.
    #[error("it ended in disorder; the log of the service says more")]
    Disorder,
}

/// How long something waits, for people.
fn at_most(until_day: Option<i32>) -> String {
    until_day.map_or_else(String::new, |day| format!(", but not beyond {}", date(day)))
}

/// A day, for people.
fn date(day: i32) -> String {
    use jiff::{ToSpan as _, civil};
    let date = civil::date(1970, 1, 1).checked_add(day.days());
    date.map_or_else(|_| format!("day {day}"), |date| date.to_string())
}
