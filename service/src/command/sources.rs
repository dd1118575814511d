//! The flags that say where a configuration comes from.

use std::path::PathBuf;

use clap::Args;

use crate::config::{self, ConfigError, Loaded, Sources};

/// Where the configuration comes from.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// Configuration file; `einsichtd config example` prints one to begin with
    #[arg(long, value_name = "FILE", env = "EINSICHTD_CONFIG")]
    pub config: PathBuf,
    /// Set a value in place of the file's, such as `--set listen.internal=127.0.0.1:0`; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl SourceArgs {
    pub fn sources(&self) -> Sources {
        Sources::of_process(self.config.clone(), self.set.clone())
    }

    pub fn load(&self) -> Result<Loaded, ConfigError> {
        config::load(&self.sources())
    }
}
