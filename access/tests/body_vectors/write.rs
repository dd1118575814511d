//! Writes fields as protobuf does, and as it should not.

/// A varint in its shortest form.
pub fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// The tag of a field.
pub fn tag(number: u64, wire_type: u64) -> Vec<u8> {
    varint(number * 8 + wire_type)
}

/// A field that holds a number.
pub fn number(field: u64, value: u64) -> Vec<u8> {
    [tag(field, 0), varint(value)].concat()
}

/// A field that holds text, bytes or a message.
pub fn bytes(field: u64, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    [tag(field, 2), varint(content.len() as u64), content.to_vec()].concat()
}

/// A body with one field, which holds these.
pub fn body(field: u64, fields: &[Vec<u8>]) -> Vec<u8> {
    bytes(field, fields.concat())
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
