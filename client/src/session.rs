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
//! Confidential records have a session of their own: between two public neighbours in a session, the number that is not
//! there would tell whose they are.
//!
//! A session is replaced after a day, and when one of its requests lags so far behind that the service would
//! soon forget its numbers. A session that has been replaced is ended as soon as no call uses it any more and none of its
//! requests may still be sent again. Closing ends every session at once when no call is under way.

mod numbers;
mod one;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use einsicht_proto::v1::{AccessEvent, EndSessionRequest};
use tokio::sync::watch;

use self::one::Session;
use crate::random::NoRandomness;

pub(crate) use self::numbers::Numbers;

/// Gives out numbers of the current sessions. Clones share them.
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
    public: Option<Session>,
    confidential: Option<Session>,
    /// Sessions that were replaced and are not ended yet.
    retired: Vec<Session>,
    is_closed: bool,
}

/// What the records of a request show until their day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    Public,
    /// Nothing but their day.
    Confidential,
}

/// Why there are no numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoNumbers {
    /// The recorder was closed.
    Closed,
    Randomness(NoRandomness),
}

impl Sessions {
    pub(crate) fn new(age_max: Duration) -> Self {
        let (calls, _) = watch::channel(0);
        Self { shared: Arc::new(Shared { age_max, state: Mutex::default(), calls }) }
    }

    /// Takes consecutive numbers for the events of one request; begins a session if there is none, or none young enough.
    pub(crate) fn take_for(&self, events: &[AccessEvent]) -> Result<Numbers, NoNumbers> {
        self.take(events.len() as u64, Visibility::of(events))
    }

    fn take(&self, count: u64, visibility: Visibility) -> Result<Numbers, NoNumbers> {
        let mut state = self.shared.state();
        if state.is_closed {
            return Err(NoNumbers::Closed);
        }
        let current = state.current(visibility);
        let usable = current.take_if(|session| session.lasts(self.shared.age_max, count));
        let mut session = match usable {
            Some(session) => session,
            None => Session::begin().map_err(NoNumbers::Randomness)?,
        };
        let range = session.give(count);
        let numbers =
            Numbers { shared: self.shared.clone(), session: session.id.clone(), range, is_set_aside: false };
        let replaced = state.current(visibility).replace(session);
        state.retired.extend(replaced);
        drop(state);
        self.shared.calls.send_modify(|calls| *calls += 1);
        Ok(numbers)
    }

    /// Takes the sessions that were replaced and are in use no more, to be ended.
    pub(crate) fn take_idle(&self) -> Vec<EndSessionRequest> {
        let mut state = self.shared.state();
        let idle = state.retired.extract_if(.., |session| session.is_idle());
        idle.filter_map(|session| session.ending()).collect()
    }

    /// Refuses further numbers, waits until none are in use, and takes all sessions, to be ended.
    pub(crate) async fn close(&self) -> Vec<EndSessionRequest> {
        self.shared.state().is_closed = true;
        // The sender lives as long as `self`: this never fails.
        let _ = self.shared.calls.subscribe().wait_for(|calls| *calls == 0).await;
        let mut state = self.shared.state();
        let retired = std::mem::take(&mut state.retired);
        let all = retired.into_iter().chain(state.public.take()).chain(state.confidential.take());
        all.filter_map(|session| session.ending()).collect()
    }

    /// Takes back a session that could not be ended, to be ended later.
    pub(crate) fn keep(&self, ending: EndSessionRequest) {
        let Some(last) = ending.last_sequence else { return };
        self.shared.state().retired.push(Session::from_number(ending.session, last + 1));
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn current(&mut self, visibility: Visibility) -> &mut Option<Session> {
        match visibility {
            Visibility::Public => &mut self.public,
            Visibility::Confidential => &mut self.confidential,
        }
    }

    fn session(&mut self, id: &Bytes) -> Option<&mut Session> {
        let current = self.public.iter_mut().chain(&mut self.confidential);
        current.chain(&mut self.retired).find(|session| session.id == id)
    }
}

impl Visibility {
    /// That of a request, which has one session: with a public record in it, the session is public.
    fn of(events: &[AccessEvent]) -> Self {
        if events.iter().all(is_confidential) { Self::Confidential } else { Self::Public }
    }
}

/// Whether nothing of an event is shown until its day.
pub(crate) fn is_confidential(event: &AccessEvent) -> bool {
    event.confidential_until_day.is_some()
}

#[cfg(test)]
mod tests;
