//! What somebody may have meant.

/// Longer names are nobody's slip of the keyboard, and comparing them costs.
const NAME_BYTES_MAX: usize = 100;
/// How alike two names must be, from 0 to 1.
const LIKENESS_MIN: f64 = 0.65;
/// Bytes of a name's beginning that stand for the name.
const BEGINNING_MIN: usize = 4;

/// The candidate most like `name`, if one is like it. Letters count the same in upper and lower case.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    best(name, candidates, |candidate| candidate)
}

/// As [`nearest`]; failing that, the candidate whose last part (behind dots) is most like that of `name`:
/// somebody knew the key, and not its table.
pub(super) fn nearest_key<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    best(name, candidates.clone(), |candidate| candidate)
        .or_else(|| best(last_part(name), candidates, last_part))
}

fn best<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    part: impl Fn(&'a str) -> &'a str,
) -> Option<&'a str> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let name = name.to_lowercase().replace('-', "_");
    candidates
        .into_iter()
        .map(|candidate| {
            let part = part(candidate);
            let begins = name.len() >= BEGINNING_MIN && part.starts_with(&name);
            let likeness = strsim::normalized_damerau_levenshtein(&name, &part.to_lowercase());
            (if begins { 1.0 } else { likeness }, candidate)
        })
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 4] = ["ledger.origin", "ledger.data", "tls.internal.client_ca", "public.entries"];

    #[test]
    fn a_slip_of_the_keyboard_is_understood() {
        assert_eq!(nearest_key("ledger.orign", KEYS), Some("ledger.origin"));
        assert_eq!(nearest_key("legder.data", KEYS), Some("ledger.data"));
        assert_eq!(nearest_key("tls.internal.client-ca", KEYS), Some("tls.internal.client_ca"));
        assert_eq!(nearest_key("PUBLIC.ENTRIES", KEYS), Some("public.entries"));
    }

    #[test]
    fn a_key_is_found_without_its_table_or_in_another() {
        assert_eq!(nearest_key("origin", KEYS), Some("ledger.origin"));
        assert_eq!(nearest_key("tls.client_ca", KEYS), Some("tls.internal.client_ca"));
    }

    #[test]
    fn nothing_is_suggested_for_what_is_like_nothing() {
        assert_eq!(nearest_key("colour", KEYS), None);
        assert_eq!(nearest_key("", KEYS), None);
        assert_eq!(nearest_key(&"origin".repeat(100_000), KEYS), None);
    }
}
