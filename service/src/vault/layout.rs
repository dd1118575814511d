//! Names in the vault's folder. `docs/format.md`, Vault.

use einsicht_access::{Month, RetentionClass};

/// Folder of everything that is sealed.
pub const VAULT: &str = "vault";
/// Up to which entry the vault is known to be in order.
pub const WATERMARK: &str = "vault/watermark";
/// What an erasure that is under way writes, before it does.
pub const ERASING: &str = "vault/erasing";

/// Damage that is known.
pub const DAMAGED: &str = "vault/damaged";

/// The month and class of a file in the vault's folder; of the folder of a month, the month.
pub fn place_of(path: &str) -> Option<(Month, Option<RetentionClass>)> {
    let (month, rest) = path.strip_prefix(VAULT)?.strip_prefix('/')?.split_once('/').unwrap_or_else(|| {
        let month = path.rsplit('/').next().unwrap_or_default();
        (month, "")
    });
    let class = rest.split('/').next().filter(|class| !class.is_empty());
    match class {
        Some(class) => Some((month.parse().ok()?, Some(class.parse().ok()?))),
        None => Some((month.parse().ok()?, None)),
    }
}

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
