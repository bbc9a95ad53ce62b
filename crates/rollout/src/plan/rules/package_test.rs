use super::super::case::DecisionInput;

#[test]
fn another_package_than_the_approved_one_blocks() {
    let mut case = DecisionInput::fresh();
    case.preflight.package = Some("f0".to_owned());
    case.passes("package");
    case.preflight.site_options.package = Some("f0".to_owned());
    case.passes("package");
    case.preflight.package = Some("a1".to_owned());
    assert_eq!(case.blocked_by("package"), "V2's package has the digest `a1`, and `f0` was given as `package-digest`");
    case.preflight.package = None;
    case.passes("package");
}
