//! The certificate that a listener shows now.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;

/// How a listener speaks TLS now; exchanged by a reload. Clones share it. Connections that there are
/// keep what they began with.
#[derive(Clone, Debug)]
pub struct TlsSlot {
    current: Arc<RwLock<Arc<ServerConfig>>>,
}

impl TlsSlot {
    /// Begins with a configuration.
    #[must_use]
    pub fn new(config: ServerConfig) -> Self {
        Self { current: Arc::new(RwLock::new(Arc::new(config))) }
    }

    /// That of now.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Exchanges it for the connections to come.
    pub fn replace(&self, config: ServerConfig) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }
}
