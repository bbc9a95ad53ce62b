use super::*;

#[test]
fn the_words_of_the_input() {
    let methods = |text: &str| text.parse::<Termination>().unwrap().methods();
    assert_eq!(methods("auto"), [TerminationMethod::TSql, TerminationMethod::Unlink, TerminationMethod::Delete]);
    assert_eq!(
        (methods("t-sql"), methods("unlink"), methods("delete")),
        (vec![TerminationMethod::TSql], vec![TerminationMethod::Unlink], vec![TerminationMethod::Delete])
    );
    assert_eq!(
        "force".parse::<Termination>().unwrap_err(),
        "`force` is not a way to end replication; write auto, t-sql, unlink or delete"
    );
    assert_eq!(Termination::default(), Termination::Auto);
}

#[test]
fn the_first_open_way_is_the_one_to_take() {
    let closed = |methods: &[TerminationMethod]| -> Vec<Unavailable> {
        methods.iter().map(|method| Unavailable { method: *method, why: "no".to_owned() }).collect()
    };
    let first = |termination, methods| first_open(termination, &closed(methods));
    assert_eq!(first(Termination::Auto, &[]), Some(TerminationMethod::TSql));
    assert_eq!(first(Termination::Auto, &[TerminationMethod::TSql]), Some(TerminationMethod::Unlink));
    assert_eq!(
        first(Termination::Auto, &[TerminationMethod::TSql, TerminationMethod::Unlink]),
        Some(TerminationMethod::Delete)
    );
    assert_eq!(
        first(Termination::Auto, &[TerminationMethod::TSql, TerminationMethod::Unlink, TerminationMethod::Delete]),
        None
    );
    assert_eq!(first(Termination::Only(TerminationMethod::Unlink), &[TerminationMethod::Unlink]), None);
}

#[test]
fn a_detour_is_told_only_where_there_is_one() {
    let closed = [Unavailable { method: TerminationMethod::TSql, why: "no role".to_owned() }];
    assert_eq!(
        detour(Termination::Auto, &closed).unwrap(),
        "terminate will end replication by ARM's unlink, because other ways are closed (T-SQL: no role)"
    );
    assert_eq!(detour(Termination::Auto, &[]), None);
    assert_eq!(detour(Termination::Only(TerminationMethod::TSql), &closed), None);
}
