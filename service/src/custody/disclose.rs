//! Disclosing: first an entry says that it will be done, then it is shown.

use bytes::Bytes;
use einsicht_access::SealedField;
use einsicht_access::openings::State;
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{Disclosure, DisclosureRequest, Statement};
use einsicht_tlog::Index;

use super::target::Target;
use super::trail::Written;
use super::{Custody, CustodyError, Doer, REASON_BYTES_MAX, check_given};

/// What somebody wants to see.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Which entry; may be left out where a request is granted.
    pub index: Option<Index>,
    /// Which fields; none means all, or those of the request.
    pub fields: Vec<SealedField>,
    /// Why.
    pub reason: String,
    /// The request that is granted.
    pub request: Option<Index>,
}

/// What came of it.
pub enum Disclosed {
    /// The values.
    Shown(Granted),
    /// Another steward has to agree.
    Requested {
        /// The request.
        index: Index,
        /// Its receipt.
        trail: Bytes,
        /// What it says.
        statement: OpenedValue,
    },
}

/// Values, and the proofs that belong to them.
pub struct Granted {
    /// By ascending number of the field.
    pub opened: Vec<OpenedValue>,
    /// Of the entry that they belong to.
    pub receipt: Bytes,
    /// Of the entry that says that they were disclosed.
    pub trail: Bytes,
    /// What that entry says.
    pub statement: OpenedValue,
    /// An entry that says that something was erased which is there still, and that nobody can read: it may be one of
    /// these values.
    pub may_be_erased_by: Option<Index>,
}

/// One sealed value. Not printable.
pub struct OpenedValue {
    /// Its field.
    pub field: SealedField,
    /// Salt and value, or the entry that says that they were erased.
    pub value: Result<(Bytes, Bytes), Index>,
}

impl Custody {
    /// Discloses sealed values of an entry, or notes that it was asked for where two stewards have to agree.
    ///
    /// # Errors
    /// [`CustodyError`]; then nothing was shown.
    pub async fn disclose(&self, by: &Doer, asked: Asked) -> Result<Disclosed, CustodyError> {
        check_given("reason", &asked.reason, REASON_BYTES_MAX)?;
        if let Some(request) = asked.request {
            let _alone = self.inner.desk.write().await;
            return self.grant(by, request, asked).await.map(Disclosed::Shown);
        }
        let _together = self.inner.desk.read().await;
        let target = self.target(asked.index.ok_or(CustodyError::NoIndex)?).await?;
        let fields = target.select(&asked.fields)?;
        let rules = self.parts().rules.current();
        let for_two = fields.iter().copied().find(|field| rules.disclosure.two_stewards.contains(field));
        let Some(for_two) = for_two else {
            return self.show(by, &target, &fields, asked.reason, None).await.map(Disclosed::Shown);
        };
        by.may_be_one_of_two(for_two)?;
        let statement = statement(by, &target, &fields, asked.reason);
        let class = target.class(rules.retention.default);
        let written = self.write_sealed(statement, class, |sealed| {
            let (role, nonce) = (by.role.to_owned(), Some(sealed.nonce));
            Content::DisclosureRequest(DisclosureRequest { role, seal: sealed.seal, nonce })
        });
        let (Written { index, published }, statement) = written.await?;
        metrics::counter!("einsicht_disclosures_total", "outcome" => "requested").increment(1);
        tracing::info!(%index, "a disclosure was asked for; another steward has to grant it");
        Ok(Disclosed::Requested { index, trail: self.receipt(index, &published).await?, statement })
    }

    /// Writes that values are disclosed, and gives them.
    pub(super) async fn show(
        &self,
        by: &Doer,
        target: &Target,
        fields: &[SealedField],
        reason: String,
        request: Option<Index>,
    ) -> Result<Granted, CustodyError> {
        let class = target.class(self.parts().rules.current().retention.default);
        let statement = statement(by, target, fields, reason);
        let written = self.write_sealed(statement, class, |sealed| {
            let (role, request) = (by.role.to_owned(), request.map(|index| index.0));
            Content::Disclosure(Disclosure { role, seal: sealed.seal, request, nonce: Some(sealed.nonce) })
        });
        let (Written { index, published }, statement) = written.await?;
        metrics::counter!("einsicht_disclosures_total", "outcome" => "shown").increment(1);
        tracing::info!(%index, "sealed values were disclosed");
        let (receipt, trail) =
            tokio::try_join!(self.receipt(target.index, &published), self.receipt(index, &published))?;
        let opened = fields.iter().filter_map(|field| Some(OpenedValue::of(*field, target.state(*field)?)));
        let opened: Vec<_> = opened.collect();
        // Who must not see it nobody can tell; refusing all that it may be would close entries for years.
        let may_be_erased_by = target.unclear.filter(|_| opened.iter().any(|value| value.value.is_ok()));
        if let Some(by) = may_be_erased_by {
            tracing::warn!(%index, %by, "values were disclosed that an entry which can't be read may say were erased");
        }
        Ok(Granted { opened, receipt, trail, statement, may_be_erased_by })
    }
}

impl Doer {
    /// Two different people, each of whom showed a certificate: a token can be handed on.
    pub(super) fn may_be_one_of_two(&self, field: SealedField) -> Result<(), CustodyError> {
        let because = match (self.role, self.has_certificate) {
            ("steward", true) => return Ok(()),
            ("steward", false) => "stewards who agree are known by certificates of their own",
            _ => "it is no steward; name other fields to have those disclosed",
        };
        Err(CustodyError::NotForTwo { field, who: self.name.to_string(), because })
    }
}

pub(super) fn statement(by: &Doer, target: &Target, fields: &[SealedField], reason: String) -> Statement {
    Statement {
        who: by.name.to_string(),
        index: Some(target.index.0),
        fields: fields.iter().map(|field| field.number().into()).collect(),
        reason,
        ..Statement::default()
    }
}

impl OpenedValue {
    pub(super) fn of(field: SealedField, state: State<'_>) -> Self {
        let value = match state {
            State::Open { salt, value } => {
                Ok((Bytes::copy_from_slice(salt.as_bytes()), Bytes::copy_from_slice(value)))
            }
            State::Erased { by } => Err(Index(by)),
        };
        Self { field, value }
    }
}
