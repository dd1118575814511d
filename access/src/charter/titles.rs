//! Names for people, in two languages.

/// A text in German, and in English where the charter has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Titles {
    /// In German.
    pub german: String,
    /// In English.
    pub english: Option<String>,
}

/// A code and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The code.
    pub id: String,
    /// Its names.
    pub titles: Titles,
}
