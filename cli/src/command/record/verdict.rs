//! What the charter says of accesses that were just recorded.

use einsicht_access::entry::access_of;
use einsicht_access::read_body;
use einsicht_client::answer::Recorded;
use einsicht_client::charters::Evaluation;
use einsicht_client::{Access, Recorder};
use einsicht_proto::v1::AccessEvent;
use einsicht_tlog::Leaf;
use serde::Serialize;

use crate::options::Options;
use crate::output::counted;

/// Accesses of which it is said why they do not fit.
const TOLD_MAX: usize = 10;

/// The verdict that stands in an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The charter that it was judged by: its last entry.
    charter: u64,
    deviates: Vec<String>,
    not_verifiable: Vec<String>,
}

impl Verdict {
    /// As the proof of the entry has it. `None` if no charter was in force, and of what is confidential: there the
    /// verdict is sealed, too.
    pub fn of(recorded: &Recorded) -> Option<Self> {
        let leaf = Leaf::parse(recorded.receipt.as_ref()?.leaf.as_deref()?).ok()?;
        let body = read_body(leaf.body).ok()?;
        let record = access_of(&body)?;
        Some(Self {
            charter: record.charter?,
            deviates: record.deviates.clone(),
            not_verifiable: record.not_verifiable.clone(),
        })
    }

    fn is_kept(&self) -> bool {
        self.deviates.is_empty() && self.not_verifiable.is_empty()
    }
}

/// Notes which accesses do not fit, or say too little to tell: it is recorded, and nobody is kept from anything.
pub async fn tell(options: &Options, recorder: &Recorder, events: &[AccessEvent], recorded: &[Recorded]) {
    let verdicts = events.iter().zip(recorded).filter_map(|(event, place)| {
        let verdict = Verdict::of(place).filter(|verdict| !verdict.is_kept())?;
        Some((event, place.index, verdict))
    });
    let verdicts: Vec<_> = verdicts.collect();
    let (told, more) = verdicts.split_at(verdicts.len().min(TOLD_MAX));
    let reasons = reasons(recorder, told.iter().map(|(event, _, verdict)| (*event, verdict))).await;
    for (position, (_, index, verdict)) in told.iter().enumerate() {
        match reasons.get(position).and_then(Option::as_deref) {
            Some(reasons) => {
                reasons.iter().for_each(|reason| options.note(&format!("entry {index}: {reason}")))
            }
            None if !verdict.deviates.is_empty() => {
                options.note(&format!("entry {index}: does not fit {}", verdict.deviates.join(", ")));
            }
            None => {}
        }
        if !verdict.not_verifiable.is_empty() {
            let unclear = verdict.not_verifiable.join(", ");
            options.note(&format!(
                "entry {index}: can't be verified: {unclear}; `einsicht charter explain {index}` says why"
            ));
        }
    }
    if !more.is_empty() {
        let more = counted(more.len() as u64, "more access does", "more accesses do");
        options.note(&format!(
            "{more} not fit, or can't be verified; `einsicht charter explain INDEX` says why"
        ));
    }
}

/// Why they deviate, as the service says it: in order, and only where it says the verdict that is recorded.
async fn reasons(
    recorder: &Recorder,
    told: impl Iterator<Item = (&AccessEvent, &Verdict)>,
) -> Vec<Option<Vec<String>>> {
    let (accesses, verdicts): (Vec<_>, Vec<_>) =
        told.map(|(event, verdict)| (Access::from(event.clone()), verdict)).unzip();
    if accesses.is_empty() {
        return Vec::new();
    }
    let Ok(evaluated) = recorder.evaluate(&accesses).await else { return Vec::new() };
    let charter = evaluated.charter.map(|charter| charter.0);
    let reasons = evaluated.evaluations.into_iter().zip(verdicts).map(|(evaluation, verdict)| {
        let Evaluation { deviates, not_verifiable, because } = evaluation;
        let said = (charter, &deviates, &not_verifiable);
        let is_same = said == (Some(verdict.charter), &verdict.deviates, &verdict.not_verifiable);
        let of_deviations = because.into_iter().filter(|because| deviates.contains(&because.commitment));
        let reasons: Vec<_> = of_deviations.map(|because| because.english).collect();
        (is_same && !reasons.is_empty()).then_some(reasons)
    });
    reasons.collect()
}
