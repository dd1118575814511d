//! What somebody may have meant.

use crate::field::edits_between;

/// More names are not worth looking through.
const CANDIDATES_MAX: usize = 2000;
/// Longer names are nobody's slip of the keyboard, and comparing them costs.
const NAME_CHARS_MAX: usize = 128;

/// The candidate that is closest to `name`, if at most a third of it has to change. Of several the first by
/// alphabet, so that the order of the candidates does not matter.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    if length > NAME_CHARS_MAX {
        return None;
    }
    let typed = name.to_lowercase();
    let edits_max = (length / 3).clamp(1, 6);
    let near = candidates.into_iter().take(CANDIDATES_MAX).filter_map(|candidate| {
        let could_be = candidate.chars().count().abs_diff(length) <= edits_max;
        let edits = could_be.then(|| edits_between(&candidate.to_lowercase(), &typed))?;
        (edits <= edits_max).then_some((edits, candidate))
    });
    near.min().map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keyboard_is_understood_and_nothing_else() {
        let known = ["purposes", "roles", "verkehrsplanung", "stadt-ulm"];
        assert_eq!(nearest("purpose", known), Some("purposes"));
        assert_eq!(nearest("Rolse", known), Some("roles"));
        assert_eq!(nearest("titel", ["id", "title", "title_en"]), Some("title"));
        assert_eq!(nearest("tilet", ["id", "title", "title_en"]), None);
        assert_eq!(nearest("Role", known), Some("roles"));
        assert_eq!(nearest("Verkersplanung", known), Some("verkehrsplanung"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"purposes".repeat(1000), known), None);
    }
}
