//! Sessions and the numbers that events get in them.
//!
//! A session is one run of a producer, at most a day long: 16 random bytes. Its events are numbered
//! from 0 without gaps, so that auditors can tell a lost event from one that never was. What can
//! happen to numbers that were given out:
//!
//! - The ledger confirms them. That is the rule.
//! - The ledger refuses the request and has recorded nothing of it. The numbers are given back and
//!   used for later events, so that no gap is left. (If the session ends first, a gap remains.)
//! - Nobody knows what became of the request. Its numbers are never used for anything else; the
//!   request can be sent again ([`Unconfirmed`](crate::error::Unconfirmed)). If it never is, and was not
//!   recorded, a gap remains: an access that happened and that the log lacks, which is what a gap says.
//!
//! A session that has been replaced is ended as soon as no call uses it any more and none of its
//! requests may still be sent again. Closing ends every session at once when no call is under way.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use einsicht_access::limits::{COUNT_MAX, SESSION_BYTES};
use einsicht_proto::v1::EndSessionRequest;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::random::{NoRandomness, random_bytes};

/// Numbers given back are used again only this close to the newest one: the service forgets numbers
/// that lie 65,536 behind, and calls in flight may move on meanwhile.
const REUSE_DISTANCE_MAX: u64 = 32_768;
/// Most ranges of numbers that are remembered as given back; more leave gaps.
const RETURNED_MAX: usize = 1024;

/// Gives out numbers of the current session. Clones share it.
#[derive(Clone)]
pub(crate) struct Sessions {
    shared: Arc<Shared>,
}

struct Shared {
    age_max: Duration,
    state: Mutex<State>,
    /// How many calls use numbers, in all sessions.
    calls: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    current: Option<Session>,
    /// Sessions that were replaced and are not ended yet.
    retired: Vec<Session>,
    is_closed: bool,
}

struct Session {
    id: Bytes,
    began: Instant,
    /// The next number that was never given out.
    next: u64,
    /// Numbers that were given back, in ranges of at least one.
    returned: Vec<Range<u64>>,
    /// How many calls use its numbers, or may do so later.
    calls: usize,
}

/// Why there are no numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoNumbers {
    /// The recorder was closed.
    Closed,
    Randomness(NoRandomness),
}

/// Numbers of one session, taken for one request. A session that was replaced is not ended while they
/// are held: the service would not record them any more.
pub(crate) struct Numbers {
    shared: Arc<Shared>,
    session: Bytes,
    range: Range<u64>,
    is_set_aside: bool,
}

impl Sessions {
    pub(crate) fn new(age_max: Duration) -> Self {
        let (calls, _) = watch::channel(0);
        Self { shared: Arc::new(Shared { age_max, state: Mutex::default(), calls }) }
    }

    /// Takes `count` consecutive numbers; begins a session if there is none, or none young enough.
    pub(crate) fn take(&self, count: u64) -> Result<Numbers, NoNumbers> {
        let mut state = self.shared.state();
        if state.is_closed {
            return Err(NoNumbers::Closed);
        }
        let usable = state.current.take_if(|session| session.lasts(self.shared.age_max, count));
        let mut session = match usable {
            Some(session) => session,
            None => Session::begin().map_err(NoNumbers::Randomness)?,
        };
        let range = session.give(count);
        session.calls += 1;
        let numbers =
            Numbers { shared: self.shared.clone(), session: session.id.clone(), range, is_set_aside: false };
        if let Some(replaced) = state.current.replace(session) {
            state.retired.push(replaced);
        }
        drop(state);
        self.shared.calls.send_modify(|calls| *calls += 1);
        Ok(numbers)
    }

    /// Takes the sessions that were replaced and are in use no more, to be ended.
    pub(crate) fn take_idle(&self) -> Vec<EndSessionRequest> {
        let mut state = self.shared.state();
        let idle = state.retired.extract_if(.., |session| session.calls == 0);
        idle.filter_map(|session| session.ending()).collect()
    }

    /// Refuses further numbers, waits until none are in use, and takes all sessions, to be ended.
    pub(crate) async fn close(&self) -> Vec<EndSessionRequest> {
        self.shared.state().is_closed = true;
        // The sender lives as long as `self`: this never fails.
        let _ = self.shared.calls.subscribe().wait_for(|calls| *calls == 0).await;
        let mut state = self.shared.state();
        let retired = std::mem::take(&mut state.retired);
        let all = retired.into_iter().chain(state.current.take());
        all.filter_map(|session| session.ending()).collect()
    }

    /// Takes back a session that could not be ended, to be ended later.
    pub(crate) fn keep(&self, ending: EndSessionRequest) {
        let Some(last) = ending.last_sequence else { return };
        self.shared.state().retired.push(Session {
            id: ending.session,
            began: Instant::now(),
            next: last + 1,
            returned: Vec::new(),
            calls: 0,
        });
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn session(&mut self, id: &Bytes) -> Option<&mut Session> {
        self.current.iter_mut().chain(&mut self.retired).find(|session| session.id == id)
    }
}

impl Session {
    fn begin() -> Result<Self, NoRandomness> {
        let id = Bytes::copy_from_slice(&random_bytes::<SESSION_BYTES>()?);
        Ok(Self { id, began: Instant::now(), next: 0, returned: Vec::new(), calls: 0 })
    }

    fn lasts(&self, age_max: Duration, count: u64) -> bool {
        self.began.elapsed() < age_max && self.next.checked_add(count).is_some_and(|end| end <= COUNT_MAX)
    }

    fn give(&mut self, count: u64) -> Range<u64> {
        let oldest = self.next.saturating_sub(REUSE_DISTANCE_MAX);
        self.returned.retain(|range| range.start >= oldest);
        if let Some(range) = self.returned.iter_mut().find(|range| range.end - range.start >= count) {
            let given = range.start..range.start + count;
            range.start = given.end;
            self.returned.retain(|range| !range.is_empty());
            return given;
        }
        let given = self.next..self.next + count;
        self.next = given.end;
        given
    }

    fn take_back(&mut self, range: Range<u64>) {
        if range.end != self.next {
            if self.returned.len() < RETURNED_MAX {
                self.returned.push(range);
            }
            return;
        }
        self.next = range.start;
        // What now lies at the end was never used either.
        while let Some(last) = self.returned.iter().position(|range| range.end == self.next) {
            self.next = self.returned.swap_remove(last).start;
        }
    }

    /// `None` for a session that gave nothing out: there is nothing to say of it.
    fn ending(self) -> Option<EndSessionRequest> {
        let last = self.next.checked_sub(1)?;
        Some(EndSessionRequest { session: self.id, last_sequence: Some(last) })
    }
}

impl Numbers {
    pub(crate) fn session(&self) -> &Bytes {
        &self.session
    }

    pub(crate) fn first(&self) -> u64 {
        self.range.start
    }

    /// Keeps the numbers for later. Closing does not wait for them any more.
    pub(crate) fn set_aside(mut self) -> Self {
        if !std::mem::replace(&mut self.is_set_aside, true) {
            self.shared.calls.send_modify(|calls| *calls = calls.saturating_sub(1));
        }
        self
    }

    /// Uses numbers that were set aside.
    pub(crate) fn take_up(mut self) -> Self {
        if std::mem::take(&mut self.is_set_aside) {
            self.shared.calls.send_modify(|calls| *calls += 1);
        }
        self
    }

    /// Gives the numbers back. Only for numbers that the ledger has certainly not recorded.
    pub(crate) fn give_back(self) {
        let mut state = self.shared.state();
        if let Some(session) = state.session(&self.session) {
            session.take_back(self.range.clone());
        }
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        if let Some(session) = state.session(&self.session) {
            session.calls = session.calls.saturating_sub(1);
        }
        drop(state);
        if !self.is_set_aside {
            self.shared.calls.send_modify(|calls| *calls = calls.saturating_sub(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn firsts(sessions: &Sessions, counts: &[u64]) -> Vec<u64> {
        counts.iter().map(|count| sessions.take(*count).unwrap().first()).collect()
    }

    #[test]
    fn numbers_are_consecutive_from_0_in_a_random_session() {
        let sessions = Sessions::new(DAY);
        assert_eq!(firsts(&sessions, &[1, 500, 1, 2]), [0, 1, 501, 502]);
        let (here, there) = (sessions.take(1).unwrap(), Sessions::new(DAY).take(1).unwrap());
        assert_eq!(here.session().len(), 16);
        assert_ne!(here.session(), there.session());
    }

    #[test]
    fn refused_numbers_are_used_again() {
        let sessions = Sessions::new(DAY);
        let [a, b, c] = [3, 4, 5].map(|count| sessions.take(count).unwrap());
        assert_eq!((a.first(), b.first(), c.first()), (0, 3, 7));
        b.give_back();
        // 3..7 is free: too short for 5, long enough for 1 and then 3.
        assert_eq!(firsts(&sessions, &[5, 1, 3, 1]), [12, 3, 4, 17]);
        drop((a, c));
    }

    #[test]
    fn numbers_given_back_at_the_end_leave_nothing_behind() {
        let sessions = Sessions::new(DAY);
        let [a, b, c] = [3, 4, 5].map(|count| sessions.take(count).unwrap());
        b.give_back();
        c.give_back();
        assert_eq!(firsts(&sessions, &[9]), [3]);
        drop(a);
    }

    #[test]
    fn numbers_that_the_service_may_have_forgotten_are_not_used_again() {
        let sessions = Sessions::new(DAY);
        let old = sessions.take(1).unwrap();
        firsts(&sessions, &[REUSE_DISTANCE_MAX]);
        old.give_back();
        assert_eq!(firsts(&sessions, &[1]), [REUSE_DISTANCE_MAX + 1]);
    }

    #[tokio::test]
    async fn a_replaced_session_is_ended_when_nothing_uses_it_any_more() {
        let sessions = Sessions::new(Duration::ZERO);
        let first = sessions.take(2).unwrap();
        let second = sessions.take(1).unwrap();
        assert_ne!(first.session(), second.session());
        assert_eq!((second.first(), sessions.take_idle()), (0, vec![]));
        let session = first.session().clone();
        drop(first);
        assert_eq!(sessions.take_idle(), [EndSessionRequest { session, last_sequence: Some(1) }]);
        assert_eq!(sessions.take_idle(), []);
    }

    #[tokio::test]
    async fn closing_waits_for_calls_and_ends_every_session_once() {
        let sessions = Sessions::new(DAY);
        let numbers = sessions.take(2).unwrap();
        let session = numbers.session().clone();
        let closing = tokio::spawn({
            let sessions = sessions.clone();
            async move { sessions.close().await }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!closing.is_finished());
        assert_eq!(sessions.take(1).err(), Some(NoNumbers::Closed));
        drop(numbers);
        let ending = EndSessionRequest { session, last_sequence: Some(1) };
        assert_eq!(closing.await.unwrap(), std::slice::from_ref(&ending));
        assert_eq!(sessions.close().await, []);
        sessions.keep(ending.clone());
        assert_eq!(sessions.close().await, [ending]);
    }

    #[tokio::test]
    async fn numbers_set_aside_keep_a_session_from_ending_but_not_from_closing() {
        let sessions = Sessions::new(Duration::ZERO);
        let aside = sessions.take(1).unwrap().set_aside();
        drop(sessions.take(1).unwrap());
        drop(sessions.take(1).unwrap());
        assert_eq!(sessions.take_idle().len(), 1, "the second only: the third is current");
        let again = aside.take_up().set_aside();
        assert_eq!(sessions.close().await.len(), 2);
        drop(again);
        assert_eq!(sessions.close().await, []);
    }

    #[tokio::test]
    async fn a_session_without_events_is_not_worth_an_entry() {
        let sessions = Sessions::new(DAY);
        assert_eq!(sessions.close().await, []);
        let sessions = Sessions::new(DAY);
        sessions.take(5).unwrap().give_back();
        assert_eq!(sessions.close().await, []);
    }
}
