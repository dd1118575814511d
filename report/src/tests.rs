//! Whole reports.

mod documentation;
mod figures;
mod hostile;
mod pages;
mod recompute;
mod schema;
mod sheets;
mod snapshots;
