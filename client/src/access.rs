//! One access to data, put together field by field.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use einsicht_proto::v1::{AccessEvent, ActorKind, Operation, Outcome, Processing, Subject};

use crate::config::Defaults;
use crate::day::Day;
use crate::random::{NoRandomness, random_bytes};

/// One access to data of the city: what a service reports with
/// [`Recorder::record`](crate::Recorder::record).
///
/// Data set, operation and purpose are required; everything else is optional, and a field that is not
/// set means "not known". The fields and their limits are those of `AccessEvent` in `event.proto`.
/// They are checked when the access is recorded, all at once. When it is recorded, the event gets an
/// id and the present time unless it has them, and unit, role and kind of actor from the
/// configuration of the recorder.
///
/// ```
/// use einsicht_client::{Access, ActorKind, Processing};
/// let access = Access::query("parkhaeuser", "verkehrsplanung")
///     .unit("stadtplanung")
///     .actor_kind(ActorKind::Human)
///     .processing(Processing::Aggregated)
///     .record_count(340);
/// # let _ = access;
/// ```
///
/// What is personal (subjects, actor, case number, …) never enters the log: it is sealed, the log holds a
/// commitment to each value, and the ledger's vault the value until it is erased. Debug output shows none
/// of it.
#[derive(Clone, PartialEq)]
pub struct Access {
    event: AccessEvent,
    /// Whether the time was given: a time that was given is never replaced, even a senseless one.
    is_timed: bool,
}

impl Access {
    /// Data was collected (Erhebung).
    #[must_use]
    pub fn collect(dataset: impl Into<String>, purpose: impl Into<String>) -> Self {
        Self::new(Operation::Collect, dataset, purpose)
    }

    /// Data was changed (Veränderung).
    #[must_use]
    pub fn alter(dataset: impl Into<String>, purpose: impl Into<String>) -> Self {
        Self::new(Operation::Alter, dataset, purpose)
    }

    /// Data was read or searched (Abfrage).
    #[must_use]
    pub fn query(dataset: impl Into<String>, purpose: impl Into<String>) -> Self {
        Self::new(Operation::Query, dataset, purpose)
    }

    /// Data was handed to somebody (Offenlegung); say to whom with [`Access::recipient`].
    #[must_use]
    pub fn disclose(dataset: impl Into<String>, purpose: impl Into<String>) -> Self {
        Self::new(Operation::Disclose, dataset, purpose)
    }

    /// Data sets were combined (Kombination); name the others with [`Access::other_dataset`].
    #[must_use]
    pub fn combine(dataset: impl Into<String>, purpose: impl Into<String>) -> Self {
        Self::new(Operation::Combine, dataset, purpose)
    }

    /// Data was erased (Löschung).
    #[must_use]
    pub fn erase(dataset: impl Into<String>, purpose: impl Into<String>) -> Self {
        Self::new(Operation::Erase, dataset, purpose)
    }

    /// An access whose operation is only known at run time.
    #[must_use]
    pub fn new(operation: Operation, dataset: impl Into<String>, purpose: impl Into<String>) -> Self {
        Self::from(AccessEvent {
            dataset: dataset.into(),
            operation: operation.into(),
            purpose: purpose.into(),
            ..AccessEvent::default()
        })
    }

    /// The event as it stands: without what is filled in when it is recorded.
    #[must_use]
    pub fn event(&self) -> &AccessEvent {
        &self.event
    }

    /// Fills in what is missing. Does not validate.
    pub(crate) fn complete(mut self, defaults: &Defaults, now_us: i64) -> Result<AccessEvent, NoRandomness> {
        if self.event.event_id.is_empty() {
            let id = uuid::Builder::from_random_bytes(random_bytes()?).into_uuid();
            self.event.event_id = Bytes::copy_from_slice(id.as_bytes());
        }
        if !self.is_timed {
            self.event.occurred_at_us = now_us;
        }
        Ok(self.with_defaults(defaults))
    }

    /// Says how it ended, unless that was said.
    pub(crate) fn or_outcome(mut self, outcome: Outcome) -> Self {
        // Not set means granted.
        if outcome != Outcome::Granted && self.event.outcome.is_none() {
            self.event.outcome = Some(outcome.into());
        }
        self
    }

    /// Says to which trace it belongs. Sealed fields.
    pub(crate) fn traced(mut self, trace_id: &[u8], span_id: &[u8]) -> Self {
        self.event.trace_id = Some(Bytes::copy_from_slice(trace_id));
        self.event.span_id = Some(Bytes::copy_from_slice(span_id));
        self
    }

    /// Fills in only what the configuration says; for events whose id and time the caller must choose.
    pub(crate) fn with_defaults(self, defaults: &Defaults) -> AccessEvent {
        let mut event = self.event;
        event.unit = event.unit.or_else(|| defaults.unit.clone());
        event.role = event.role.or_else(|| defaults.role.clone());
        event.actor_kind = event.actor_kind.or(defaults.actor_kind.map(i32::from));
        event
    }
}

/// Setters of optional texts.
macro_rules! texts {
    ($($(#[$doc:meta])* $field:ident)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: impl Into<String>) -> Self {
            self.event.$field = Some($field.into());
            self
        }
    )*};
}

/// Setters of optional values; `=>` names the field and how the value gets into it.
macro_rules! values {
    ($($(#[$doc:meta])* $name:ident: $type:ty => $field:ident $convert:expr;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: $type) -> Self {
            self.event.$field = Some($convert($name));
            self
        }
    )*};
}

impl Access {
    texts! {
        /// Entry of the register of processing activities (GDPR Article 30). Code.
        activity
        /// Organisational unit that accessed. Code.
        unit
        /// Role in which it was accessed. Code.
        role
        /// Legal basis. Code of the charter, for example `gdpr-6-1-e`.
        legal_basis
        /// National norm that the legal basis rests on, for example "§ 4 LDSG". At most 256 bytes.
        national_norm
        /// Organisation that receives the data. Code.
        recipient
        /// Where the data lies or goes. Code.
        storage_location
        /// Reference to a prior public announcement. At most 1,024 bytes.
        announcement
        /// Reference to an approval. At most 1,024 bytes.
        approval
        /// The person or account that accessed. Sealed. At most 4,096 bytes, as the texts below.
        actor
        /// The person for whom the actor acted. Sealed.
        on_behalf_of
        /// Why the data was accessed. Sealed.
        justification
        /// Case or file number. Sealed.
        case_number
        /// Address of the client, as text: RFC 5952 for IPv6, dotted for IPv4. Sealed.
        client_address
    }

    values! {
        /// Who acted: a person, a programme, an AI system.
        actor_kind: ActorKind => actor_kind i32::from;
        /// In which form the data left the data set.
        processing: Processing => processing i32::from;
        /// Whether the use goes beyond the purpose for which the data was collected.
        secondary_use: bool => secondary_use bool::from;
        /// Whether anything was given in return for the data.
        consideration: bool => consideration bool::from;
        /// Day of the prior public announcement.
        announced_on: Day => announced_on_day Day::since_1970;
        /// Day on which the oldest record touched was collected.
        collected_on: Day => collected_on_day Day::since_1970;
        /// Whether the access was granted. Not set means granted.
        outcome: Outcome => outcome i32::from;
        /// How many accesses this event stands for (sensor readings, log lines). 1 to 2^53.
        access_count: u64 => access_count u64::from;
        /// How many records of the data set were touched. 0 to 2^53.
        record_count: u64 => record_count u64::from;
        /// The law forbids showing this access before that day: until then the log shows nothing of it but that
        /// there is one.
        confidential_until: Day => confidential_until_day Day::since_1970;
        /// When it ended, if it lasted: microseconds since 1970-01-01T00:00:00Z.
        occurred_until_us: i64 => occurred_until_us i64::from;
        /// When it ended, if it lasted.
        occurred_until: SystemTime => occurred_until_us micros_since_1970;
    }

    /// Adds a category of data, or a field, that was touched. Code; at most 100, none twice.
    #[must_use]
    pub fn category(self, category: impl Into<String>) -> Self {
        self.categories([category])
    }

    /// Adds categories of data, or fields, that were touched. Codes; at most 100, none twice.
    #[must_use]
    pub fn categories(mut self, categories: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.event.categories.extend(categories.into_iter().map(Into::into));
        self
    }

    /// Adds a further data set that was combined with the first. Code; at most 100, none twice.
    #[must_use]
    pub fn other_dataset(self, dataset: impl Into<String>) -> Self {
        self.other_datasets([dataset])
    }

    /// Adds further data sets that were combined with the first. Codes; at most 100, none twice.
    #[must_use]
    pub fn other_datasets(mut self, datasets: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.event.other_datasets.extend(datasets.into_iter().map(Into::into));
        self
    }

    /// Adds somebody whose data was accessed: the register that knows the person, as the ledger declares it,
    /// and the person's id there. Sealed; at most 100. With it the person finds the access later.
    #[must_use]
    pub fn subject(mut self, scheme: impl Into<String>, id: impl Into<String>) -> Self {
        self.event.subjects.push(Subject { scheme: scheme.into(), id: id.into() });
        self
    }

    /// Adds several of one register, likewise.
    #[must_use]
    pub fn subjects(mut self, scheme: &str, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let subjects = ids.into_iter().map(|id| Subject { scheme: scheme.to_owned(), id: id.into() });
        self.event.subjects.extend(subjects);
        self
    }

    /// Criteria of a search: the field `query`. Sealed. Of a longer one the ledger keeps the first 4,096 bytes,
    /// and the SHA-256 of the whole.
    #[must_use]
    pub fn criteria(mut self, criteria: impl Into<String>) -> Self {
        self.event.query = Some(criteria.into());
        self
    }

    /// Adds the key of a record that was touched. Sealed; at most 100.
    #[must_use]
    pub fn record_key(self, key: impl Into<String>) -> Self {
        self.record_keys([key])
    }

    /// Adds the keys of records that were touched. Sealed; at most 100.
    #[must_use]
    pub fn record_keys(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.event.record_keys.extend(keys.into_iter().map(Into::into));
        self
    }

    /// When the access happened: microseconds since 1970-01-01T00:00:00Z. Not set: when it is
    /// recorded. The log shows it to the minute.
    #[must_use]
    pub fn occurred_at_us(mut self, occurred_at_us: i64) -> Self {
        self.event.occurred_at_us = occurred_at_us;
        self.is_timed = true;
        self
    }

    /// When the access happened. Not set: when it is recorded. The log shows it to the minute.
    #[must_use]
    pub fn occurred_at(self, occurred_at: SystemTime) -> Self {
        self.occurred_at_us(micros_since_1970(occurred_at))
    }

    /// The 16 bytes of a UUID of version 4. Not set: a new one is made. Whoever gives it must give
    /// each event its own.
    #[must_use]
    pub fn event_id(mut self, event_id: [u8; 16]) -> Self {
        self.event.event_id = Bytes::copy_from_slice(&event_id);
        self
    }
}

impl From<AccessEvent> for Access {
    /// Takes an event as it is. A time of 0 counts as not given.
    fn from(event: AccessEvent) -> Self {
        let is_timed = event.occurred_at_us != 0;
        Self { event, is_timed }
    }
}

impl fmt::Debug for Access {
    /// Shows what was accessed and why, and nothing that could be personal.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Access")
            .field("operation", &self.event.operation())
            .field("dataset", &self.event.dataset)
            .field("purpose", &self.event.purpose)
            .finish_non_exhaustive()
    }
}

/// Microseconds since 1970, rounded down; times that do not fit become the nearest that does.
pub(crate) fn micros_since_1970(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
        Err(before) => {
            let before = before.duration().as_nanos().div_ceil(1000);
            i64::try_from(before).map_or(i64::MIN, i64::saturating_neg)
        }
    }
}

#[cfg(test)]
mod tests;
