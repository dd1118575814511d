//! JSON has no keys that are bytes: sessions are stored as a list, in a fixed order.

use std::collections::HashMap;

use einsicht_tlog::hash::{decode_base64, encode_base64};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use super::Session;

type Map = HashMap<Box<[u8]>, Session>;

pub fn serialize<S: Serializer>(map: &Map, serializer: S) -> Result<S::Ok, S::Error> {
    let mut list: Vec<_> = map.iter().map(|(key, session)| (encode_base64(key), session)).collect();
    list.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    serializer.collect_seq(list)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map, D::Error> {
    let list: Vec<(String, Session)> = Vec::deserialize(deserializer)?;
    let decode = |(key, session): (String, Session)| {
        let key = decode_base64(&key).ok_or_else(|| D::Error::custom("a key is not base64"))?;
        Ok((key.into_boxed_slice(), session))
    };
    list.into_iter().map(decode).collect()
}
