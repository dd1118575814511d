//! How many files the operating system lets this process open. A connection is one of them, and so is
//! each segment of the log: connections must leave some.

use super::QuotaLimits;

/// Files that are kept for the log and everything else that is not a connection.
const FILES_RESERVED: usize = 256;

impl QuotaLimits {
    /// The same, but for each of this many listeners no more connections than leave enough files for the
    /// log. As it is where there is no limit, or the operating system does not tell.
    #[must_use]
    pub fn within_files(self, listeners: usize) -> Self {
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let possible = files(&limits).map(|files| files.saturating_sub(FILES_RESERVED) / listeners.max(1));
        Self {
            connections: possible.map_or(self.connections, |most| self.connections.min(most.max(1))),
            ..self
        }
    }
}

/// The soft limit of `Max open files`.
fn files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_read() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max processes             62756                62756                processes\n\
                      Max open files            1024                 524288               files\n";
        assert_eq!(files(limits), Some(1024));
        assert_eq!(files("Max open files            unlimited            unlimited            files"), None);
        assert_eq!(files(""), None);
    }
}
