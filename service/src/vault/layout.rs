//! Names in the vault's folder. `docs/format.md`, Vault.

use einsicht_access::{Month, RetentionClass};

/// Folder of everything that is sealed.
pub const VAULT: &str = "vault";
/// Up to which entry the vault is known to be in order.
pub const WATERMARK: &str = "vault/watermark";
/// What an erasure that is under way writes, before it does.
pub const ERASING: &str = "vault/erasing";

/// Folder of a month.
pub fn month_folder(month: Month) -> String {
    format!("{VAULT}/{month}")
}

/// Folder of a retention class of a month.
pub fn class_folder(month: Month, class: RetentionClass) -> String {
    format!("{VAULT}/{month}/{class}")
}

/// Its file of openings.
pub fn openings_path(month: Month, class: RetentionClass) -> String {
    format!("{VAULT}/{month}/{class}/openings")
}

/// Its index: derived.
pub fn index_path(month: Month, class: RetentionClass) -> String {
    format!("{VAULT}/{month}/{class}/index")
}

/// Says that it was erased as a whole, and by which entry.
pub fn erased_path(month: Month, class: RetentionClass) -> String {
    format!("{VAULT}/{month}/{class}/erased")
}
