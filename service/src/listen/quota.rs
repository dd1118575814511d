//! How many connections there may be: in all, and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Counts connections of one listener. Clones count together.
#[derive(Clone, Debug)]
pub struct Quota {
    inner: Arc<Mutex<Counts>>,
    name: &'static str,
}

/// How many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaLimits {
    /// In all.
    pub connections: usize,
    /// From one address; of IPv6, from one /64, which is what one customer is given.
    pub per_address: usize,
}

#[derive(Debug)]
struct Counts {
    limits: QuotaLimits,
    connections: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One connection; given back when dropped.
#[derive(Debug)]
pub(super) struct Admitted {
    quota: Quota,
    address: IpAddr,
}

impl Quota {
    /// Begins to count for a listener.
    #[must_use]
    pub fn new(name: &'static str, limits: QuotaLimits) -> Self {
        let counts = Counts { limits, connections: 0, by_address: HashMap::new() };
        Self { inner: Arc::new(Mutex::new(counts)), name }
    }

    /// Changes the limits. Connections that there are stay.
    pub fn change(&self, limits: QuotaLimits) {
        self.counts(|counts| counts.limits = limits);
    }

    /// Takes one connection, or says which limit it would exceed.
    pub(super) fn take(&self, address: IpAddr) -> Result<Admitted, &'static str> {
        let address = network(address);
        self.counts(|counts| {
            if counts.connections >= counts.limits.connections {
                return Err("connections");
            }
            let of_address = counts.by_address.entry(address).or_default();
            if *of_address >= counts.limits.per_address {
                return Err("connections_per_address");
            }
            *of_address += 1;
            counts.connections += 1;
            Ok(())
        })?;
        metrics::gauge!("einsicht_connections", "listener" => self.name).increment(1);
        Ok(Admitted { quota: self.clone(), address })
    }

    fn counts<T>(&self, change: impl FnOnce(&mut Counts) -> T) -> T {
        change(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.quota.counts(|counts| {
            counts.connections = counts.connections.saturating_sub(1);
            if let Some(of_address) = counts.by_address.get_mut(&self.address) {
                *of_address = of_address.saturating_sub(1);
                if *of_address == 0 {
                    counts.by_address.remove(&self.address);
                }
            }
        });
        metrics::gauge!("einsicht_connections", "listener" => self.quota.name).decrement(1);
    }
}

/// The address as it is counted.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(connections: usize, per_address: usize) -> Quota {
        Quota::new("test", QuotaLimits { connections, per_address })
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let quota = quota(2, 2);
        let address = "192.0.2.1".parse().unwrap();
        let first = quota.take(address).unwrap();
        let _second = quota.take(address).unwrap();
        assert_eq!(quota.take(address).unwrap_err(), "connections");
        drop(first);
        quota.take(address).unwrap();
        drop(quota.take(address).unwrap());
        quota.counts(|counts| assert_eq!((counts.connections, counts.by_address.len()), (1, 1)));
    }

    #[test]
    fn one_address_can_not_take_what_is_for_all() {
        let quota = quota(10, 1);
        let _first = quota.take("192.0.2.1".parse().unwrap()).unwrap();
        for same in ["192.0.2.1", "::ffff:192.0.2.1"] {
            assert_eq!(quota.take(same.parse().unwrap()).unwrap_err(), "connections_per_address", "{same}");
        }
        let _other = quota.take("192.0.2.2".parse().unwrap()).unwrap();
        let _network = quota.take("2001:db8:0:1::1".parse().unwrap()).unwrap();
        assert!(quota.take("2001:db8:0:1:ffff::2".parse().unwrap()).is_err());
        assert!(quota.take("2001:db8:0:2::1".parse().unwrap()).is_ok());
    }

    #[test]
    fn new_limits_hold_for_the_next_connection() {
        let quota = quota(1, 1);
        let _first = quota.take("192.0.2.1".parse().unwrap()).unwrap();
        quota.change(QuotaLimits { connections: 2, per_address: 2 });
        quota.take("192.0.2.1".parse().unwrap()).unwrap();
    }
}
