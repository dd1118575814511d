//! Reads the configuration again. Either all of it holds from now on, or all stays as it was.

use super::{Live, Material};
use crate::config::{self, Config, ConfigError, Sources};
use crate::tls::TlsError;

/// Reads the configuration again when it is told to.
pub struct Reloader {
    sources: Sources,
    current: Config,
    live: Live,
}

/// The configuration was not exchanged; the old one holds.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// It can't be read, or says what can't be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A certificate or key can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// It changes what can't change while the service runs.
    #[error("{} can't change while the service runs: restart it", .keys.join(", "))]
    Fixed {
        /// The settings.
        keys: Vec<&'static str>,
    },
}

impl Reloader {
    /// Watches over what runs by `current`, read from `sources`.
    #[must_use]
    pub fn new(sources: Sources, current: Config, live: Live) -> Self {
        Self { sources, current, live }
    }

    /// Reads the configuration and the certificates again, and exchanges them. Reads files: not for
    /// async threads. Returns how many callers are known now.
    ///
    /// # Errors
    /// [`ReloadError`]; then nothing was exchanged.
    pub fn reload(&mut self) -> Result<usize, ReloadError> {
        let new = config::load(&self.sources)?.config;
        let mut keys = self.current.fixed_differences(&new);
        // A listener speaks TLS or not from the start.
        let has_tls = |config: &Config| [config.tls_internal.is_some(), config.tls_public.is_some()];
        let tables = ["[tls.internal]", "[tls.public]"].into_iter();
        let now_and_then = has_tls(&self.current).into_iter().zip(has_tls(&new));
        keys.extend(tables.zip(now_and_then).filter(|(_, (now, then))| now != then).map(|(table, _)| table));
        if !keys.is_empty() {
            return Err(ReloadError::Fixed { keys });
        }
        let material = Material::load(&new)?;
        self.live.exchange(&new, material);
        self.current = new;
        Ok(self.current.callers.len())
    }
}
