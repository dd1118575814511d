//! The few simulated accesses that do not fit a commitment of the city.

use einsicht_proto::v1::AccessEvent;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;

use super::assumed::Pattern;
use super::event::Occasion;

/// How many days before data is shared that has to be announced.
const ANNOUNCED_DAYS_MIN: i32 = 14;

/// How an access can fail to fit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deviation {
    /// The purpose does not fit the data set.
    Purpose,
    /// More records than the ceiling of the data set.
    TooMany,
    /// No legal basis for personal data.
    NoLegalBasis,
    /// The oldest record should have been erased.
    TooOld,
    /// Data was shared without a prior announcement, or with one that came too late.
    Unannounced,
}

impl Deviation {
    /// Draws whether an access deviates, and how: rarely, and people more often than programmes. Sharing
    /// goes unannounced in about one case in six.
    pub(super) fn draw(
        event: &AccessEvent,
        occasion: &Occasion<'_>,
        random: &mut ChaCha8Rng,
    ) -> Option<Self> {
        if event.recipient.is_some() && random.random_ratio(1, 6) {
            return Some(Self::Unannounced);
        }
        let kind = occasion.target.kind;
        // Few kinds have an age that matters; they are weighed up here and below, so that no week goes
        // without a deviation in it.
        let permille = match occasion.traffic.pattern {
            Pattern::Office if kind.keep_days.is_some() => 70,
            Pattern::Office => 35,
            Pattern::Clock | Pattern::Public => 1,
        };
        if !random.random_ratio(permille, 1000) {
            return None;
        }
        let mut possible = Vec::new();
        possible.extend((!kind.misfit.is_empty()).then_some(Self::Purpose));
        possible.extend(kind.record_ceiling.map(|_| Self::TooMany));
        possible.extend(kind.is_personal().then_some(Self::NoLegalBasis));
        possible.extend(kind.keep_days.iter().flat_map(|_| [Self::TooOld; 3]));
        possible.choose(random).copied()
    }

    /// Makes `event` deviate. Where the facts leave no room for this deviation, it stays as it is.
    pub(super) fn apply(self, event: &mut AccessEvent, occasion: &Occasion<'_>, random: &mut ChaCha8Rng) {
        let kind = occasion.target.kind;
        match self {
            Self::Purpose => {
                if let Some(misfit) = kind.misfit.choose(random) {
                    event.purpose.clone_from(misfit);
                }
            }
            Self::TooMany => {
                if let Some(ceiling) = kind.record_ceiling {
                    event.record_count = Some(ceiling + ceiling * random.random_range(1..40) / 10);
                }
            }
            Self::NoLegalBasis => {
                event.legal_basis = None;
                event.national_norm = None;
                // An activity would hand its legal basis down.
                event.activity = None;
            }
            Self::TooOld => {
                if let Some(keep_days) = kind.keep_days.map(i32::from) {
                    let age_days = keep_days + random.random_range(1..400);
                    event.collected_on_day = Some(occasion.day() - age_days);
                }
            }
            Self::Unannounced => {
                let days = occasion.day() - event.announced_on_day.unwrap_or_else(|| occasion.day());
                if days % 2 == 0 {
                    event.announcement = None;
                    event.announced_on_day = None;
                } else {
                    // Nothing more is drawn for it: the rest of the week stays as it is.
                    event.announced_on_day = Some(occasion.day() - days % ANNOUNCED_DAYS_MIN);
                }
            }
        }
    }
}
