//! What the verdict on events would be. The same code judges what is recorded; nothing is written here.

use bytes::Bytes;
use einsicht_access::judge::Outcome;
use einsicht_access::{Charter, EventView, Facts, Language, Verdict, validate_events};
use einsicht_proto::v1::{Because, EvaluateResponse, Evaluation};
use tonic::Status;

use super::super::recorder::prepare::{read, sealing};
use super::super::{MESSAGE_BYTES_MAX, Shared, status};
use crate::auth::Session;
use crate::charters::Terms;

/// Reasons of one answer, which clients take up to 4 MiB unless they are told otherwise. Each names values with titles of
/// up to a kilobyte, there is one for each commitment, and a thousand events are asked about at once.
const REASONS_BYTES_MAX: usize = MESSAGE_BYTES_MAX / 2;

/// Judges events by the charter in force, of those that are published.
pub(super) fn evaluate(
    shared: &Shared,
    caller: &Session,
    sent: &[Bytes],
) -> Result<EvaluateResponse, Status> {
    let events = read(sent)?;
    let size = shared.sequencer.published().borrow().head.size;
    // Which charter is in force is known once the service records.
    shared.annotations.check_known().map_err(|error| status::not_known(&error))?;
    let terms =
        Terms { rules: shared.custody.rules(), charter: shared.publishing.charters().published(size) };
    validate_events(&events, shared.clock.unix_us(), sealing(shared, &terms))
        .map_err(|error| status::of_batch(&error))?;
    caller.may_evaluate(&events).map_err(|refusal| status::of_refusal(&refusal))?;
    let mut room_bytes = REASONS_BYTES_MAX;
    let of = |event: &EventView<'_>| {
        terms.charter.as_ref().map_or_else(Evaluation::default, |in_force| {
            evaluation(&in_force.charter, event, &mut room_bytes)
        })
    };
    Ok(EvaluateResponse {
        charter: terms.charter.as_ref().map(|in_force| in_force.place.last.0),
        evaluations: events.iter().map(of).collect(),
    })
}

/// The verdict, and why, as far as there is room.
fn evaluation(charter: &Charter, event: &EventView<'_>, room_bytes: &mut usize) -> Evaluation {
    let facts = Facts::from(event);
    let judgement = charter.judge(&facts);
    if judgement.deviates.is_empty() && judgement.not_verifiable.is_empty() {
        return Evaluation::default();
    }
    let owned = |ids: &mut dyn Iterator<Item = &str>| ids.map(str::to_owned).collect();
    Evaluation {
        deviates: owned(&mut judgement.deviates.ids(charter)),
        not_verifiable: owned(&mut judgement.not_verifiable.ids(charter)),
        because: reasons(charter, &facts, room_bytes),
    }
}

/// Nothing any more once a reason had no room: who is told why, is told all of it.
fn reasons(charter: &Charter, facts: &Facts<'_>, room_bytes: &mut usize) -> Vec<Because> {
    if *room_bytes == 0 {
        return Vec::new();
    }
    let explanation = charter.explain(facts);
    let mut reasons = Vec::new();
    for explained in &explanation.commitments {
        if !matches!(explained.outcome, Outcome::Judged(Verdict::Deviates | Verdict::NotVerifiable)) {
            continue;
        }
        let [german, english] = [Language::German, Language::English]
            .map(|language| charter.reason_sentence(explained, language));
        let commitment = explained.commitment.id.clone();
        let Some(room) = room_bytes.checked_sub(commitment.len() + german.len() + english.len()) else {
            *room_bytes = 0;
            return Vec::new();
        };
        *room_bytes = room;
        reasons.push(Because { commitment, german, english });
    }
    reasons
}
