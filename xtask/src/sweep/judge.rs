//! What a step may come to after a fault, and what has to follow from it.

/// The world that a step has left, beside those before and after a golden run of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing was changed.
    AsBefore,
    /// All was done.
    AsAfter,
    /// V1 was given back, and of stage that was done which could be reached: more is not asked of a rollback.
    GivenBack,
    /// Something else.
    Between,
}

/// What was seen of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its exit code; `None` if it was killed.
    pub code: Option<i32>,
    /// Its output `outcome`.
    pub outcome: Option<String>,
    /// It said why, and what to do next.
    pub hint: Option<String>,
    /// The world that it has left.
    pub left: Left,
    /// Users cannot be sent back any more.
    pub switched: bool,
    /// The fault was to kill it.
    pub killed: bool,
}

/// What is to be seen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The fault was absorbed: all was done.
    Nothing,
    /// The step, run again, does what it is for, and a rollback gives V1 back.
    AgainAndBack,
    /// The step, run again, does what it is for; a rollback refuses, and changes nothing.
    AgainAndNoWayBack,
}

const REFUSED: i32 = 10;
const INTERRUPTED: i32 = 20;
const BROKEN: i32 = 30;
const STUCK: i32 = 40;

/// What is to be seen next, and what is wrong with the end of a step.
pub fn judge(seen: &Seen) -> (Next, Vec<String>) {
    let next = match (seen.code, seen.left, seen.switched) {
        (Some(0), Left::AsBefore | Left::AsAfter | Left::Between, _) => Next::Nothing,
        (_, _, true) => Next::AgainAndNoWayBack,
        (_, _, false) => Next::AgainAndBack,
    };
    let checks = match seen.code {
        None if seen.killed => Vec::new(),
        None => vec![Err("a signal ended it".to_owned())],
        Some(code) => vec![
            check_outcome(code, seen.outcome.as_deref()),
            check_state(code, seen),
            check_hint(code, seen.hint.as_deref()),
        ],
    };
    (next, checks.into_iter().filter_map(Result::err).collect())
}

/// The word says the same as the number.
fn check_outcome(code: i32, outcome: Option<&str>) -> Result<(), String> {
    let words: &[&str] = match code {
        0 => &["done", "already-done"],
        REFUSED => &["refused"],
        INTERRUPTED => &["interrupted"],
        BROKEN => &["broken"],
        STUCK => &["stuck"],
        code => return Err(format!("{code} is no documented exit code")),
    };
    match outcome {
        Some(word) if words.contains(&word) => Ok(()),
        word => Err(format!("exit code {code} goes with the outcome {word:?}")),
    }
}

fn check_state(code: i32, seen: &Seen) -> Result<(), String> {
    match (code, seen.left) {
        (0, Left::AsBefore | Left::Between) => Err("it says that all is done, and it is not".to_owned()),
        (REFUSED, Left::AsAfter | Left::GivenBack | Left::Between) => {
            Err("it says that it has refused and changed nothing, and the world has changed".to_owned())
        }
        (BROKEN, _) if seen.switched => Err("it asks for a rollback, and users are on stage already".to_owned()),
        (STUCK, _) if !seen.switched => Err("it says that no step can go on, before the point of no return".to_owned()),
        _ => Ok(()),
    }
}

/// What a hint has to say, so that whoever follows it comes to a good end.
fn check_hint(code: i32, hint: Option<&str>) -> Result<(), String> {
    let says = |word: &str| hint.is_some_and(|hint| hint.contains(word));
    match code {
        0 => Ok(()),
        _ if hint.is_none_or(str::is_empty) => Err("it does not say what to do next".to_owned()),
        INTERRUPTED if !says("again") => Err(format!("it does not say to run the step again: {hint:?}")),
        BROKEN if !says("rollback") => Err(format!("it does not say to roll back: {hint:?}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(code: i32, outcome: &str, left: Left) -> Seen {
        let hint = Some("run this step again, or rollback".to_owned());
        Seen { code: Some(code), outcome: Some(outcome.to_owned()), hint, left, switched: false, killed: false }
    }

    fn good(seen: &Seen) -> Next {
        let (next, wrong) = judge(seen);
        assert!(wrong.is_empty(), "{seen:?}: {wrong:?}");
        next
    }

    fn wrong(seen: &Seen) -> String {
        judge(seen).1.join("; ")
    }

    #[test]
    fn each_code_goes_with_a_world() {
        for (code, outcome, left, next) in [
            (0, "done", Left::AsAfter, Next::Nothing),
            (0, "already-done", Left::AsAfter, Next::Nothing),
            (0, "done", Left::GivenBack, Next::AgainAndBack),
            (10, "refused", Left::AsBefore, Next::AgainAndBack),
            (20, "interrupted", Left::AsBefore, Next::AgainAndBack),
            (20, "interrupted", Left::Between, Next::AgainAndBack),
            (20, "interrupted", Left::AsAfter, Next::AgainAndBack),
            (30, "broken", Left::Between, Next::AgainAndBack),
        ] {
            assert_eq!(good(&seen(code, outcome, left)), next, "{code} {left:?}");
        }
        for (code, outcome, left) in [
            (0, "done", Left::Between),
            (0, "done", Left::AsBefore),
            (10, "refused", Left::Between),
            (10, "refused", Left::AsAfter),
            (10, "refused", Left::GivenBack),
            (40, "stuck", Left::Between),
            (2, "refused", Left::AsBefore),
            (20, "done", Left::Between),
        ] {
            assert_ne!(wrong(&seen(code, outcome, left)), "", "{code} {left:?}");
        }
    }

    #[test]
    fn after_the_point_of_no_return_nobody_is_sent_back() {
        let passed = |code, outcome| Seen { switched: true, ..seen(code, outcome, Left::Between) };
        assert_eq!(good(&passed(20, "interrupted")), Next::AgainAndNoWayBack);
        assert_eq!(good(&passed(40, "stuck")), Next::AgainAndNoWayBack);
        assert_eq!(wrong(&passed(30, "broken")), "it asks for a rollback, and users are on stage already");
    }

    #[test]
    fn who_was_killed_says_nothing() {
        let killed = Seen { code: None, outcome: None, hint: None, killed: true, ..seen(0, "", Left::Between) };
        assert_eq!(good(&killed), Next::AgainAndBack);
        assert_eq!(wrong(&Seen { killed: false, ..killed.clone() }), "a signal ended it");
        let ended = Seen { killed: true, ..seen(20, "interrupted", Left::Between) };
        assert_eq!(good(&ended), Next::AgainAndBack);
    }

    #[test]
    fn a_hint_leads_on() {
        let with = |code, outcome: &str, hint: Option<&str>| {
            wrong(&Seen { hint: hint.map(str::to_owned), ..seen(code, outcome, Left::AsBefore) })
        };
        assert_ne!(with(10, "refused", Some("")), "");
        assert_ne!(with(10, "refused", None), "");
        assert_ne!(with(20, "interrupted", Some("wait")), "");
        assert_ne!(with(30, "broken", Some("run this step again")), "");
        assert_eq!(with(10, "refused", Some("grant what is missing")), "");
    }
}
