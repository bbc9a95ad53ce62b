//! What may come of a hand, and what may not.

/// A step that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its name.
    pub step: String,
    /// Its exit code.
    pub code: Option<i32>,
    /// Its output `outcome`.
    pub outcome: Option<String>,
    /// It said what to do next.
    pub hint: Option<String>,
}

/// What users have at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Users {
    /// The site that they get, if it is V1's or V2's.
    pub site: Option<String>,
    /// They can write there.
    pub write: bool,
}

/// Whether the word goes with the number, and somebody who reads it knows what to do.
pub fn check_words(said: &Said) -> Result<(), String> {
    let word = match said.code {
        Some(0) => ["done", "already-done"].as_slice(),
        Some(10) => ["refused"].as_slice(),
        Some(20) => ["interrupted"].as_slice(),
        Some(30) => ["broken"].as_slice(),
        Some(40) => ["stuck"].as_slice(),
        Some(code) => return Err(format!("{}: {code} is no documented exit code", said.step)),
        None => return Err(format!("{}: a signal ended it", said.step)),
    };
    if !said.outcome.as_deref().is_some_and(|outcome| word.contains(&outcome)) {
        return Err(format!("{}: exit code {:?} goes with the outcome {:?}", said.step, said.code, said.outcome));
    }
    if said.code != Some(0) && said.hint.as_deref().is_none_or(str::is_empty) {
        return Err(format!("{}: it does not say what to do next", said.step));
    }
    Ok(())
}

/// The two databases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slots {
    /// Production's option is READ_ONLY.
    pub production_read_only: bool,
    /// The copy is in no link.
    pub stage_alone: bool,
}

/// What `done` of a step says of the databases.
pub fn check_databases(said: &Said, slots: Slots) -> Result<(), String> {
    let holds = match (said.step.as_str(), said.code) {
        ("freeze", Some(0)) => slots.production_read_only,
        ("terminate" | "migrate", Some(0)) => slots.production_read_only && slots.stage_alone,
        _ => true,
    };
    let word = said.outcome.as_deref().unwrap_or_default();
    if holds { Ok(()) } else { Err(format!("{} says `{word}`, and it is not so: {slots:?}", said.step)) }
}

/// What `done` of a step promises to users.
pub fn check_done(said: &Said, users: &Users, production: &str, stage: &str) -> Result<(), String> {
    let wanted = match (said.step.as_str(), said.code) {
        ("rollback", Some(0)) => production,
        ("switch", Some(0)) => stage,
        _ => return Ok(()),
    };
    if users.site.as_deref() == Some(wanted) && users.write {
        return Ok(());
    }
    let word = said.outcome.as_deref().unwrap_or_default();
    Err(format!("{} says `{word}`, and users are not on `{wanted}` with write access: {users:?}", said.step))
}

/// At rest users get the application and can write. Where it was a hand that has taken that away, it is enough that the last word
/// is not that all is well.
pub fn check_rest(users: &Users, by_hand: bool, told_of_trouble: bool) -> Result<(), String> {
    match (users.site.is_some() && users.write, by_hand && told_of_trouble) {
        (true, _) | (_, true) => Ok(()),
        (false, false) if told_of_trouble => {
            Err(format!("at rest users are not served, and no hand has done that: {users:?}"))
        }
        (false, false) => {
            Err(format!("at rest users are not served, and the last word was that all is well: {users:?}"))
        }
    }
}

/// Nothing is deleted but by a cleanup, and of its slot alone.
pub fn check_deleted(step: &str, named: &[String], gone: &[String]) -> Result<(), String> {
    let foreign: Vec<&String> = gone.iter().filter(|gone| !named.contains(gone)).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    let list: Vec<&str> = foreign.into_iter().map(String::as_str).collect();
    Err(format!("{step} has deleted {}, which nobody has named", list.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(step: &str, code: i32, outcome: &str) -> Said {
        let hint = Some("run rollback".to_owned());
        Said { step: step.to_owned(), code: Some(code), outcome: Some(outcome.to_owned()), hint }
    }

    fn on(site: &str, write: bool) -> Users {
        Users { site: Some(site.to_owned()), write }
    }

    #[test]
    fn words_go_with_numbers_and_lead_on() {
        for (code, word) in [(0, "already-done"), (10, "refused"), (20, "interrupted"), (30, "broken"), (40, "stuck")] {
            assert_eq!(check_words(&said("freeze", code, word)), Ok(()));
        }
        for wrong in [
            said("freeze", 2, "refused"),
            said("freeze", 10, "done"),
            Said { hint: None, ..said("freeze", 20, "interrupted") },
        ] {
            assert!(check_words(&wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn done_is_a_promise() {
        assert_eq!(check_done(&said("rollback", 0, "done"), &on("v1", true), "v1", "v2"), Ok(()));
        assert_eq!(check_done(&said("switch", 0, "done"), &on("v2", true), "v1", "v2"), Ok(()));
        for users in [on("v1", false), on("v2", true), Users::default()] {
            assert!(check_done(&said("rollback", 0, "already-done"), &users, "v1", "v2").is_err());
        }
        assert_eq!(check_done(&said("rollback", 10, "refused"), &Users::default(), "v1", "v2"), Ok(()));
    }

    #[test]
    fn done_says_how_the_databases_are() {
        let frozen = Slots { production_read_only: true, stage_alone: false };
        assert_eq!(check_databases(&said("freeze", 0, "done"), frozen), Ok(()));
        assert!(check_databases(&said("freeze", 0, "already-done"), Slots::default()).is_err());
        assert!(check_databases(&said("migrate", 0, "done"), frozen).is_err());
        assert_eq!(check_databases(&said("migrate", 30, "broken"), frozen), Ok(()));
        assert_eq!(check_databases(&said("terminate", 0, "done"), Slots { stage_alone: true, ..frozen }), Ok(()));
    }

    #[test]
    fn an_outage_is_excused_where_a_hand_made_it_and_it_is_told() {
        assert_eq!(check_rest(&on("v1", true), false, false), Ok(()));
        assert_eq!(check_rest(&Users::default(), true, true), Ok(()));
        assert!(check_rest(&Users::default(), true, false).is_err());
        assert!(check_rest(&on("v1", false), false, true).is_err());
    }

    #[test]
    fn what_was_not_named_stays() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(check_deleted("cleanup", &list(&["sql-1/shop"]), &list(&["sql-1/shop"])), Ok(()));
        let wrong = check_deleted("cleanup", &list(&["sql-1/shop"]), &list(&["sql-2/shop"]));
        assert_eq!(wrong.unwrap_err(), "cleanup has deleted sql-2/shop, which nobody has named");
    }
}
