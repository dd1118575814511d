//! Four eyes: what one steward asked for, another one grants.

use einsicht_access::SealedField;
use einsicht_access::openings::State;
use einsicht_access::value::Value;
use einsicht_proto::v1::Statement;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Index, RecordedAt};

use super::disclose::{Asked, Granted};
use super::{Custody, CustodyError, Doer};

const SECONDS_AN_HOUR: u64 = 60 * 60;

/// A request that waits for a second steward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingRequest {
    /// Its entry.
    pub index: Index,
    /// When it lapses, in seconds since 1970-01-01T00:00:00Z.
    pub lapses_at_s: u64,
}

impl Custody {
    /// The requests that wait, in the order in which they were made.
    ///
    /// # Errors
    /// [`CustodyError::NotKnown`].
    pub fn requests(&self) -> Result<Vec<PendingRequest>, CustodyError> {
        let good_for_s = self.good_for_s();
        // Good up to and including the last second.
        let since = RecordedAt(self.now_s()?.saturating_sub(good_for_s));
        let waiting = self.parts().annotations.requests(since)?.into_iter();
        let pending = |(index, at): (Index, RecordedAt)| PendingRequest {
            index,
            lapses_at_s: at.0.saturating_add(good_for_s),
        };
        Ok(waiting.map(pending).collect())
    }

    /// Discloses what another steward asked for. The caller holds the desk alone: a request is granted once.
    pub(super) async fn grant(
        &self,
        by: &Doer,
        request: Index,
        asked: Asked,
    ) -> Result<Granted, CustodyError> {
        let Statement { who, index, fields, .. } = self.asked_for(request).await?;
        let fields = fields.into_iter().map(SealedField::of_number).collect::<Option<Vec<_>>>();
        let (Some(index), Some(fields)) = (index.map(Index), fields) else {
            return Err(CustodyError::NoRequest { index: request });
        };
        if let Some(field) = fields.first() {
            by.may_be_one_of_two(*field)?;
        }
        if who == *by.name {
            return Err(CustodyError::SamePerson { index: request, who });
        }
        let target = self.target(index).await?;
        let names_other_fields = !asked.fields.is_empty() && target.select(&asked.fields)? != fields;
        if asked.index.is_some_and(|asked| asked != index) || names_other_fields {
            return Err(CustodyError::OtherRequest { index: request });
        }
        self.show(by, &target, &fields, asked.reason, Some(request)).await
    }

    /// What a request that waits is about.
    async fn asked_for(&self, request: Index) -> Result<Statement, CustodyError> {
        self.published(request)?;
        let annotations = &self.parts().annotations;
        let Some(recorded_at) = annotations.request(request)? else {
            return Err(match annotations.settled_by(request)? {
                Some(by) if self.is_request(request).await? => {
                    CustodyError::AnsweredBefore { index: request, by }
                }
                _ => CustodyError::NoRequest { index: request },
            });
        };
        if recorded_at.0.saturating_add(self.good_for_s()) < self.now_s()? {
            let hours = self.parts().rules.current().disclosure.request_hours;
            return Err(CustodyError::Lapsed { index: request, hours });
        }
        let entry = self.target(request).await?;
        match entry.state(SealedField::Statement) {
            Some(State::Open { value, .. }) => match Value::read(SealedField::Statement, value) {
                Ok(Value::Statement(statement)) => Ok(statement.into_owned()),
                _ => Err(CustodyError::NoRequest { index: request }),
            },
            Some(State::Erased { by }) => Err(CustodyError::ErasedBefore { index: request, by: Index(by) }),
            None => Err(CustodyError::NoRequest { index: request }),
        }
    }

    async fn is_request(&self, index: Index) -> Result<bool, CustodyError> {
        Ok(matches!(self.entry(index).await?.content, Some(Content::DisclosureRequest(_))))
    }

    fn good_for_s(&self) -> u64 {
        u64::from(self.parts().rules.current().disclosure.request_hours) * SECONDS_AN_HOUR
    }
}
