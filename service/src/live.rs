//! What a running service can exchange: certificates, callers, limits, and the rules for sealed values. [`Live`] holds it, [`Reloader`]
//! reads the configuration again and either exchanges all of it or nothing.

mod expiry;
mod material;
mod reload;

use std::sync::Arc;

use crate::auth::{Callers, Gate, Policy};
use crate::config::Config;
use crate::custody::RulesSlot;
use crate::listen::{Quota, QuotaLimits};
use crate::tls::TlsSlot;

pub use expiry::Expiry;
pub use material::Material;
pub use reload::{ReloadError, Reloader};

/// What is exchanged by a reload. Clones share it.
#[derive(Clone, Debug)]
pub struct Live {
    /// Decides who is let in.
    pub gate: Gate,
    /// How sealed values are taken, kept and shown.
    pub rules: RulesSlot,
    /// Certificate of the internal listener.
    pub internal_tls: Option<TlsSlot>,
    /// Certificate of the public listener.
    pub public_tls: Option<TlsSlot>,
    /// Connections of the internal listener.
    pub internal_quota: Quota,
    /// Connections of the public listener.
    pub public_quota: Quota,
    /// When certificates end.
    pub expiry: Expiry,
}

impl Live {
    /// Begins with a configuration and what was loaded for it.
    #[must_use]
    pub fn new(config: &Config, material: Material) -> Self {
        let policy = policy(config, &Callers::default(), &material);
        let limits = quota_limits(config);
        let Material { internal, public, ends, .. } = material;
        Self {
            gate: Gate::new(policy),
            rules: RulesSlot::new(config.rules.clone()),
            internal_tls: internal.map(TlsSlot::new),
            public_tls: public.map(TlsSlot::new),
            internal_quota: Quota::new("internal", limits),
            public_quota: Quota::new("public", limits),
            expiry: Expiry::new(ends),
        }
    }

    /// Exchanges everything. Cannot fail: what can is done before, in [`Material::load`].
    pub fn exchange(&self, config: &Config, material: Material) {
        let before = self.gate.policy();
        // Certificates first: whoever connects from now on is verified as the new policy wants it.
        let policy = policy(config, &before.callers, &material);
        let Material { internal, public, ends, .. } = material;
        for (slot, config) in [(&self.internal_tls, internal), (&self.public_tls, public)] {
            if let (Some(slot), Some(config)) = (slot, config) {
                slot.replace(config);
            }
        }
        self.gate.replace(policy);
        self.rules.replace(config.rules.clone());
        self.expiry.replace(ends);
        self.internal_quota.change(quota_limits(config));
        self.public_quota.change(quota_limits(config));
    }
}

fn policy(config: &Config, before: &Callers, material: &Material) -> Policy {
    Policy {
        callers: Callers::new(&config.callers, before),
        public_entries: config.public_entries,
        client_verifier: material.client_verifier.as_ref().map(Arc::clone),
        development: false,
    }
}

/// As configured, but no more than leaves files for the log.
fn quota_limits(config: &Config) -> QuotaLimits {
    let connections = config.limits.connections;
    let configured = QuotaLimits { connections, per_address: config.limits.connections_per_address };
    let limits = configured.within_files(1 + usize::from(config.listen.public.is_some()));
    if limits != configured {
        tracing::warn!(
            configured = connections,
            possible = limits.connections,
            "the limit of open files (ulimit -n, LimitNOFILE=) allows fewer connections than \
             limits.connections; the lower number holds"
        );
    }
    limits
}
