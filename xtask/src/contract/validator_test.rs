use super::*;

#[test]
fn indices_are_left_out_of_paths() {
    assert_eq!(without_indices("$.value[12].a[0][3].b"), "$.value[].a[][].b");
    assert_eq!(without_indices("$.properties['a-b'].c"), "$.properties['a-b'].c");
    assert_eq!(without_indices(""), "");
}

#[test]
fn lines_become_verdicts() {
    let mut verdicts = vec![Verdict::default(), Verdict::default()];
    let finding = r#"{"event":"finding","id":1,"side":"response","code":"C","path":"$.a[1]","message":"m"}"#;
    assert!(!note(&mut verdicts, finding).unwrap());
    assert!(note(&mut verdicts, r#"{"event":"checked","id":1,"operation":"Servers_Get","own":false}"#).unwrap());
    assert_eq!(verdicts[1].operation.as_deref(), Some("Servers_Get"));
    let path = "$.a[]".to_owned();
    assert_eq!(verdicts[1].findings, [Finding { in_request: false, code: "C".into(), path, message: "m".into() }]);
    assert!(note(&mut verdicts, r#"{"event":"checked","id":2,"operation":null,"own":false}"#).is_err());
    assert!(note(&mut verdicts, "Debugger attached").is_err());
}

#[test]
fn subjects_are_numbered() {
    let recorded = Recorded { recording: "a.yaml".into(), interaction: 3, api_version: "2022-04-01".into() };
    let text = lines(&[Subject::Recorded(recorded.clone()), Subject::Recorded(recorded)]).unwrap();
    let second = r#"{"id":1,"recording":"a.yaml","interaction":3,"api_version":"2022-04-01"}"#;
    assert_eq!(text.lines().nth(1), Some(second));
}
