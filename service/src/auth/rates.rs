//! How much a caller may do: events and requests a second.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota};

use crate::config::CallerLimits;

/// Events of one full batch: that much is free at once, however low the limit.
const EVENTS_BURST_MIN: NonZeroU32 = NonZeroU32::new(1000).unwrap();

/// The limits of one caller, and what it has used up of them.
#[derive(Debug)]
pub(super) struct Rates {
    limits: CallerLimits,
    events: DefaultDirectRateLimiter,
    requests: DefaultDirectRateLimiter,
    clock: DefaultClock,
}

impl Rates {
    pub(super) fn new(limits: CallerLimits) -> Self {
        let CallerLimits { events_per_second: events, requests_per_second: requests, .. } = limits;
        let events = Quota::per_second(events).allow_burst(events.max(EVENTS_BURST_MIN));
        Self {
            limits,
            events: DefaultDirectRateLimiter::direct(events),
            requests: DefaultDirectRateLimiter::direct(Quota::per_second(requests)),
            clock: DefaultClock::default(),
        }
    }

    pub(super) fn limits(&self) -> CallerLimits {
        self.limits
    }

    /// Uses up one request, or says how long to wait.
    pub(super) fn request(&self) -> Result<(), Duration> {
        self.requests.check().map_err(|until| until.wait_time_from(self.clock.now()))
    }

    /// Uses up this many events, all or none, or says how long to wait. More than a full batch at once
    /// is none of its business: validation refuses it.
    pub(super) fn events(&self, events: usize) -> Result<(), Duration> {
        let Some(events) = u32::try_from(events).ok().and_then(NonZeroU32::new) else { return Ok(()) };
        match self.events.check_n(events) {
            Ok(checked) => checked.map_err(|until| until.wait_time_from(self.clock.now())),
            Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::auth) fn limits(events: u32, requests: u32) -> CallerLimits {
        CallerLimits {
            events_per_second: NonZeroU32::new(events).unwrap(),
            requests_per_second: NonZeroU32::new(requests).unwrap(),
            request_bytes: 4 * 1024 * 1024,
        }
    }

    #[test]
    fn a_burst_is_free_and_then_it_is_said_how_long_to_wait() {
        let rates = Rates::new(limits(1, 3));
        assert!((0..3).all(|_| rates.request().is_ok()));
        let wait = rates.request().unwrap_err();
        assert!(wait <= Duration::from_millis(334), "{wait:?}");
    }

    #[test]
    fn a_full_batch_fits_any_limit_and_is_taken_whole_or_not_at_all() {
        let rates = Rates::new(limits(1, 1));
        rates.events(0).unwrap();
        rates.events(999).unwrap();
        let wait = rates.events(3).unwrap_err();
        assert!(wait <= Duration::from_secs(2), "{wait:?}");
        rates.events(1).unwrap();
    }
}
