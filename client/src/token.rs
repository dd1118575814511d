//! The secret by which the service knows a recorder.

use std::fmt;

use tonic::metadata::{Ascii, MetadataValue};

/// Longest token that is sent: HTTP/2 servers limit the size of headers.
pub const TOKEN_BYTES_MAX: usize = 4096;

/// A token of a recorder. It is never shown: neither in debug output nor in an error.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(MetadataValue<Ascii>);

/// Why a text is not a token. Says nothing of the text itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is none.
    #[error("it is empty")]
    Empty,
    /// Longer than can be sent.
    #[error("it has {bytes} bytes, a token has at most {TOKEN_BYTES_MAX}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not one word.
    #[error("a token is one word of visible ASCII characters, this has another character at byte {offset}")]
    Character {
        /// Where.
        offset: usize,
    },
}

impl Token {
    /// Takes a text as a token. White space around it is ignored.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let token = text.trim_ascii();
        if token.is_empty() {
            return Err(TokenError::Empty);
        }
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::TooLong { bytes: token.len() });
        }
        if let Some(offset) = token.bytes().position(|byte| !byte.is_ascii_graphic()) {
            return Err(TokenError::Character { offset });
        }
        let value = format!("Bearer {token}").parse();
        let mut value: MetadataValue<Ascii> = value.map_err(|_| TokenError::Character { offset: 0 })?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// The value of the metadata `authorization`. RFC 6750 section 2.1.
    pub(crate) fn authorization(&self) -> MetadataValue<Ascii> {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word() {
        assert_eq!(Token::parse(" abc-123\n").unwrap().authorization(), "Bearer abc-123");
        assert_eq!(Token::parse(" \n"), Err(TokenError::Empty));
        assert_eq!(Token::parse("two words"), Err(TokenError::Character { offset: 3 }));
        assert_eq!(Token::parse("schlüssel"), Err(TokenError::Character { offset: 4 }));
        assert!(matches!(Token::parse(&"x".repeat(5000)), Err(TokenError::TooLong { bytes: 5000 })));
    }

    #[test]
    fn debug_output_does_not_show_it() {
        let token = Token::parse("sesame").unwrap();
        assert!(!format!("{token:?} {:?}", token.authorization()).contains("sesame"));
    }
}
