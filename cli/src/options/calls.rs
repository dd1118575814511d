//! The service, called: to record, and for what only it can do.

use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use einsicht_client::Recorder;
use einsicht_client::charters::CharterDesk;
use einsicht_client::config::{Defaults, OnUnavailable, RecorderConfig, SpoolConfig, URL_DEFAULT};
use einsicht_client::reports::ReportDesk;
use einsicht_client::retry::RetryPolicy;
use einsicht_client::vault::Vault;

use super::Options;

/// How often connecting to the vault is tried: whoever types a command wants to know soon.
const VAULT_ATTEMPTS_MAX: u32 = 4;
/// How long a call of the vault may take. Erasing what is due takes a sync or more for each month.
const VAULT_TIMEOUT: Duration = Duration::from_secs(60);

impl Options {
    /// A recorder, connected. `attempts_max` says how often a request is sent before it is given up.
    ///
    /// # Errors
    /// Something is missing, or the ledger can't be reached or believed.
    pub async fn recorder(&self, attempts_max: u32) -> anyhow::Result<Recorder> {
        let mut config = self.recorder_config()?;
        config.retry = RetryPolicy { attempts_max, ..RetryPolicy::default() };
        Ok(Recorder::connect(config).await?)
    }

    /// A recorder that ships the spool in `dir`. The ledger may be away.
    ///
    /// # Errors
    /// Something is missing, or the spool can't be opened.
    pub async fn recorder_with_spool(&self, dir: &Path) -> anyhow::Result<Recorder> {
        let mut config = self.recorder_config()?;
        config.on_unavailable = OnUnavailable::Spool(SpoolConfig::new(dir));
        Ok(Recorder::connect(config).await?)
    }

    /// The vault of the ledger, connected.
    ///
    /// # Errors
    /// Something is missing, or the ledger can't be reached or believed.
    pub async fn vault(&self) -> anyhow::Result<Vault> {
        Ok(Vault::connect(self.deed_config()?).await?)
    }

    /// Where charters are published, connected.
    ///
    /// # Errors
    /// Something is missing, or the ledger can't be reached or believed.
    pub async fn charter_desk(&self) -> anyhow::Result<CharterDesk> {
        Ok(CharterDesk::connect(self.deed_config()?).await?)
    }

    /// Where reports are published, connected. `given` is the address that the command was given.
    ///
    /// # Errors
    /// Something is missing, or the ledger can't be reached or believed.
    pub async fn report_desk(&self, given: Option<&str>) -> anyhow::Result<ReportDesk> {
        Ok(ReportDesk::connect(self.deed_config_at(given)?).await?)
    }

    fn deed_config(&self) -> anyhow::Result<RecorderConfig> {
        self.deed_config_at(None)
    }

    fn deed_config_at(&self, given: Option<&str>) -> anyhow::Result<RecorderConfig> {
        let mut config = self.recorder_config_at(given)?;
        config.retry = RetryPolicy { attempts_max: VAULT_ATTEMPTS_MAX, ..RetryPolicy::default() };
        // What is asked for is written, proven and deciphered before it is answered.
        config.call_timeout = VAULT_TIMEOUT;
        Ok(config)
    }

    /// How to ask the service at an address for what only it knows; `None` for a folder.
    ///
    /// # Errors
    /// Token, certificate or key can't be read.
    pub fn calls(&self, given: Option<&str>) -> anyhow::Result<Option<RecorderConfig>> {
        let place = self.place(given);
        if !place.contains("://") {
            return Ok(None);
        }
        let mut config = RecorderConfig::without_token(self.key(Some(place))?);
        config.token = self.token_file_for(given).map(|path| self.read_token(path)).transpose()?;
        if place.starts_with("https:") {
            config.tls = self.tls(given)?;
        }
        config.url = place.to_owned();
        Ok(Some(config))
    }

    /// How to call a service that must know who asks.
    ///
    /// # Errors
    /// Something is missing, or can't be read.
    pub fn recorder_config(&self) -> anyhow::Result<RecorderConfig> {
        self.recorder_config_at(None)
    }

    fn recorder_config_at(&self, given: Option<&str>) -> anyhow::Result<RecorderConfig> {
        let place = self.place(given);
        if !place.contains("://") {
            bail!(self.pick(
                format!(
                    "das geht nur über den Dienst: bitte seine Adresse angeben, etwa --url {URL_DEFAULT}"
                ),
                format!("this goes through the service: give its address, such as --url {URL_DEFAULT}"),
            ));
        }
        let tls = self.tls(given)?;
        let token = self.token_file_for(given).map(|path| self.read_token(path)).transpose()?;
        if token.is_none() && !tls.has_certificate() {
            bail!(self.pick(
                "kein Token angegeben: der Dienst muss wissen, wer fragt. Bitte die Datei mit Ihrem Token angeben: --token-file \
                 FILE (oder EINSICHT_TOKEN_FILE); `einsichtd dev` schreibt eines nach keys/dev.token in seinem Datenordner. Oder \
                 Ihr Zertifikat angeben: --cert-file FILE --key-file FILE",
                "no token given: the service must know who asks. Give the file with your token: --token-file FILE (or \
                 EINSICHT_TOKEN_FILE); `einsichtd dev` writes one to keys/dev.token in its data folder. Or give your \
                 certificate: --cert-file FILE --key-file FILE",
            ));
        }
        let mut config = RecorderConfig::without_token(self.key(Some(place))?);
        config.token = token;
        config.tls = tls;
        config.url = place.to_owned();
        config.state_dir = self.state_dir();
        config.defaults = Defaults::default();
        Ok(config)
    }
}
