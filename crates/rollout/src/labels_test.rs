use super::*;
use crate::decide::tests::model::{at, fresh, upgrade};

fn labelled(value: &str) -> Profile {
    let mut profile = fresh().profile;
    profile.tags.insert(TAG.to_owned(), upgrade().id.to_string());
    profile.tags.insert(SYNCHRONISED.to_owned(), value.to_owned());
    profile
}

fn value(mark: &Mark) -> String {
    synchronised_value(&upgrade(), at(0), mark)
}

fn reading() -> Reading {
    Reading { instance: at(5), updates: i64::MIN, canary: i64::MAX }
}

#[test]
fn a_mark_comes_back_from_the_label() {
    let log_end = Some("0000002a:00000123:0001".to_owned());
    for mark in [
        Mark { log_end: log_end.clone(), reading: Some(reading()) },
        Mark { log_end, reading: None },
        Mark { log_end: None, reading: Some(reading()) },
        Mark::default(),
    ] {
        let profile = labelled(&value(&mark));
        assert_eq!(production_mark(&profile, &upgrade()), mark);
        assert!(synchronised(&profile, &upgrade(), Some(at(0))));
        assert!(!synchronised(&profile, &upgrade(), Some(at(1))), "it is of another freeze");
        assert!(!synchronised(&profile, &upgrade(), None), "nothing is frozen");
    }
}

#[test]
fn the_label_of_the_release_before_says_the_rest() {
    let profile = labelled(upgrade().id.as_str());
    assert!(production_mark(&profile, &upgrade()).is_empty());
    assert!(synchronised(&profile, &upgrade(), Some(at(0))));
}

/// The longest value that Azure takes has 256 characters; `log_end_lsn` is an nvarchar(24).
#[test]
fn the_longest_value_fits_into_a_tag() {
    let id = "i".repeat(64).parse().unwrap();
    let mark = Mark { log_end: Some("f".repeat(24)), reading: Some(reading()) };
    let value = synchronised_value(&Upgrade { id, ..upgrade() }, at(0), &mark);
    assert!(value.len() <= 256, "{value}");
}

#[test]
fn what_somebody_has_written_into_the_label_is_no_reading() {
    let id = upgrade().id;
    for value in [format!("{id}/x/l/y/1/2"), format!("{id}/x/l/2026-01-01T00:00:00.000Z/1/a")] {
        assert_eq!(production_mark(&labelled(&value), &upgrade()).reading, None, "{value}");
    }
    for value in [format!("{id}/x/y"), format!("{id}/x/l/2026-01-01T00:00:00.000Z/1/2/3")] {
        assert!(production_mark(&labelled(&value), &upgrade()).is_empty(), "{value}");
    }
}
