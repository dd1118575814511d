//! The part of `data/ulm.toml` that was made up for the simulation: what is done with the data sets and
//! sensors of a city, by whom, when and how often.

use serde::Deserialize;

use super::facts::Named;

/// What was made up for the simulation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumed {
    /// Purposes.
    pub purposes: Vec<Named>,
    /// Roles.
    pub roles: Vec<Named>,
    /// Legal bases.
    pub legal_bases: Vec<Named>,
    /// Recipients that no source names.
    pub recipients: Vec<Named>,
    /// Storage locations.
    pub storage_locations: Vec<Named>,
    /// How many people there are whose data is accessed.
    pub people: u32,
    /// Why somebody's data is accessed.
    pub justifications: Vec<String>,
    /// What is said about recorded accesses later.
    pub corrections: Vec<Correction>,
    /// Services that record.
    pub producers: Vec<Producer>,
    /// Kinds of data sets and sensors.
    pub kinds: Vec<Kind>,
    /// Who accesses what, when and how often.
    pub traffic: Vec<Traffic>,
}

/// A service that records.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Producer {
    /// Code.
    pub id: String,
    /// What it does.
    pub title: String,
    /// Where it stores.
    pub storage_location: String,
}

/// What is said about a recorded access later.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// What is right.
    pub correction: String,
    /// On what grounds it is said.
    pub ground: String,
}

/// What data sets or sensors have in common.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Name within the file.
    pub id: String,
    /// How close to persons the data is.
    pub personal: Personal,
    /// In which form the data usually leaves the data set.
    pub processing: Processing,
    /// Most records that a usual access touches.
    pub records: u64,
    /// Most people that an access names as those whose data it is; absent where it is about nobody in particular.
    pub subjects: Option<u32>,
    /// Purposes that fit.
    pub purposes: Vec<String>,
    /// Purposes that an access could name and that do not fit.
    #[serde(default)]
    pub misfit: Vec<String>,
    /// What happens to it beyond queries.
    #[serde(default)]
    pub operations: Vec<Operation>,
    /// More records than this in one access are too many.
    pub record_ceiling: Option<u64>,
    /// Days that collected data may be kept.
    pub keep_days: Option<u16>,
    /// Seconds between two readings of a sensor.
    pub reading_every_s: Option<u32>,
    /// Legal basis.
    pub legal_basis: Option<String>,
    /// National norm that the legal basis rests on.
    pub national_norm: Option<String>,
    /// Entry of the register of processing activities.
    pub activity: Option<String>,
    /// Categories of data.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Who may receive it.
    #[serde(default)]
    pub recipients: Vec<String>,
}

impl Kind {
    /// Whether its data is personal; indirectly counts.
    pub fn is_personal(&self) -> bool {
        self.personal != Personal::None
    }
}

/// A stream of accesses.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traffic {
    /// Service that records it.
    pub producer: String,
    /// When it flows.
    pub pattern: Pattern,
    /// Unit that accesses; absent when it is the public.
    pub unit: Option<String>,
    /// Role in which it accesses.
    pub role: String,
    /// Kind of actor.
    pub actor: Actor,
    /// What is done; absent: queries, and what the kind names besides.
    pub operation: Option<Operation>,
    /// Only data sets without a restriction of access.
    #[serde(default)]
    pub published: bool,
    /// [`Pattern::Office`] and [`Pattern::Public`]: accesses a day.
    pub per_day: Option<u32>,
    /// [`Pattern::Public`]: most lines of an access log that one event stands for.
    pub lines_max: Option<u64>,
    /// [`Pattern::Clock`]: minutes between two accesses to one data set.
    pub every_min: Option<u32>,
    /// [`Pattern::Clock`]: minutes from Monday 00:00 UTC to the first access.
    pub first_min: Option<u32>,
    /// [`Pattern::Clock`]: minutes over which the data sets are spread.
    pub spread_min: Option<u32>,
    /// Purposes; an access names one that fits the data set as well.
    pub purposes: Vec<String>,
    /// Kinds of data sets accessed.
    pub kinds: Vec<String>,
}

/// How close to persons data is. Indirect counts as personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // The names say it.
pub enum Personal {
    None,
    Indirect,
    Direct,
}

/// Form of data, as in the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // Documented in event.proto.
pub enum Processing {
    Raw,
    Pseudonymised,
    Aggregated,
}

/// What is done with data, as in the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // Documented in event.proto.
pub enum Operation {
    Collect,
    Alter,
    Disclose,
    Combine,
    Erase,
}

/// Kind of actor, as in the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // Documented in event.proto.
pub enum Actor {
    Human,
    System,
    Ai,
}

/// When traffic flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pattern {
    /// At fixed intervals, day and night.
    Clock,
    /// On weekdays from 7 to 18 h local time.
    Office,
    /// Every day, less at night.
    Public,
}
