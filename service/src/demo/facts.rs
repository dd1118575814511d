//! The city of the sample week, as `data/ulm.toml` describes it.
//!
//! What stands under a [`Source`] is fact, except for the `kind` of data sets and sensors; what stands
//! in `Assumed` was made up for the simulation. The head of the file says what that means.

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, de::Error as _};

use super::assumed::{Assumed, Kind};
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
    /// Assumed: the id of its `Kind`.
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
    /// Assumed: the id of its `Kind`.
    pub kind: String,
}

fn posix_time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
    let text = String::deserialize(deserializer)?;
    TimeZone::posix(&text).map_err(D::Error::custom)
}
