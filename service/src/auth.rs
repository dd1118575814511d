//! Who calls, and what they may do.
//!
//! - [`Gate`]: decides; what it decides by ([`Policy`]) is exchanged as a whole by a reload
//! - [`Callers`]: those who are known, by the hash of a token or by a name in a certificate
//! - [`Need`]: the table of what each method and path needs
//! - [`Guard`]: asks the gate for each request, before anything else sees it
//! - [`Session`]: who was let in, in the request's extensions
//! - [`Refusal`]: why somebody was not

mod callers;
mod datasets;
mod gate;
mod guard;
mod need;
mod note;
mod peer;
mod rates;
mod refusal;
mod session;

pub use callers::{Callers, Known};
pub use datasets::Foreign;
pub use gate::{Door, Gate, Policy};
pub use guard::Guard;
pub use need::Need;
pub use peer::{Peer, PeerCertificate};
pub use refusal::{Kind, Refusal};
pub use session::Session;
