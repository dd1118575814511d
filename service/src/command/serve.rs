//! `einsichtd serve`: the service that a city runs.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::running::{self, Running, Started};
use super::sources::SourceArgs;
use crate::auth::Door;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::ledger::{self, NewLedger, Opening};
use crate::live::{Live, Material, Reloader};
use crate::server::Entrance;
use crate::wrapping_key::WrappingKeySource;
use crate::{preflight, supervisor};

/// Runs the ledger of a city.
///
/// Reads its configuration again on SIGHUP, without dropping a connection: certificates, callers,
/// limits and `public.entries` are exchanged; a configuration that can't be used is refused, and the
/// old one stays. Goes down in order on SIGTERM and Ctrl-C.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    sources: SourceArgs,
    /// Start although the newest entry is more than 31 days old by this machine's clock
    #[arg(long)]
    accept_clock: bool,
}

pub(super) fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let config = args.sources.load()?.config;
    // Everything that can be found out before anything is written, and before somebody connects.
    preflight::check_ledger(&config.ledger.data, &config.ledger.origin)?;
    preflight::check_keys(&config.keys_dir)?;
    let live = Live::new(&config, Material::load(&config)?);
    let entrances = entrances(&config, &live)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ledger = ledger::stand_by(opening(&config, Arc::clone(&clock), args.accept_clock)?)?;
    if let Some(known) = &config.ledger.last_known_checkpoint {
        preflight::check_rollback(&ledger, known)?;
    }
    let (data, reports) = (config.ledger.data.clone(), config.reports());
    let has_tls = [config.tls_internal.is_some(), config.tls_public.is_some()];
    let expiry = live.expiry.clone();
    let (gate, rules) = (live.gate.clone(), live.rules.clone());
    let reloader = Reloader::new(args.sources.sources(), config, live);
    let is_clock_confirmed = args.accept_clock;
    running::run(
        ledger,
        Running { data, reports, entrances, gate, clock, is_clock_confirmed, rules },
        |started| {
            tokio::spawn(reload_on_signal(reloader, signal(SignalKind::hangup()).context("SIGHUP")?));
            expiry.look(true);
            tokio::spawn(expiry.watch());
            welcome(&started, has_tls);
            supervisor::ready();
            Ok(())
        },
    )
}

fn entrances(config: &Config, live: &Live) -> anyhow::Result<Vec<Entrance>> {
    let mut entrances = vec![Entrance {
        door: Door::Internal,
        tcp: bind("listen.internal", config.listen.internal)?,
        tls: live.internal_tls.clone(),
        quota: live.internal_quota.clone(),
    }];
    if let Some(address) = config.listen.public {
        entrances.push(Entrance {
            door: Door::Public,
            tcp: bind("listen.public", address)?,
            tls: live.public_tls.clone(),
            quota: live.public_quota.clone(),
        });
    }
    Ok(entrances)
}

fn bind(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let what = "is another service there, or is it no address of this machine?";
    TcpListener::bind(address).with_context(|| format!("can't listen on {address} ({setting}); {what}"))
}

fn opening(config: &Config, clock: Arc<dyn Clock>, accept_clock: bool) -> anyhow::Result<Opening<'_>> {
    let wrapping_key = config.vault.wrapping_key.as_ref().map(WrappingKeySource::read).transpose()?;
    Ok(Opening {
        data: &config.ledger.data,
        keys: config.keys_dir.clone(),
        wrapping_key,
        clock,
        accept_clock,
        // Not used: that there is a ledger was checked.
        new: NewLedger { origin: config.ledger.origin.clone(), simulated: false },
        segment_bytes_max: config.ledger.segment_bytes,
        disk_reserve_bytes: config.ledger.disk_reserve_bytes,
    })
}

/// Reads the configuration again for as long as the service runs.
async fn reload_on_signal(mut reloader: Reloader, mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        supervisor::reloading();
        let read = tokio::task::spawn_blocking(move || {
            let outcome = reloader.reload();
            (reloader, outcome)
        });
        let Ok((back, outcome)) = read.await else {
            tracing::error!("reloading ended in disorder; the configuration stays as it is until a restart");
            return;
        };
        reloader = back;
        let told = match outcome {
            Ok(callers) => {
                tracing::info!(callers, "the configuration was reloaded");
                "done"
            }
            Err(error) => {
                tracing::error!("the new configuration is refused, the old one stays: {error}");
                "refused"
            }
        };
        metrics::counter!("einsicht_reloads_total", "outcome" => told).increment(1);
        supervisor::ready();
    }
}

/// Where it listens, for people and for scripts: the ports are those that were chosen where 0 was asked
/// for.
fn welcome(started: &Started<'_>, has_tls: [bool; 2]) {
    super::say(&format!("Einsicht serves {}, {} entries.", started.origin, started.size));
    for ((name, address), tls) in ["internal", "public"].iter().zip(started.addresses).zip(has_tls) {
        let scheme = if tls { "https" } else { "http" };
        super::say(&format!("{name:<9} {scheme}://{address}"));
        tracing::info!(listener = name, %address, tls, "listening");
    }
}
