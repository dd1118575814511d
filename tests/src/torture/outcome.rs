//! What must come of an operation that fails, in every trial that has some fail.

/// What must come of a fault. Never is anything that was acknowledged missing after the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The service does not start, and says why. The next start, without the fault, goes well.
    Refuses,
    /// The process ends, at once: nobody knows what is on the disk.
    Ends,
    /// Nothing more is recorded until the service starts again; readers go on.
    Stops,
    /// Recording goes on: what failed is derived, or only a lower bound.
    GoesOn,
}

impl Outcome {
    /// What the page calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refuses => "does not start",
            Self::Ends => "the process ends",
            Self::Stops => "recording stops",
            Self::GoesOn => "goes on",
        }
    }
}
