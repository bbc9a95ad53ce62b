//! Tokens of an answer (2.2.7).

pub const DONE_FINAL: u16 = 0x00;
pub const DONE_MORE: u16 = 0x01;
pub const DONE_ERROR: u16 = 0x02;
pub const DONE_ATTENTION: u16 = 0x20;

const COLLATION: [u8; 5] = [0x09, 0x04, 0xD0, 0x00, 0x34];

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn short_text(text: &str) -> Vec<u8> {
    [vec![u8::try_from(text.encode_utf16().count()).unwrap()], utf16(text)].concat()
}

fn long_text(text: &str) -> Vec<u8> {
    [u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes().to_vec(), utf16(text)].concat()
}

fn with_length(token: u8, body: &[u8]) -> Vec<u8> {
    [vec![token], u16::try_from(body.len()).unwrap().to_le_bytes().to_vec(), body.to_vec()].concat()
}

pub fn done(status: u16) -> Vec<u8> {
    [vec![0xFD], status.to_le_bytes().to_vec(), vec![0; 10]].concat()
}

fn message(token: u8, number: u32, class: u8, text: &str, procedure: &str, line: u32) -> Vec<u8> {
    let head = [number.to_le_bytes().as_slice(), &[1, class]].concat();
    let tail = [short_text("sim"), short_text(procedure), line.to_le_bytes().to_vec()].concat();
    with_length(token, &[head, long_text(text), tail].concat())
}

pub fn error(number: u32, class: u8, text: &str, procedure: &str, line: u32) -> Vec<u8> {
    message(0xAA, number, class, text, procedure, line)
}

pub fn print(text: &str) -> Vec<u8> {
    message(0xAB, 0, 0, text, "", 1)
}

/// COLMETADATA of one column.
fn column(name: &str, kind: &[u8]) -> Vec<u8> {
    [&[0x81, 1, 0, 0, 0, 0, 0, 0x09, 0], kind, &short_text(name)].concat()
}

/// A result set of one `int` column.
pub fn integers(name: &str, values: &[i32]) -> Vec<u8> {
    let rows = values.iter().flat_map(|value| [&[0xD1, 4], value.to_le_bytes().as_slice()].concat());
    column(name, &[0x26, 4]).into_iter().chain(rows).collect()
}

/// A result set of one `nvarchar(4000)` column.
pub fn texts(name: &str, values: &[&str]) -> Vec<u8> {
    let row = |value: &&str| {
        let bytes = utf16(value);
        [vec![0xD1], u16::try_from(bytes.len()).unwrap().to_le_bytes().to_vec(), bytes].concat()
    };
    let kind = [&[0xE7, 0x40, 0x1F], COLLATION.as_slice()].concat();
    column(name, &kind).into_iter().chain(values.iter().flat_map(row)).collect()
}

/// LOGINACK for TDS 7.4, and DONE.
pub fn login_ack() -> Vec<u8> {
    let body = [&[1, 0x74, 0, 0, 4], short_text("Microsoft SQL Server").as_slice(), &[12, 0, 0x07, 0xD0]].concat();
    [with_length(0xAD, &body), done(DONE_FINAL)].concat()
}

/// ENVCHANGE of type 20, after the acknowledgement as Azure sends it.
pub fn redirect(host: &str, port: u16) -> Vec<u8> {
    let route = [&[0], port.to_le_bytes().as_slice(), &long_text(host)].concat();
    let value = [u16::try_from(route.len()).unwrap().to_le_bytes().as_slice(), &route].concat();
    let change = with_length(0xE3, &[&[20], value.as_slice(), &[0, 0]].concat());
    let acknowledged = login_ack();
    let (acknowledgement, done) = acknowledged.split_at(acknowledged.len() - 13);
    [acknowledgement, &change, done].concat()
}
