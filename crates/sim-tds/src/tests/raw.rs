//! A client that says exactly what the test wants and shows exactly what comes back.

use std::{net::SocketAddr, sync::Arc};

use bytes::BytesMut;
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::fixture::{PASSWORD, SERVER, tls};
use crate::{
    packet::{HEADER, Message, kind, pack},
    tls::Wrapped,
    wire::Incoming,
};

pub(super) struct Raw {
    stream: Incoming<TlsStream<Wrapped<TcpStream>>>,
}

/// The prelogin message of a client that can encrypt.
pub(super) const PRELOGIN: [u8; 12] = [0x01, 0, 6, 0, 1, 0xff, 0x01, 0, 0, 0, 0, 0];

impl Raw {
    /// Through prelogin and TLS.
    pub(super) async fn shake_hands(address: SocketAddr) -> Self {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(&pack(kind::PRELOGIN, &PRELOGIN)).await.unwrap();
        let mut incoming = Incoming::new(socket, 4096);
        let answer = incoming.next().await.unwrap().unwrap();
        assert_eq!(answer.kind, kind::ANSWER);
        let mut stream = connector()
            .connect(SERVER.try_into().unwrap(), Wrapped::new(incoming.into_stream().unwrap()))
            .await
            .unwrap();
        stream.get_mut().0.end_handshake();
        Self { stream: Incoming::new(stream, usize::MAX) }
    }

    /// The same and logged in; the answer to it is read and checked for its end only.
    pub(super) async fn log_in(address: SocketAddr, packet_size: u32) -> Self {
        let mut raw = Self::shake_hands(address).await;
        let tokens = raw.ask(kind::LOGIN7, &Record { packet_size, ..Record::default() }.encode()).await;
        assert_eq!(tokens.last().unwrap(), &done(0xfd, 0, 0));
        raw
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).await.unwrap();
        self.stream.get_mut().flush().await.unwrap();
    }

    pub(super) async fn ask(&mut self, kind: u8, payload: &[u8]) -> Vec<(u8, Vec<u8>)> {
        self.write(&pack(kind, payload)).await;
        self.answer().await
    }

    /// What comes after the log-in, byte by byte.
    pub(super) fn stream(&mut self) -> &mut (impl tokio::io::AsyncRead + Unpin + use<>) {
        self.stream.get_mut()
    }

    /// The tokens of the next message.
    pub(super) async fn answer(&mut self) -> Vec<(u8, Vec<u8>)> {
        tokens(&self.message().await.expect("the connection was closed").payload)
    }

    pub(super) async fn message(&mut self) -> Option<Message> {
        self.stream.next().await.unwrap_or(None)
    }

    /// The length of every packet until the end of the next message.
    pub(super) async fn packet_lengths(&mut self) -> Vec<usize> {
        let mut lengths = Vec::new();
        loop {
            let mut header = [0; HEADER];
            self.stream.get_mut().read_exact(&mut header).await.unwrap();
            let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
            let mut payload = vec![0; length - HEADER];
            self.stream.get_mut().read_exact(&mut payload).await.unwrap();
            lengths.push(length);
            assert_eq!(usize::from(header[6]), lengths.len() % 256, "packets are numbered from 1");
            if header[1] & 1 == 1 {
                return lengths;
            }
        }
    }
}

fn connector() -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(tls().ca.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// A DONE token as [`Raw::answer`] shows it, without the statement's code.
pub(super) fn done(token: u8, status: u16, rows: u64) -> (u8, Vec<u8>) {
    (token, [&status.to_le_bytes()[..], &[0, 0], &rows.to_le_bytes()].concat())
}

/// Splits an answer without result sets into tokens and their bodies.
pub(super) fn tokens(mut payload: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut tokens = Vec::new();
    while let [token, rest @ ..] = payload {
        let (start, length) = match token {
            0xfd..=0xff => (0, 12),
            0x79 => (0, 4),
            0xae => (0, 6),
            0xaa | 0xab | 0xad | 0xe3 => (2, usize::from(u16::from_le_bytes([rest[0], rest[1]]))),
            token => panic!("token 0x{token:02x} in {payload:02x?}"),
        };
        tokens.push((*token, rest[start..start + length].to_vec()));
        payload = &rest[start + length..];
    }
    tokens
}

/// The number of an ERROR or INFO token.
pub(super) fn error_number(token: &(u8, Vec<u8>)) -> u32 {
    u32::from_le_bytes(token.1[..4].try_into().unwrap())
}

/// A request with headers as every client sends them: no transaction, one request.
pub(super) fn with_headers(body: &[u8]) -> Vec<u8> {
    let headers = [22u32.to_le_bytes(), 18u32.to_le_bytes()].concat();
    [&headers[..], &2u16.to_le_bytes(), &[0; 8], &1u32.to_le_bytes(), body].concat()
}

pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A log-in record.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) version: u32,
    pub(super) packet_size: u32,
    pub(super) flags2: u8,
    pub(super) flags3: u8,
    /// Host, user, password, application, server, client library, language, database.
    pub(super) texts: [String; 8],
    /// The feature list.
    pub(super) features: Vec<u8>,
}

impl Default for Record {
    fn default() -> Self {
        let texts = ["host", "app", PASSWORD, "raw", "", "library", "us_english", "shop"].map(str::to_owned);
        Self { version: 0x7400_0004, packet_size: 4096, flags2: 0, flags3: 0, texts, features: vec![] }
    }
}

impl Record {
    pub(super) fn encode(&self) -> Vec<u8> {
        let (mut table, mut data) = (Vec::new(), Vec::new());
        let put = |table: &mut Vec<u8>, data: &mut Vec<u8>, bytes: &[u8], unit: usize| {
            table.extend(((94 + data.len()) as u16).to_le_bytes());
            table.extend(((bytes.len() / unit) as u16).to_le_bytes());
            data.extend(bytes);
        };
        let mut texts = self.texts.iter().map(|text| utf16(text)).collect::<Vec<_>>();
        texts[2].iter_mut().for_each(|byte| *byte = byte.rotate_left(4) ^ 0xa5);
        texts[..5].iter().for_each(|text| put(&mut table, &mut data, text, 2));
        let extension = data.len();
        put(&mut table, &mut data, &[0; 4], 1);
        texts[5..].iter().for_each(|text| put(&mut table, &mut data, text, 2));
        let features = (94 + data.len()) as u32;
        data[extension..extension + 4].copy_from_slice(&features.to_le_bytes());
        data.extend(&self.features);
        let mut record = BytesMut::new();
        record.extend(((94 + data.len()) as u32).to_le_bytes());
        record.extend(self.version.to_le_bytes());
        record.extend(self.packet_size.to_le_bytes());
        record.extend([0; 13]);
        record.extend([self.flags2, 0, self.flags3]);
        record.extend([0; 8]);
        record.extend(table);
        record.extend([0; 22]); // client id, SSPI, attached database file, new password, long SSPI
        record.extend(data);
        record.to_vec()
    }
}
