//! Certificates of the listeners: loaded, checked, exchanged by a reload.

mod error;
mod load;
mod pinned;
mod slot;

pub use error::TlsError;
pub use load::{ServerIdentity, client_verifier, server_config};
pub use pinned::pinned;
pub use slot::TlsSlot;
