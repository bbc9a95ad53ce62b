//! The subset: each form as people know it, an example, and what the example answers.

mod administration;
mod batches;
mod catalogue;
mod changes;
mod definitions;
mod functions;
mod queries;
mod transactions;
mod types;

/// Form, example, answer. Batches of an example are separated by a line with `GO`. An answer is the numbers of
/// the errors, and the rows of the last result (values joined by `|`, rows by ` ; `), what was printed, or `done`.
pub type Row = (&'static str, &'static str, &'static str);

/// Rows that belong together, in the order of the table.
pub struct Family {
    pub title: &'static str,
    pub rows: &'static [Row],
}

pub const FAMILIES: [Family; 9] = [
    Family { title: "Batches and control flow", rows: batches::ROWS },
    Family { title: "Transactions", rows: transactions::ROWS },
    Family { title: "Queries", rows: queries::ROWS },
    Family { title: "Types and conversions", rows: types::ROWS },
    Family { title: "Functions", rows: functions::ROWS },
    Family { title: "Changes", rows: changes::ROWS },
    Family { title: "Definitions", rows: definitions::ROWS },
    Family { title: "System views", rows: catalogue::ROWS },
    Family { title: "Administration", rows: administration::ROWS },
];
