//! Reads docker-compose.yml strictly: a key that is not known here is an error, so that a misspelt one
//! is found, and a new one gets its check.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compose {
    #[expect(dead_code, reason = "any name will do")]
    name: String,
    pub services: BTreeMap<String, Service>,
    /// Named volumes; ours take no options.
    pub volumes: BTreeMap<String, ()>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    pub build: String,
    #[serde(default)]
    pub read_only: bool,
    #[serde(default)]
    pub cap_drop: Vec<String>,
    #[serde(default)]
    pub security_opt: Vec<String>,
    pub restart: Option<String>,
    pub stop_grace_period: Option<String>,
    pub network_mode: Option<String>,
    /// Services with a profile are started by name only.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// `ADDRESS:PORT:PORT IN THE CONTAINER`.
    #[serde(default)]
    pub ports: Vec<String>,
    #[serde(default)]
    pub depends_on: BTreeMap<String, Dependency>,
    pub entrypoint: Option<Vec<String>>,
    pub command: Option<Vec<String>>,
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    #[serde(default)]
    pub volumes: Vec<Mount>,
    pub healthcheck: Option<Healthcheck>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    pub condition: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    #[serde(rename = "type")]
    pub kind: String,
    pub source: String,
    pub target: String,
    #[serde(default)]
    pub read_only: bool,
    #[serde(default)]
    pub volume: VolumeOptions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeOptions {
    pub subpath: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "any periods will do")]
pub struct Healthcheck {
    /// `CMD`, the program, its arguments.
    pub test: Vec<String>,
    interval: String,
    timeout: String,
    retries: u32,
    start_period: String,
    start_interval: String,
}

impl Service {
    /// Folders that are writable although the root file system is not.
    pub fn writable(&self) -> impl Iterator<Item = &str> {
        self.volumes.iter().filter(|mount| !mount.read_only).map(|mount| mount.target.as_str())
    }

    /// The mounts of a named volume.
    pub fn mounts_of<'a>(&'a self, volume: &'a str) -> impl Iterator<Item = &'a Mount> {
        self.volumes.iter().filter(move |mount| mount.kind == "volume" && mount.source == volume)
    }
}

pub fn parse(text: &str) -> Compose {
    let documents = YamlLoader::load_from_str(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(documents.len(), 1, "one document");
    serde_json::from_value(json(&documents[0])).unwrap_or_else(|error| panic!("{error}"))
}

/// The `docker compose …` commands that the comments recommend, without these two words.
pub fn recommended(text: &str) -> Vec<Vec<String>> {
    let comments: Vec<&str> =
        text.lines().filter_map(|line| line.trim().strip_prefix('#')).map(str::trim).collect();
    let joined = comments.join("\n").replace("\\\n", " ");
    let commands = joined.lines().filter_map(|line| line.strip_prefix("docker compose "));
    commands.map(|command| command.split_whitespace().map(str::to_owned).collect()).collect()
}

fn json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::String(text) => Value::from(text.as_str()),
        Yaml::Integer(number) => Value::from(*number),
        Yaml::Boolean(truth) => Value::from(*truth),
        Yaml::Null => Value::Null,
        Yaml::Array(items) => items.iter().map(json).collect(),
        Yaml::Hash(entries) => {
            let key =
                |key: &Yaml| key.as_str().unwrap_or_else(|| panic!("not a text key: {key:?}")).to_owned();
            Value::Object(entries.iter().map(|(name, value)| (key(name), json(value))).collect())
        }
        other => panic!("not used in our file: {other:?}"),
    }
}
