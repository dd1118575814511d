//! What the environment and the command line say instead of the file.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use super::error::{Place, Reason, shown};
use super::key::{CALLER, ENVIRONMENT_PREFIX, Key, SETTINGS, setting};
use super::said::{Problems, Said};
use super::suggest::{nearest, nearest_key};
use super::value::{Kind, Raw, Value};
use crate::wrapping_key;

/// Variables that begin like settings and are options of the program, or a secret.
const OPTIONS: [&str; 3] = ["EINSICHTD_CONFIG", "EINSICHTD_LOG_FORMAT", wrapping_key::VARIABLE];

/// Where a configuration is read from.
#[derive(Clone, Default)]
pub struct Sources {
    /// The file.
    pub file: PathBuf,
    /// Values of `--set`, each `KEY=VALUE`. The last one counts if a key is there twice.
    pub set: Vec<String>,
    /// Variables of the environment. Those that do not begin with [`ENVIRONMENT_PREFIX`] are ignored.
    pub environment: Vec<(OsString, OsString)>,
}

/// Shows no value of the environment: one of them may be a secret.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.environment.iter().map(|(name, _)| name).collect();
        f.debug_struct("Sources")
            .field("file", &self.file)
            .field("set", &self.set)
            .field("environment", &names)
            .finish()
    }
}

impl Sources {
    /// A file, with this process's environment.
    #[must_use]
    pub fn of_process(file: PathBuf, set: Vec<String>) -> Self {
        Self { file, set, environment: std::env::vars_os().collect() }
    }
}

/// Overlays what the sources beside the file say.
pub(super) fn read(sources: &Sources, said: &mut Said, problems: &mut Problems) {
    for (name, value) in &sources.environment {
        let Some(name) = name.to_str() else { continue };
        if !name.starts_with(ENVIRONMENT_PREFIX) || OPTIONS.contains(&name) {
            continue;
        }
        let place = Place::Environment(name.to_owned());
        match SETTINGS.iter().find(|key| key.variable() == name) {
            Some(key) => put(key, value.to_str(), place, said, problems),
            None => {
                let advice = unknown_variable(name);
                problems.add(Some(place), "", Reason::Unknown { advice });
            }
        }
    }
    for (i, argument) in sources.set.iter().enumerate() {
        // What has no '=' could be anything, also a secret.
        let Some((name, value)) = argument.split_once('=') else {
            let reason = Reason::Unexpected {
                expected: "KEY=VALUE".to_owned(),
                found: "no '='".to_owned(),
                advice: String::new(),
            };
            problems.add(Some(Place::CommandLine), format!("number {}", i + 1), reason);
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        match setting(name) {
            Some(key) => put(key, Some(value), Place::CommandLine, said, problems),
            None => unknown_set(name, problems),
        }
    }
}

fn put(key: &Key, value: Option<&str>, place: Place, said: &mut Said, problems: &mut Problems) {
    let read = value.map(|value| read_words(key.kind, value)).unwrap_or_else(|| {
        let (expected, found) = (key.kind.shape().to_string(), "a text that is not UTF-8".to_owned());
        Err(Reason::Unexpected { expected, found, advice: String::new() })
    });
    match read {
        Ok(values) => said.put(key, values, place),
        Err(reason) => {
            said.refuse(key);
            problems.add(Some(place), key.name, reason);
        }
    }
}

fn read_words(kind: Kind, text: &str) -> Result<Vec<Value>, Reason> {
    match kind {
        Kind::Many(shape) if !text.trim().is_empty() => {
            text.split_whitespace().map(|word| shape.read(Raw::Word(word))).collect()
        }
        Kind::One(shape) | Kind::Many(shape) => shape.read(Raw::Word(text)).map(|value| vec![value]),
    }
}

fn unknown_variable(name: &str) -> String {
    // Kubernetes tells every container of a service called einsichtd where that is.
    if name.starts_with("EINSICHTD_SERVICE_") || name.starts_with("EINSICHTD_PORT") {
        return "Kubernetes sets such variables for a service 'einsichtd'; switch that off with \
                enableServiceLinks: false"
            .to_owned();
    }
    let variables: Vec<String> = SETTINGS.iter().map(Key::variable).collect();
    let meant = nearest(name, variables.iter().map(String::as_str).chain(OPTIONS));
    meant.map_or(String::new(), |meant| format!("did you mean {meant}?"))
}

fn unknown_set(name: &str, problems: &mut Problems) {
    let advice = if name == CALLER || name.starts_with("caller.") {
        "callers stand in the file only".to_owned()
    } else {
        let meant = nearest_key(name, SETTINGS.iter().map(|key| key.name));
        meant.map_or(String::new(), |meant| format!("did you mean '{meant}'?"))
    };
    problems.add(Some(Place::CommandLine), shown(name), Reason::Unknown { advice });
}
