//! Reads messages of gRPC as protobuf, but none that would become far larger than it is.
//!
//! An item of a list takes two bytes on the wire if it says nothing, and a structure of hundreds of bytes
//! in memory: a limit on the bytes of a message alone would let 4 MiB become gigabytes. So the fields are
//! counted before anything is decoded.

use bytes::Buf as _;
use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder};
use tonic_prost::{ProstCodec, ProstDecoder, ProstEncoder};

use crate::{unread, v1};

/// Most fields of one message, items of lists included. The largest that is allowed elsewhere has 1,000
/// events, or as many answers and a proof.
pub const FIELDS_MAX: usize = 2048;

/// A message that is sent on its own.
pub trait Outermost {
    /// Number of the field with the message that has the lists, where that is not this one itself.
    const WRAPPED: Option<u32> = None;
}

/// What the generated clients and servers encode `T` and decode `U` with.
#[derive(Debug, Clone)]
pub struct BoundedCodec<T, U>(ProstCodec<T, U>);

/// Decodes a message that has not more than [`FIELDS_MAX`] fields.
#[derive(Debug, Clone)]
pub struct BoundedDecoder<U>(ProstDecoder<U>);

impl<T, U> Default for BoundedCodec<T, U> {
    fn default() -> Self {
        Self(ProstCodec::default())
    }
}

impl<T, U> Codec for BoundedCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Outermost + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = BoundedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        self.0.encoder()
    }

    fn decoder(&mut self) -> Self::Decoder {
        BoundedDecoder(self.0.decoder())
    }
}

impl<U: Message + Outermost + Default> Decoder for BoundedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        // One piece: the transport puts a message together before it has it decoded.
        if buffer.chunk().len() < buffer.remaining() {
            return Err(Status::internal("a message lies in pieces"));
        }
        if has_more_fields(buffer.chunk(), U::WRAPPED, &mut { FIELDS_MAX }) {
            return Err(Status::invalid_argument(format!(
                "a message has at most {FIELDS_MAX} fields, items of lists included; this has more (a batch \
                 has at most 1,000 events)"
            )));
        }
        self.0.decode(buffer)
    }
}

/// Whether there are more fields than are left. Ends where bytes are no field: the decoder gets no further
/// either.
fn has_more_fields(mut bytes: &[u8], wrapped: Option<u32>, left: &mut usize) -> bool {
    while let Ok((number, wire_type)) = decode_key(&mut bytes) {
        if *left == 0 {
            return true;
        }
        *left -= 1;
        let skipped = if wire_type == WireType::LengthDelimited {
            let length = decode_varint(&mut bytes).ok().and_then(|length| usize::try_from(length).ok());
            length.and_then(|length| bytes.split_at_checked(length)).map(|(content, rest)| {
                bytes = rest;
                Some(number) == wrapped && has_more_fields(content, None, left)
            })
        } else {
            skip_field(wire_type, number, &mut bytes, DecodeContext::default()).ok().map(|()| false)
        };
        match skipped {
            Some(false) => {}
            Some(true) => return true,
            None => return false,
        }
    }
    false
}

macro_rules! outermost {
    ($($message:ident)*) => { $(impl Outermost for v1::$message {})* };
}

outermost! {
    RecordRequest RecordResponse EndSessionRequest EndSessionResponse
    GetCheckpointRequest GetCheckpointResponse GetEntryRequest GetEntryResponse
    ListEntriesRequest ListEntriesResponse GetInclusionProofRequest GetInclusionProofResponse
    GetConsistencyProofRequest GetConsistencyProofResponse GetReceiptRequest GetReceiptResponse
    WatchCheckpointsRequest WatchCheckpointsResponse ListAnnotationsRequest ListAnnotationsResponse
    DiscloseRequest DiscloseResponse EraseRequest EraseResponse CorrectRequest CorrectResponse
    OpenRecordRequest OpenRecordResponse RetainRequest RetainResponse
    IssueViewKeysRequest IssueViewKeysResponse ListRequestsRequest ListRequestsResponse
    PublishCharterRequest PublishCharterResponse EvaluateRequest EvaluateResponse
    WatchDeviationsRequest WatchDeviationsResponse ListChartersRequest ListChartersResponse
    PublishReportRequest PublishReportResponse ListReportsRequest ListReportsResponse
}

impl Outermost for unread::RecordRequest {}

impl Outermost for unread::EvaluateRequest {}

impl Outermost for unread::RecordStreamRequest {
    const WRAPPED: Option<u32> = Some(1);
}

impl Outermost for v1::RecordStreamRequest {
    const WRAPPED: Option<u32> = Some(1);
}

impl Outermost for v1::RecordStreamResponse {
    const WRAPPED: Option<u32> = Some(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &[u8] = b"\x1a\x00";

    fn too_many(bytes: &[u8], wrapped: Option<u32>) -> bool {
        has_more_fields(bytes, wrapped, &mut { FIELDS_MAX })
    }

    fn wrap(bytes: &[u8]) -> Vec<u8> {
        let request = v1::RecordRequest::decode(bytes).unwrap();
        v1::RecordStreamRequest { request: Some(request) }.encode_to_vec()
    }

    #[test]
    fn what_would_become_many_structures_is_refused_before_it_does() {
        let most = EVENT.repeat(FIELDS_MAX);
        assert!(!too_many(&most, None));
        assert!(too_many(&[&most, EVENT].concat(), None));
        let wrapped = wrap(&EVENT.repeat(FIELDS_MAX - 1));
        assert!(!too_many(&wrapped, v1::RecordStreamRequest::WRAPPED));
        assert!(too_many(&wrap(&most), v1::RecordStreamRequest::WRAPPED));
        // Protobuf merges what is wrapped twice: the lists add up.
        let twice = wrap(&EVENT.repeat(FIELDS_MAX / 2)).repeat(2);
        assert!(too_many(&twice, v1::RecordStreamRequest::WRAPPED));
    }

    #[test]
    fn fields_that_nobody_knows_count_and_bytes_that_are_none_end_the_count() {
        for unknown in [&b"\xf8\x7f\x00"[..], b"\xf9\x7f12345678", b"\xfd\x7f1234", b"\xfb\x7f\xfc\x7f"] {
            assert!(!too_many(&unknown.repeat(FIELDS_MAX), None));
            assert!(too_many(&unknown.repeat(FIELDS_MAX + 1), None), "{unknown:?}");
        }
        for broken in [&b"\x00"[..], b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", b"\x1a\x05", b"\x7c"] {
            assert!(!too_many(&[broken, &EVENT.repeat(FIELDS_MAX * 2)].concat(), None), "{broken:?}");
        }
    }

    #[test]
    fn text_is_not_taken_for_fields() {
        let text = "\u{1a}\0".repeat(FIELDS_MAX);
        let event = v1::AccessEvent { announcement: Some(text), ..v1::AccessEvent::default() };
        let request = v1::RecordRequest { events: vec![event], ..v1::RecordRequest::default() };
        assert!(!too_many(&request.encode_to_vec(), None));
        let streamed = v1::RecordStreamRequest { request: Some(request) };
        assert!(!too_many(&streamed.encode_to_vec(), v1::RecordStreamRequest::WRAPPED));
    }
}
