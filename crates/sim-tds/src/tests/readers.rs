//! Whatever bytes come, a reader answers with a value or an error.

use bytes::BytesMut;
use proptest::prelude::*;

use super::raw::{PRELOGIN, Record, utf16, with_headers};
use crate::{
    login7::{Credential, Login7},
    packet::{Assembler, Message, Packetizer, Reset, kind, pack},
    prelogin::Prelogin,
    read::Malformed,
    request::Request,
};

fn assemble(bytes: &[u8], pieces: &[usize], limit: usize) -> Result<Vec<Message>, Malformed> {
    let mut assembler = Assembler::new(limit);
    let (mut messages, mut rest) = (Vec::new(), bytes);
    for piece in pieces.iter().copied().chain([usize::MAX]) {
        let (now, later) = rest.split_at(piece.min(rest.len()));
        assembler.buffer.extend_from_slice(now);
        while let Some(message) = assembler.next()? {
            messages.push(message);
        }
        rest = later;
    }
    Ok(messages)
}

fn message(kind: u8, payload: &[u8]) -> Message {
    Message { kind, reset: Reset::No, ignored: false, payload: payload.into() }
}

fn record() -> impl Strategy<Value = Record> {
    let token = prop::option::of("\\PC{0,200}");
    (any::<u32>(), prop::array::uniform8("\\PC{0,60}"), token).prop_map(|(packet_size, texts, token)| {
        let features = token.map(|token| features(&token)).unwrap_or_default();
        Record { packet_size, texts, flags3: if features.is_empty() { 0 } else { 0x10 }, features, ..Record::default() }
    })
}

fn features(token: &str) -> Vec<u8> {
    let token = utf16(token);
    let other = [10u8, 1, 0, 0, 0, 1];
    let data = [&[0x03][..], &(token.len() as u32).to_le_bytes(), &token].concat();
    [&other[..], &[2], &(data.len() as u32).to_le_bytes(), &data, &[0xff]].concat()
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Prelogin::read(&bytes);
        let _ = Login7::read(&bytes);
        let _ = assemble(&bytes, &[], 1000);
        for kind in 0..=0x20 {
            Request::read(&message(kind, &bytes));
            Request::read(&message(kind, &with_headers(&bytes)));
        }
    }

    #[test]
    fn arbitrary_parameters_never_panic(kind in any::<u8>(), bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let body = [&[0xff, 0xff, 10, 0, 0, 0, 0, 0, kind][..], &bytes].concat();
        Request::read(&message(kind::RPC, &with_headers(&body)));
    }

    #[test]
    fn a_damaged_record_never_panics(record in record(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = record.encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Login7::read(&bytes);
        let _ = Login7::read(&bytes[..at]);
    }

    #[test]
    fn a_record_is_read_as_it_was_written(record in record()) {
        let read = Login7::read(&record.encode()).unwrap();
        let texts = &record.texts;
        prop_assert_eq!([&read.host, &read.user, &read.password, &read.application, &read.server, &read.database],
                        [&texts[0], &texts[1], &texts[2], &texts[3], &texts[4], &texts[7]]);
        prop_assert!((512..=32_767).contains(&read.packet_size));
        prop_assert_eq!(matches!(read.credential, Credential::Token(_)), !record.features.is_empty());
    }

    #[test]
    fn packets_of_any_size_bring_the_message_back(
        payload in prop::collection::vec(any::<u8>(), 0..5000),
        pushes in prop::collection::vec(0usize..3000, 0..4),
        size in 512usize..2000,
        pieces in prop::collection::vec(0usize..700, 0..20),
    ) {
        let (mut packets, mut wire, mut rest) = (Packetizer::new(size), BytesMut::new(), &payload[..]);
        for push in pushes {
            let (now, later) = rest.split_at(push.min(rest.len()));
            packets.push(now, &mut wire);
            rest = later;
        }
        packets.push(rest, &mut wire);
        packets.end(&mut wire);
        prop_assert_eq!(assemble(&wire, &pieces, 5000).unwrap(), [message(kind::ANSWER, &payload)]);
    }
}

#[test]
fn a_message_split_at_every_byte_is_the_same() {
    let sql = with_headers(&utf16(&"SELECT 1; ".repeat(500)));
    let wire = [pack(kind::SQL_BATCH, &sql), pack(kind::PRELOGIN, &PRELOGIN)].concat();
    let expected = [message(kind::SQL_BATCH, &sql), message(kind::PRELOGIN, &PRELOGIN)];
    for at in 0..=wire.len() {
        assert_eq!(assemble(&wire, &[at], 1 << 20).unwrap(), expected, "split at {at}");
    }
    assert_eq!(assemble(&wire, &vec![1; wire.len()], 1 << 20).unwrap(), expected);
}

#[test]
fn a_message_over_the_limit_is_refused_before_it_is_whole() {
    let wire = pack(kind::SQL_BATCH, &[0; 20_000]);
    assert!(assemble(&wire, &[], 20_000).is_ok());
    assert!(assemble(&wire[..16_384], &[], 10_000).unwrap_err().to_string().contains("10000 bytes"));
}

#[test]
fn the_prelogin_answer_requires_encryption_and_repeats_the_question_about_federation() {
    let read = Prelogin::read(&PRELOGIN).unwrap();
    assert!(read.can_encrypt && !read.asks_fed_auth);
    let asks = Prelogin { asks_fed_auth: true, ..read };
    assert_eq!(asks.answer().len(), read.answer().len() + 6);
    for (mode, can) in [(0, true), (1, true), (2, false), (3, true)] {
        let mut payload = PRELOGIN;
        payload[6] = mode;
        assert_eq!(Prelogin::read(&payload).unwrap().can_encrypt, can);
    }
    assert!(!Prelogin::read(&[0xff]).unwrap().can_encrypt);
    let mut outside = PRELOGIN;
    outside[2] = 13;
    assert!(Prelogin::read(&outside).is_err());
}

#[test]
fn every_truncation_of_a_record_is_an_error() {
    let record = Record { flags3: 0x10, features: features("token"), ..Record::default() }.encode();
    assert!(Login7::read(&record).is_ok());
    for length in 0..record.len() {
        assert!(Login7::read(&record[..length]).is_err(), "{length}");
    }
    let long = Record { texts: std::array::from_fn(|_| "x".repeat(129)), ..Record::default() };
    assert!(Login7::read(&long.encode()).unwrap_err().to_string().contains("more than 128"));
}
