//! Retention: months and classes whose time is over go as a whole, key first, one entry each.

use std::collections::BTreeSet;

use einsicht_access::{Month, RetentionClass};
use einsicht_proto::v1::Erasure;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::Index;

use super::erase::not_done;
use super::open::Openings;
use super::{Custody, CustodyError, blocking};
use crate::vault::VaultError;

/// A month and class whose time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The month.
    pub month: Month,
    /// The class.
    pub class: RetentionClass,
    /// From which day on it goes, in days since 1970-01-01.
    pub due_day: i32,
    /// Whether the configuration holds it back, or an earlier month of this class.
    pub held: bool,
    /// The entry that says that it was erased, if it was.
    pub erased_by: Option<Index>,
}

impl Custody {
    /// Tells which months and classes are due, and unless that is all that is wanted, erases those that nothing holds
    /// back, once the confidential records are public whose day has come. Needs no wrapping key. One that could not be
    /// erased has no entry then, and the log says why.
    ///
    /// # Errors
    /// [`CustodyError`] if something was to be erased, and nothing could be.
    pub async fn retain(&self, dry_run: bool) -> Result<Vec<Due>, CustodyError> {
        let today = self.today()?;
        if dry_run {
            return self.due(today).await;
        }
        let openings = self.open_due(today).await?;
        let (due, first_error) = self.erase_due(today, &openings).await?;
        match first_error {
            Some(error) if due.iter().all(|item| item.erased_by.is_none()) => Err(error),
            _ => Ok(due),
        }
    }

    /// Erases what is due, but for months with records that are to be opened before and can't be. Returns all that is
    /// due, and why the first of those could not be erased that were to be.
    ///
    /// # Errors
    /// [`CustodyError`] if nobody knows what is due.
    pub(super) async fn erase_due(
        &self,
        today: i32,
        openings: &Openings,
    ) -> Result<(Vec<Due>, Option<CustodyError>), CustodyError> {
        let _alone = self.inner.desk.write().await;
        let mut due = self.due(today).await?;
        let mut first_error = None;
        let mut stays = BTreeSet::new();
        for item in &mut due {
            let (month, class) = (item.month, item.class);
            item.held |= stays.contains(&class);
            if item.held {
                continue;
            }
            let erased = match openings.let_go(item, today) {
                Ok(()) => self.erase_class(item).await,
                Err(error) => Err(error),
            };
            match erased {
                Ok(by) => item.erased_by = Some(by),
                Err(error) => {
                    metrics::counter!("einsicht_daily_failures_total").increment(1);
                    tracing::error!(%month, %class, %error, "a month whose time is over could not be erased");
                    first_error.get_or_insert(error);
                    stays.insert(class);
                }
            }
        }
        Ok((due, first_error))
    }

    /// What was erased of an earlier month is said by statements that are kept in a later one of the same class: while
    /// the one stays, so does the other.
    async fn due(&self, today: i32) -> Result<Vec<Due>, CustodyError> {
        let kept = self.kept().await?;
        let rules = self.parts().rules.current();
        let mut stays = BTreeSet::new();
        let mut due = Vec::new();
        for (month, class) in kept {
            let due_day = class.due(month).first_day();
            if due_day > today {
                continue;
            }
            let held = rules.retention.holds(month, class) || stays.contains(&class);
            if held {
                stays.insert(class);
            }
            due.push(Due { month, class, due_day, held, erased_by: None });
        }
        Ok(due)
    }

    /// Months and classes of which something is there that can be erased, in order.
    pub(super) async fn kept(&self) -> Result<Vec<(Month, RetentionClass)>, CustodyError> {
        let vault = self.parts().vault.clone();
        blocking(move || {
            let classes = vault.classes().map_err(VaultError::from)?;
            let here = classes.into_iter().filter(|class| class.erased_by.is_none());
            let mut kept: Vec<_> = here.map(|class| (class.month, class.class)).collect();
            // Where the files are lost, some backup has them.
            kept.extend(vault.lone_keys()?);
            kept.sort_unstable();
            Ok(kept)
        })
        .await
    }

    async fn erase_class(&self, due: &Due) -> Result<Index, CustodyError> {
        let Due { month, class, .. } = *due;
        let by = match self.parts().annotations.erased_by(month, class)? {
            // It was said before, and not done: the disk failed.
            Some(by) => by,
            None => {
                let erasure = Erasure {
                    ground: format!("the retention period of {month} ({class}) has ended"),
                    month: Some(month.to_string()),
                    retention_class: Some(class.to_string()),
                    ..Erasure::default()
                };
                self.write(Content::Erasure(erasure)).await?.index
            }
        };
        let vault = self.parts().vault.clone();
        blocking(move || vault.erase_class(month, class, by).map_err(|error| not_done(by, error))).await?;
        metrics::counter!("einsicht_erasures_total", "what" => "month").increment(1);
        tracing::info!(index = %by, %month, %class, "the sealed values of a month were erased: their time is over");
        Ok(by)
    }
}
