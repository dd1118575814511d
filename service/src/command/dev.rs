//! `einsichtd dev`: a ledger for trying out, on this machine only.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use einsicht_access::Month;
use einsicht_access::vault::WrappingKey;
use einsicht_tlog::hash::to_hex;
use einsicht_tlog::{Index, Origin};

use super::running::{Running, Started};
use crate::auth::{Door, Gate, Policy};
use crate::clock::{Clock, SystemClock};
use crate::config::Rules;
use crate::custody::RulesSlot;
use crate::ledger::{self, NewLedger, Opening, Standby};
use crate::listen::{Quota, QuotaLimits};
use crate::server::Entrance;
use crate::storage::{RESERVE_BYTES, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN, VKEY};
use crate::wrapping_key::WrappingKeySource;
use crate::{reports, signer};

/// Name of the file with the token that `dev` makes.
const TOKEN_FILE: &str = "dev.token";
/// Name of the file with the wrapping key that it makes. Beside what it protects: this ledger is for trying out.
const WRAPPING_KEY_FILE: &str = "wrapping.key";
/// The one register that data subjects of a development ledger come from.
const SCHEME: &str = "person";
/// What records with that token is logged as.
const PRODUCER: &str = "dev";
/// Domain that can't exist (RFC 2606): a development ledger is nobody's.
const ORIGIN_PREFIX: &str = "dev.einsicht.invalid/";
/// Connections of a development ledger: as many as a city's has by default.
const CONNECTIONS: QuotaLimits = QuotaLimits { connections: 20_000, per_address: 2_000 };

/// Runs a ledger for trying out and developing, on this machine only.
#[derive(Debug, Args)]
pub struct DevArgs {
    /// Data folder; made if it is not there, with keys, a token and an empty ledger
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Address to listen on, gRPC and HTTP on one port; loopback only
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7420")]
    listen: SocketAddr,
    /// Record, once, a simulated week of a city: the last that ended and began in a month that has ended
    #[arg(long)]
    sample: bool,
    /// Start although the newest entry is more than 31 days old by this machine's clock
    #[arg(long)]
    accept_clock: bool,
    /// Begin a new segment file when one would grow beyond this many bytes
    #[arg(long, value_name = "BYTES", default_value_t = SEGMENT_BYTES_MAX, hide_short_help = true)]
    segment_bytes: u64,
    /// Record nothing while less than this is free on the disk of the data folder
    #[arg(long, value_name = "BYTES", default_value_t = RESERVE_BYTES, hide_short_help = true)]
    disk_reserve_bytes: u64,
}

pub(super) fn run(args: &DevArgs) -> anyhow::Result<()> {
    ensure!(
        args.listen.ip().is_loopback(),
        "`dev` listens on loopback addresses only, {} is not one; it has no TLS and one token for everybody",
        args.listen.ip()
    );
    ensure!(args.segment_bytes >= SEGMENT_BYTES_MIN, "--segment-bytes must be at least {SEGMENT_BYTES_MIN}");
    // Before anything is written: a start that can't serve should leave no trace in the ledger.
    let listener = TcpListener::bind(args.listen)
        .with_context(|| format!("can't listen on {}; is another service there?", args.listen))?;
    let report = if args.sample { Some(sample(args)?) } else { None };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ledger = ledger::stand_by(opening(args, Arc::clone(&clock), args.accept_clock, false)?)?;
    let token = token(&keys(args))?;
    let tour = if ledger.genesis.simulated { Tour::of(&ledger)? } else { None };
    let entrance = Entrance {
        door: Door::Internal,
        tcp: listener,
        tls: None,
        quota: Quota::new(Door::Internal.name(), CONNECTIONS.within_files(1)),
    };
    let (entrances, gate) = (vec![entrance], Gate::new(Policy::development(PRODUCER, &token)));
    let (data, reports) = (args.data.clone(), args.data.join(reports::FOLDER));
    let rules = RulesSlot::new(rules());
    let is_clock_confirmed = args.accept_clock;
    super::running::run(
        ledger,
        Running { data, reports, entrances, gate, clock, is_clock_confirmed, rules },
        |started| {
            let [address] = started.addresses else { bail!("there is no listener") };
            let report = report.as_deref().filter(|report| report.is_dir());
            welcome(args, &started, *address, tour.as_ref(), report);
            Ok(())
        },
    )
}

fn opening(
    args: &DevArgs,
    clock: Arc<dyn Clock>,
    accept_clock: bool,
    simulated: bool,
) -> anyhow::Result<Opening<'_>> {
    let mut suffix = [0; 4];
    signer::random(&mut suffix)?;
    let origin = Origin::parse(&format!("{ORIGIN_PREFIX}{}", to_hex(&suffix)))?;
    Ok(Opening {
        data: &args.data,
        keys: keys(args),
        wrapping_key: wrapping_key(args)?,
        clock,
        accept_clock,
        new: NewLedger { origin, simulated },
        segment_bytes_max: args.segment_bytes,
        disk_reserve_bytes: args.disk_reserve_bytes,
    })
}

fn rules() -> Rules {
    Rules { schemes: vec![SCHEME.to_owned()], ..Rules::default() }
}

fn keys(args: &DevArgs) -> PathBuf {
    args.data.join("keys")
}

/// The wrapping key, made on first start. Where a ledger has lost its keys, nothing is made: that is told first.
fn wrapping_key(args: &DevArgs) -> anyhow::Result<Option<WrappingKey>> {
    let keys = keys(args);
    let path = keys.join(WRAPPING_KEY_FILE);
    if !path.exists() {
        if args.data.join("log").exists() && !keys.join(signer::KEY_FILE).exists() {
            return Ok(None);
        }
        let folder = |path: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        folder(&args.data).and_then(|()| folder(&keys)).with_context(|| keys.display().to_string())?;
        super::wrapping_key::make(&path)?;
    }
    Ok(Some(WrappingKeySource::File(path).read()?))
}

/// The token that recorders use, made on first start.
fn token(keys: &Path) -> anyhow::Result<String> {
    let path = keys.join(TOKEN_FILE);
    if let Some(token) = signer::read_secret(&path)? {
        let token = token.trim();
        ensure!(!token.is_empty(), "{} is empty; delete it, and a new token is made", path.display());
        return Ok(token.to_owned());
    }
    let mut secret = [0; 32];
    signer::random(&mut secret)?;
    let token = to_hex(&secret);
    signer::write_secret(&path, format!("{token}\n").as_bytes())?;
    Ok(token)
}

#[cfg(feature = "demo")]
fn sample(args: &DevArgs) -> anyhow::Result<PathBuf> {
    let open = |clock, simulated| Ok(ledger::stand_by(opening(args, clock, true, simulated)?)?);
    let sample = crate::demo::record_once(&args.data, &SystemClock::new(), &rules(), open)?;
    if !sample.was_incomplete {
        return Ok(sample.report);
    }
    let wrapping_key = wrapping_key(args)?.context("there is no wrapping key")?;
    let checked = super::fsck::check_with(&args.data, Some((&keys(args), wrapping_key)))?;
    match [checked.faults, checked.vault_faults].concat().as_slice() {
        [] => super::say(&format!(
            "verified: {} entries; chain, tree and signature hold, and what is sealed of {} of them is what the log says",
            checked.head.size, checked.vault.opened
        )),
        faults => bail!("the sample does not verify: {}", faults.join("; ")),
    }
    Ok(sample.report)
}

#[cfg(not(feature = "demo"))]
fn sample(_args: &DevArgs) -> anyhow::Result<PathBuf> {
    bail!("this build has no sample week (it was built without the feature 'demo')")
}

/// What of a simulated ledger can be tried out with what is sealed.
struct Tour {
    /// An entry of which something is sealed.
    index: Index,
    /// A month that has ended: view keys are given out for it.
    month: Month,
}

impl Tour {
    fn of(ledger: &Standby) -> anyhow::Result<Option<Self>> {
        let kept = ledger.vault.classes().context("the vault")?.into_iter();
        let mut kept = kept.filter(|class| class.erased_by.is_none());
        Ok(kept.find_map(|class| class.entries.map(|(index, _)| Self { index, month: class.month })))
    }

    fn text(&self, data: &str, url: &str) -> String {
        let Self { index, month } = self;
        let run = "cargo run --release --bin einsicht --";
        let with = format!("--url {url} --token-file {data}/keys/{TOKEN_FILE} --vkey {data}/{VKEY}");
        format!(
            "\n\nWhat is personal is sealed. See it, and find the accesses to the data of one of the (made-up) people. That \
             you looked is recorded, too:\n  \
             {run} disclose {index} --reason trying-it-out {with}\n  \
             echo {SCHEME}:1001 > person.txt\n  \
             {run} citizen key --subject-file person.txt --month {month} --reason trying-it-out --out person.keys {with}\n  \
             {run} citizen scan --keys person.keys {url} --vkey {data}/{VKEY}\n\
             or take person.keys to {url}/en/my-data.html: your browser finds them, and the file stays there."
        )
    }
}

/// What of a simulated ledger can be seen of its charter.
fn promised(data: &str, url: &str) -> String {
    let run = "cargo run --release --bin einsicht --";
    format!(
        "\n\nThe sample begins with a charter: charters/ulm.toml, an example of what a city may promise. See it, and what does \
         not fit it:\n  \
         {run} charter show {url} --vkey {data}/{VKEY}\n  \
         {run} list {url} --vkey {data}/{VKEY} --deviates DE-03"
    )
}

/// What of a simulated ledger can be seen of its report.
fn reported(report: &Path, data: &str, url: &str) -> String {
    let (run, report) = ("cargo run --release --bin einsicht --", report.display());
    format!(
        "\n\nThe sample ends with a report of its week, which the ledger names. Open {url}/en/reports.html, and see whether \
         it is true:\n  \
         {run} report recompute {report} {url} --vkey {data}/{VKEY}"
    )
}

fn welcome(
    args: &DevArgs,
    Started { origin, size, .. }: &Started<'_>,
    address: SocketAddr,
    tour: Option<&Tour>,
    report: Option<&Path>,
) {
    let (url, data) = (format!("http://{address}"), args.data.display());
    let report = report.map(|report| reported(report, &data.to_string(), &url)).unwrap_or_default();
    let promised = tour.map(|_| promised(&data.to_string(), &url)).unwrap_or_default();
    let tour = tour.map(|tour| tour.text(&data.to_string(), &url)).unwrap_or_default();
    super::say(&format!(
        "Einsicht is recording. This is a development ledger: one token, no TLS, this machine only.\n\n  \
         ledger    {origin}, {size} entries\n  \
         open      {url}/\n  \
         English   {url}/en/\n\n\
         Check it as an outsider would, in another terminal:\n  \
         cargo run --release --bin einsicht -- verify {url} --vkey {data}/{VKEY}\n\n\
         Record an access:\n  \
         cargo run --release --bin einsicht -- record --url {url} \\\n    \
         --token-file {data}/keys/{TOKEN_FILE} --vkey {data}/{VKEY} \\\n    \
         --dataset parkhaeuser --operation query --purpose verkehrsplanung --role planung{promised}{report}{tour}\n\n\
         Stop with Ctrl-C."
    ));
}
