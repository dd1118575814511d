//! Text with column names in braces: `{date} {time}`. `{{` and `}}` stand for the braces themselves.

use std::borrow::Cow;

/// One record of an input: its values by the names of their columns.
pub trait Row {
    /// The value of a column; `None` if the record has none.
    fn value(&self, column: &str) -> Option<Cow<'_, str>>;
}

/// A text that is the same for every record, or is put together from columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Column(String),
}

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A brace that is not closed, or was never opened.
    #[error("the brace at byte {offset} has no partner; write {{{{ or }}}} for a brace itself")]
    Unbalanced {
        /// Where it stands.
        offset: usize,
    },
    /// Braces with nothing in them.
    #[error("the braces at byte {offset} are empty; the name of a column belongs in them")]
    NoName {
        /// Where they stand.
        offset: usize,
    },
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut fixed = String::new();
        let mut characters = text.char_indices().peekable();
        while let Some((offset, character)) = characters.next() {
            let doubled =
                characters.next_if(|(_, next)| *next == character && matches!(character, '{' | '}'));
            match character {
                '{' | '}' if doubled.is_some() => fixed.push(character),
                '}' => return Err(TemplateError::Unbalanced { offset }),
                '{' => {
                    let rest = text.get(offset + 1..).unwrap_or_default();
                    let (name, _) = rest.split_once('}').ok_or(TemplateError::Unbalanced { offset })?;
                    if name.contains('{') {
                        return Err(TemplateError::Unbalanced { offset });
                    }
                    let column = name.trim();
                    if column.is_empty() {
                        return Err(TemplateError::NoName { offset });
                    }
                    if !fixed.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut fixed)));
                    }
                    parts.push(Part::Column(column.to_owned()));
                    let end = offset + 1 + name.len();
                    while characters.next_if(|(at, _)| *at <= end).is_some() {}
                }
                _ => fixed.push(character),
            }
        }
        if !fixed.is_empty() {
            parts.push(Part::Text(fixed));
        }
        Ok(Self { parts })
    }

    /// A text without columns, taken as it is.
    pub fn fixed(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }

    /// The columns that it needs.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text, if it is the same for every record.
    pub fn constant(&self) -> Option<String> {
        let texts = self.parts.iter().map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Column(_) => None,
        });
        texts.collect()
    }

    /// The text for one record, without white space around it. Columns that the record lacks are empty.
    pub fn fill<'a>(&'a self, row: &'a impl Row) -> Cow<'a, str> {
        let text_of = |part: &'a Part| match part {
            Part::Text(text) => Cow::Borrowed(text.as_str()),
            Part::Column(name) => row.value(name).unwrap_or_default(),
        };
        match self.parts.as_slice() {
            [] => Cow::Borrowed(""),
            [only] => trimmed(text_of(only)),
            parts => trimmed(Cow::Owned(parts.iter().map(text_of).collect())),
        }
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    impl Row for HashMap<&str, &str> {
        fn value(&self, column: &str) -> Option<Cow<'_, str>> {
            self.get(column).map(|value| Cow::Borrowed(*value))
        }
    }

    fn fill(template: &str) -> String {
        let row = HashMap::from([("date", "2017-01-01"), ("time", " 00:00:03 "), ("größe", "7")]);
        Template::parse(template).unwrap().fill(&row).into_owned()
    }

    #[test]
    fn columns_are_put_in_their_places() {
        assert_eq!(fill("{date}"), "2017-01-01");
        assert_eq!(fill("{date}T{ größe }Z"), "2017-01-01T7Z");
        assert_eq!(fill("no column"), "no column");
        assert_eq!(fill("{{date}} {größe}"), "{date} 7");
        assert_eq!(fill(""), "");
    }

    #[test]
    fn white_space_around_is_dropped_and_a_missing_column_is_empty() {
        assert_eq!(fill("{time}"), "00:00:03");
        assert_eq!(fill(" {absent} "), "");
    }

    #[test]
    fn braces_must_match_and_hold_a_name() {
        for (text, offset) in [("a{b", 1), ("a}b", 1), ("{a{b}", 0), ("{{{", 2), ("x {date} }", 9)] {
            assert_eq!(Template::parse(text), Err(TemplateError::Unbalanced { offset }), "{text}");
        }
        assert_eq!(Template::parse("a{ }"), Err(TemplateError::NoName { offset: 1 }));
    }

    #[test]
    fn only_a_text_without_columns_is_constant() {
        let template = Template::parse("{a}-{b}").unwrap();
        assert_eq!((template.constant(), template.columns().collect::<Vec<_>>()), (None, vec!["a", "b"]));
        assert_eq!(Template::parse("x{{y").unwrap().constant().as_deref(), Some("x{y"));
    }
}
