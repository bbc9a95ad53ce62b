//! The order in which scripts run, from their file names alone: the one place that has the rule.
//!
//! A name without its extension is cut into numbers and words; `.`, `_`, `-`, white space and each border between digits and
//! other characters cut. Two names are compared piece by piece, without regard to case:
//!
//! - Numbers by their value: `2` before `10`, and `007` is `7`.
//! - A name that ends comes before one that goes on: `1`, `1.1`, `1.2`, `1.2.10`, `1.10`, `2`.
//! - Where one goes on with a word and the other with a number, the number is one more part of a version, and the word's
//!   version is the shorter one: `V1_init` before `V1.1_patch`, `upgrade-fix` before `upgrade2`. Only at the beginning, where no
//!   version has begun, numbers come before words: `1` before `after`.
//! - A word that stands right behind a number is a part of its version too: `10-fill`, `10a-fill-again`, `10.1`.
//! - Two underscores end the version, as in Flyway: `V1__2_tables` before `V1.1__patch`.
//!
//! Names that are the same by all that are ordered by their characters, so that the order is the same on every machine.

use std::cmp::Ordering;

/// Orders two file names.
pub fn natural_order(left: &str, right: &str) -> Ordering {
    let (low_left, low_right) = (left.to_lowercase(), right.to_lowercase());
    let by_pieces = compare(&pieces(stem(&low_left)), &pieces(stem(&low_right)));
    by_pieces.then_with(|| low_left.cmp(&low_right)).then_with(|| left.cmp(right))
}

fn stem(name: &str) -> &str {
    name.strip_suffix(".sql").unwrap_or(name)
}

/// Their order is that behind a number or a word.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece<'n> {
    /// Two underscores.
    EndOfVersion,
    Word(&'n str),
    /// A word right behind a number.
    Suffix(&'n str),
    /// Without its leading zeros a number is larger when it is longer.
    Number(usize, &'n str),
}

fn compare(left: &[Piece<'_>], right: &[Piece<'_>]) -> Ordering {
    match (left.first(), right.first()) {
        (Some(Piece::Number(..)), Some(Piece::Word(_))) => Ordering::Less,
        (Some(Piece::Word(_)), Some(Piece::Number(..))) => Ordering::Greater,
        _ => left.cmp(right),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Digit,
    Separator,
    Other,
}

fn class(character: char) -> Class {
    match character {
        '0'..='9' => Class::Digit,
        '.' | '_' | '-' => Class::Separator,
        other if other.is_whitespace() => Class::Separator,
        _ => Class::Other,
    }
}

fn pieces(stem: &str) -> Vec<Piece<'_>> {
    let (mut rest, mut pieces, mut before) = (stem, Vec::new(), Class::Separator);
    while let Some(kind) = rest.chars().next().map(class) {
        let end = rest.find(|character| class(character) != kind).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        pieces.extend(piece(before, kind, run));
        (rest, before) = (after, kind);
    }
    pieces
}

fn piece(before: Class, kind: Class, run: &str) -> Option<Piece<'_>> {
    let number = run.trim_start_matches('0');
    match kind {
        Class::Digit => Some(Piece::Number(number.len(), number)),
        Class::Other if before == Class::Digit => Some(Piece::Suffix(run)),
        Class::Other => Some(Piece::Word(run)),
        Class::Separator => run.contains("__").then_some(Piece::EndOfVersion),
    }
}

#[cfg(test)]
#[path = "order_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
