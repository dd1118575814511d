//! What is said about simulated accesses later: corrections, and the opening of one that was confidential.

use rand::RngExt as _;
use rand::seq::{IndexedMutRandom as _, IndexedRandom as _};
use rand_chacha::ChaCha8Rng;

use super::assumed::{Assumed, Correction};
use super::timing::WEEK_S;
use super::week::Planned;

const DAY_S: u64 = 86_400;
/// Days of the week on which something may have to be opened on a later one.
const OPENED_OF_DAYS: u64 = 3;
/// When a day's openings are made: seconds after 00:00 UTC.
const OPENED_AT_S: u64 = 6 * 3600;

/// Something that is said about a recorded access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Unix second of the service's clock when it is recorded.
    pub at_s: u64,
    /// Who recorded the access that it is about.
    pub producer: String,
    /// In which session.
    pub session: [u8; 16],
    /// Under which number.
    pub sequence: u64,
    /// What is said.
    pub what: What,
}

/// What can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Something was wrong.
    Correction(Correction),
    /// It is not confidential any more.
    Opening,
}

/// Draws what is said about the accesses of a week. One that is about somebody becomes confidential until a day that
/// comes within the week, so that somebody who looks sees an opened one, too.
pub(super) fn say(
    events: &mut [Planned],
    assumed: &Assumed,
    monday_s: u64,
    random: &mut ChaCha8Rng,
) -> Vec<Said> {
    let mut said = Vec::new();
    let early = events.iter_mut().take_while(|planned| planned.at_s < monday_s + OPENED_OF_DAYS * DAY_S);
    let mut about_people: Vec<_> = early.filter(|planned| !planned.event.subjects.is_empty()).collect();
    if let Some(planned) = about_people.choose_mut(random) {
        let day = planned.at_s / DAY_S + 2;
        planned.event.confidential_until_day = i32::try_from(day).ok();
        said.push(about(planned, day * DAY_S + OPENED_AT_S, What::Opening));
    }
    for planned in events.iter() {
        let event = &planned.event;
        // What is corrected has to be readable.
        if event.actor.is_none() || event.confidential_until_day.is_some() || !random.random_ratio(1, 1500) {
            continue;
        }
        let at_s = planned.at_s + random.random_range(DAY_S..2 * DAY_S);
        let correction = assumed.corrections.choose(random).filter(|_| at_s < monday_s + WEEK_S);
        said.extend(correction.map(|correction| about(planned, at_s, What::Correction(correction.clone()))));
    }
    said.sort_by_key(|said| said.at_s);
    said
}

fn about(planned: &Planned, at_s: u64, what: What) -> Said {
    let Planned { producer, session, sequence, .. } = planned;
    Said { at_s, producer: producer.clone(), session: *session, sequence: *sequence, what }
}
