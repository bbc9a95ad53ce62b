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

/// A value of a row; the first row's values decide the types of the columns.
#[derive(Clone, Copy)]
pub enum Cell<'t> {
    /// `bigint`
    Integer(i64),
    /// `bit`
    Bit(bool),
    /// `nvarchar(4000)`
    Text(&'t str),
    /// `datetime`: days from 1900, three-hundredths of a second
    Time(i32, u32),
}

impl Cell<'_> {
    fn kind(self) -> Vec<u8> {
        match self {
            Self::Integer(_) => vec![0x26, 8],
            Self::Bit(_) => vec![0x68, 1],
            Self::Text(_) => [&[0xE7, 0x40, 0x1F], COLLATION.as_slice()].concat(),
            Self::Time(..) => vec![0x6F, 8],
        }
    }

    fn value(self) -> Vec<u8> {
        match self {
            Self::Integer(value) => [&[8], value.to_le_bytes().as_slice()].concat(),
            Self::Bit(value) => vec![1, u8::from(value)],
            Self::Text(value) => {
                let bytes = utf16(value);
                [u16::try_from(bytes.len()).unwrap().to_le_bytes().as_slice(), &bytes].concat()
            }
            Self::Time(days, parts) => [&[8], days.to_le_bytes().as_slice(), &parts.to_le_bytes()].concat(),
        }
    }
}

/// COLMETADATA and ROW: a result set. Without rows its columns are integers.
pub fn rows(names: &[&str], rows: &[&[Cell<'_>]]) -> Vec<u8> {
    let kind = |index: usize| rows.first().map_or(Cell::Integer(0), |row| row[index]).kind();
    let column = |(index, name)| [&[0, 0, 0, 0, 0x09, 0], kind(index).as_slice(), &short_text(name)].concat();
    let columns = names.iter().copied().enumerate().flat_map(column);
    let row =
        |row: &&[Cell<'_>]| [0xD1].into_iter().chain(row.iter().flat_map(|cell| cell.value())).collect::<Vec<u8>>();
    let count = u16::try_from(names.len()).unwrap().to_le_bytes();
    [0x81, count[0], count[1]].into_iter().chain(columns).chain(rows.iter().flat_map(row)).collect()
}

/// A whole answer: one row.
pub fn one_row(names: &[&str], cells: &[Cell<'_>]) -> Vec<u8> {
    [rows(names, &[cells]), done(DONE_FINAL)].concat()
}

/// A whole answer: an error.
pub fn refusal(number: u32, text: &str) -> Vec<u8> {
    [error(number, 16, text, "", 1), done(DONE_ERROR)].concat()
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
