//! The charter that sealed events are judged by: the example for Ulm, with its twelve commitments.

use std::hint::black_box;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use anyhow::Context as _;
use einsicht_access::judge::InForce;
use einsicht_access::{Charter, EventView, Facts};
use einsicht_proto::v1::AccessEvent;
use einsicht_service::charters::Announced;
use einsicht_service::ledger::Recording;
use einsicht_service::sequencer::{Committer, Work};
use einsicht_tlog::Index;

use crate::event::{self, Run, Standard};

const NAME: &str = "charters/ulm.toml";
const TEXT: &str = include_str!("../../charters/ulm.toml");

/// `None` only if the file is none, which the tests of `access` would tell.
static CHARTER: LazyLock<Option<Arc<Charter>>> =
    LazyLock::new(|| Charter::parse(NAME, TEXT.as_bytes()).ok().map(Arc::new));

impl Standard {
    /// The charter that it is judged by, as if its last entry were that one.
    #[must_use]
    pub fn charter(self, index: u64) -> Option<InForce<'static>> {
        let charter = CHARTER.as_ref().filter(|_| self == Self::Sealed)?;
        Some(InForce { index, charter })
    }
}

/// Events that are judged again and again, on one core.
pub struct Judging(Vec<AccessEvent>);

impl Judging {
    /// Events of a batch.
    const EVENTS: u64 = 500;
    /// How often each is judged in one turn: some hundredths of a second in all.
    const TIMES: u32 = 400;

    /// A batch of sealed events.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn new() -> anyhow::Result<Self> {
        let run = Run::new()?;
        Ok(Self(event::request(&run, Standard::Sealed, 0, Self::EVENTS, 1_795_365_613_271_829).events))
    }

    /// How long it takes to look at what a rule may ask of one event, in nanoseconds.
    ///
    /// # Errors
    /// If there is no charter.
    pub fn facts_ns(&self) -> anyhow::Result<f64> {
        self.ns_per_event(|_, _| ())
    }

    /// The same, and to judge it.
    ///
    /// # Errors
    /// If there is no charter.
    pub fn judging_ns(&self) -> anyhow::Result<f64> {
        self.ns_per_event(|charter, facts| charter.judge(&facts))
    }

    fn ns_per_event<T>(&self, work: impl Fn(&Charter, Facts<'_>) -> T) -> anyhow::Result<f64> {
        let charter = Standard::Sealed.charter(0).context("the sealed event has no charter")?.charter;
        let views: Vec<_> = self.0.iter().map(EventView::from).collect();
        let begun = Instant::now();
        for _ in 0..Self::TIMES {
            for view in &views {
                black_box(work(charter, black_box(Facts::from(view))));
            }
        }
        Ok(begun.elapsed().as_secs_f64() * 1e9 / (f64::from(Self::TIMES) * self.0.len() as f64))
    }
}

/// Puts the charter of these events in force, if they have one. Returns its last entry.
///
/// # Errors
/// If it can't be recorded.
pub fn publish(committer: &mut Committer, standard: Standard) -> anyhow::Result<Option<Index>> {
    if standard.charter(0).is_none() {
        return Ok(None);
    }
    let placed = committer.record_now(vec![Work::Charter(Announced::parse(NAME, TEXT.as_bytes())?)])?;
    Ok(Some(placed.last().context("a charter without an entry")?.index))
}

/// The same in a ledger that is about to be served.
///
/// # Errors
/// As [`publish`]; if there is no room.
pub fn publish_first(recording: &mut Recording, standard: Standard) -> anyhow::Result<()> {
    match recording {
        Recording::Begun(committer) => publish(committer, standard).map(|_| ()),
        Recording::Later(_) => anyhow::bail!("there is no room on the disk"),
    }
}
