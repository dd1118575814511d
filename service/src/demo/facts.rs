//! The city of the sample week, as `data/ulm.toml` describes it.
//!
//! What stands under a [`Source`] is fact, except for the `kind` of data sets and sensors; what stands
//! in [`Assumed`] was made up for the simulation. The head of the file says what that means.

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, de::Error as _};

pub use super::check::FactsError;
use super::check::check;

const FILE: &str = include_str!("../../data/ulm.toml");

/// The city of the sample week, from the file built into this programme.
///
/// # Errors
/// Any [`FactsError`]: the file does not parse, or it contradicts itself.
pub fn facts() -> Result<Facts, FactsError> {
    parse(FILE)
}

/// Reads a city from the text of a file such as `data/ulm.toml`, and checks it.
pub(super) fn parse(text: &str) -> Result<Facts, FactsError> {
    let facts: Facts = toml::from_str(text)?;
    check(&facts)?;
    Ok(facts)
}

/// A city: what its sources say, and what was assumed on top.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Name of the city.
    pub title: String,
    /// Its time zone, without the history of one: the rules of today hold for every year.
    #[serde(deserialize_with = "posix_time_zone")]
    pub time_zone: TimeZone,
    /// Facts, by where they come from.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
    /// Made up for the simulation.
    pub assumed: Assumed,
}

impl Facts {
    /// Every data set, in the order of the file.
    pub fn datasets(&self) -> impl Iterator<Item = &Dataset> {
        self.sources.iter().flat_map(|source| &source.datasets)
    }

    /// Every sensor, in the order of the file.
    pub fn sensors(&self) -> impl Iterator<Item = &Sensor> {
        self.sources.iter().flat_map(|source| &source.sensors)
    }

    /// Every organisational unit, in the order of the file.
    pub fn units(&self) -> impl Iterator<Item = &Named> {
        self.sources.iter().flat_map(|source| &source.units)
    }

    /// Every organisation, in the order of the file.
    pub fn organisations(&self) -> impl Iterator<Item = &Named> {
        self.sources.iter().flat_map(|source| &source.organisations)
    }

    /// What is assumed of the data sets and sensors of one kind.
    pub fn kind(&self, id: &str) -> Option<&Kind> {
        self.assumed.kinds.iter().find(|kind| kind.id == id)
    }
}

/// A public source and what was taken from it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name within the file.
    pub id: String,
    /// Where it is.
    pub text: String,
    /// Its licence, in words.
    pub licence_note: String,
    /// Organisations that it names.
    #[serde(default)]
    pub organisations: Vec<Named>,
    /// Organisational units that it names.
    #[serde(default)]
    pub units: Vec<Named>,
    /// Data sets that it names.
    #[serde(default)]
    pub datasets: Vec<Dataset>,
    /// Sensors that it names.
    #[serde(default)]
    pub sensors: Vec<Sensor>,
}

/// Something with a code and a name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Code.
    pub id: String,
    /// Name as the source writes it.
    pub title: String,
    /// Name in English; only what was assumed has one.
    pub title_en: Option<String>,
}

/// A data set of the city.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Code.
    pub id: String,
    /// Title as the source writes it.
    pub title: String,
    /// Unit that keeps it, if the source names one.
    pub unit: Option<String>,
    /// Organisation that keeps it, if that is not a unit of the city.
    pub organisation: Option<String>,
    /// File format as the source writes it.
    pub format: String,
    /// Restriction of access as the source writes it; absent for an open data set.
    pub access: Option<String>,
    /// Licence of the data set, if the source names one.
    pub licence: Option<String>,
    /// Assumed: its [`Kind`].
    pub kind: String,
}

/// A sensor of the city. Its readings are a data set with the code of the sensor.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sensor {
    /// Code.
    pub id: String,
    /// Name or place as the source writes it.
    pub title: String,
    /// Who runs it, as the source writes it.
    pub operator: String,
    /// What it sends, as the source writes it.
    pub format: Option<String>,
    /// File within the source.
    pub file: Option<String>,
    /// Assumed: its [`Kind`].
    pub kind: String,
}

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

fn posix_time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
    let text = String::deserialize(deserializer)?;
    TimeZone::posix(&text).map_err(D::Error::custom)
}
