//! From the sources to a configuration, and what must hold between its settings.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::document::{self, CallerTable};
use super::error::{ConfigError, Place, Reason};
use super::key::{CALLER_SETTINGS, SETTINGS};
use super::overrides::{self, Sources};
use super::said::{Missing, Problems, Said};
use super::{CallerLimits, Config, InternalTls, LedgerConfig, Limits, ListenConfig, PublicTls};
use super::{callers, rules, vault};

/// A configuration, and where each setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The file.
    pub file: PathBuf,
    /// By name of the setting. Settings that are absent are not in here.
    pub places: BTreeMap<&'static str, Place>,
    /// Where each of `config.callers` begins.
    pub caller_places: Vec<Place>,
}

/// Makes a configuration from the text of its file and the other `sources`. Relative paths count from
/// `folder`. Touches no file, `sources.file` is a name here.
///
/// # Errors
/// [`ConfigError::Refused`], with everything that was found wrong.
pub fn parse(text: &str, folder: &Path, sources: &Sources) -> Result<Loaded, ConfigError> {
    let mut problems = Problems::default();
    let refused = |problems: Problems| {
        let Problems { mut listed, further, .. } = problems;
        listed.sort_by_key(|problem| match problem.place {
            Some(Place::File { line, column }) => (line, column),
            _ => (usize::MAX, 0),
        });
        ConfigError::Refused { file: sources.file.clone(), problems: listed, further }
    };
    let Some(document) = document::read(text, &mut problems) else { return Err(refused(problems)) };
    let (mut settings, mut tables) = (document.settings, document.callers);
    overrides::read(sources, &mut settings, &mut problems);
    settings.complete(SETTINGS, &Missing { caller: None }, &mut problems);
    for CallerTable { label, place, said } in &mut tables {
        said.complete(CALLER_SETTINGS, &Missing { caller: Some((&*label, &*place)) }, &mut problems);
    }
    check(&settings, folder, &mut problems);
    vault::check(&settings, sources, folder, &mut problems);
    rules::check(&settings, &mut problems);
    callers::check(&tables, &settings, &mut problems);
    match assemble(&settings, &tables, sources, folder) {
        Some(config) if problems.is_empty() => Ok(Loaded {
            config,
            file: sources.file.clone(),
            places: settings.places(),
            caller_places: tables.into_iter().map(|table| table.place).collect(),
        }),
        _ => Err(refused(problems)),
    }
}

/// `None` if something that is needed is missing or was refused.
fn assemble(said: &Said, tables: &[CallerTable], sources: &Sources, folder: &Path) -> Option<Config> {
    let path = |name| said.text(name).map(|path| folder.join(path));
    let caller = CallerLimits {
        events_per_second: said.rate("limits.events_per_second")?,
        requests_per_second: said.rate("limits.requests_per_second")?,
        request_bytes: said.integer("limits.request_bytes")?,
    };
    let tls_internal = match said.is_table_said("tls.internal") {
        true => Some(InternalTls {
            certificate: path("tls.internal.certificate")?,
            key: path("tls.internal.key")?,
            client_ca: path("tls.internal.client_ca"),
        }),
        false => None,
    };
    let tls_public = match said.is_table_said("tls.public") {
        true => {
            Some(PublicTls { certificate: path("tls.public.certificate")?, key: path("tls.public.key")? })
        }
        false => None,
    };
    Some(Config {
        ledger: LedgerConfig {
            origin: said.origin("ledger.origin")?.clone(),
            data: path("ledger.data")?,
            last_known_checkpoint: path("ledger.last_known_checkpoint"),
            segment_bytes: said.integer("ledger.segment_bytes")?,
            disk_reserve_bytes: said.integer("ledger.disk_reserve_bytes")?,
        },
        keys_dir: path("keys.dir")?,
        vault: vault::assemble(said, sources, folder),
        rules: rules::assemble(said)?,
        listen: ListenConfig {
            internal: said.address("listen.internal")?,
            public: said.address("listen.public"),
        },
        tls_internal,
        tls_public,
        public_entries: said.boolean("public.entries")?,
        public_reports: path("public.reports"),
        limits: Limits {
            connections: said.integer("limits.connections")?,
            connections_per_address: said.integer("limits.connections_per_address")?,
            caller,
        },
        callers: tables.iter().map(|table| callers::caller(table, caller)).collect::<Option<_>>()?,
    })
}

/// Checks what no single setting can show.
fn check(said: &Said, folder: &Path, problems: &mut Problems) {
    for (listen, table) in [("listen.internal", "tls.internal"), ("listen.public", "tls.public")] {
        let Some(address) = said.address(listen) else { continue };
        if !address.ip().to_canonical().is_loopback() && !said.is_table_said(table) {
            let reason = Reason::Unexpected {
                expected: format!("a loopback address, or a certificate in [{table}]"),
                found: format!("\"{address}\" without one"),
                advice: format!("set {table}.certificate and {table}.key"),
            };
            problems.add(said.place(listen).cloned(), listen, reason);
        }
    }
    let (internal, public) = (said.address("listen.internal"), said.address("listen.public"));
    if let (Some(internal), Some(public)) = (internal, public)
        && internal == public
        && public.port() != 0
    {
        let reason = Reason::Unexpected {
            expected: "another address than listen.internal".to_owned(),
            found: format!("\"{public}\" for both"),
            advice: "give each listener its own port".to_owned(),
        };
        problems.add(said.place("listen.public").cloned(), "listen.public", reason);
    }
    if let (Some(data), Some(keys)) = (said.text("ledger.data"), said.text("keys.dir")) {
        let (data, keys) = (folder.join(data), folder.join(keys));
        if let Some(reason) = nested(&data, &keys) {
            problems.add(said.place("keys.dir").cloned(), "keys.dir", reason);
        }
    }
}

/// Why the folder of keys can't be where it is: a copy of the data folder must hold no secret.
pub(super) fn nested(data: &Path, keys: &Path) -> Option<Reason> {
    let (data, keys) = (plain(data), plain(keys));
    let found = match (keys.starts_with(&data), data.starts_with(&keys)) {
        (true, true) => "both at the same place",
        (true, false) => "it inside ledger.data",
        (false, true) => "ledger.data inside it",
        (false, false) => return None,
    };
    Some(Reason::Unexpected {
        expected: "a folder apart from ledger.data".to_owned(),
        found: found.to_owned(),
        advice: "choose another folder, so that a copy of the data holds no secret".to_owned(),
    })
}

/// Whether one path lies in the other, or is the same. Does not follow links.
pub(super) fn is_inside(path: &Path, folder: &Path) -> bool {
    plain(path).starts_with(plain(folder))
}

/// A path without `.` and `..`. Does not follow links.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}
