use super::*;

#[test]
fn the_words_of_the_input() {
    let ways = |text: &str| text.parse::<Termination>().unwrap().ways();
    assert_eq!(ways("auto"), [Way::TSql, Way::Unlink, Way::Delete]);
    assert_eq!(
        (ways("t-sql"), ways("unlink"), ways("delete")),
        (vec![Way::TSql], vec![Way::Unlink], vec![Way::Delete])
    );
    assert_eq!(
        "force".parse::<Termination>().unwrap_err(),
        "`force` is no way to end replication; write auto, t-sql, unlink or delete"
    );
    assert_eq!(Termination::default(), Termination::Auto);
}

#[test]
fn the_first_open_way_is_the_one_to_take() {
    let closed =
        |ways: &[Way]| -> Vec<Closed> { ways.iter().map(|way| Closed { way: *way, why: "no".to_owned() }).collect() };
    let first = |termination, ways| first_open(termination, &closed(ways));
    assert_eq!(first(Termination::Auto, &[]), Some(Way::TSql));
    assert_eq!(first(Termination::Auto, &[Way::TSql]), Some(Way::Unlink));
    assert_eq!(first(Termination::Auto, &[Way::TSql, Way::Unlink]), Some(Way::Delete));
    assert_eq!(first(Termination::Auto, &[Way::TSql, Way::Unlink, Way::Delete]), None);
    assert_eq!(first(Termination::Only(Way::Unlink), &[Way::Unlink]), None);
}

#[test]
fn a_detour_is_told_only_where_there_is_one() {
    let closed = [Closed { way: Way::TSql, why: "no role".to_owned() }];
    assert_eq!(
        detour(Termination::Auto, &closed).unwrap(),
        "terminate will end replication by ARM's unlink, because other ways are closed (T-SQL: no role)"
    );
    assert_eq!(detour(Termination::Auto, &[]), None);
    assert_eq!(detour(Termination::Only(Way::TSql), &closed), None);
}
