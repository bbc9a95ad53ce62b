use super::super::case::DecisionInput;

#[test]
fn either_plan_below_standard_blocks_and_no_subscription_id_is_shown() {
    let mut case = DecisionInput::fresh();
    let plan = case.preflight.stage_plan.as_mut().unwrap();
    plan.tier = "basic".to_owned();
    plan.id = "/subscriptions/s-1/resourceGroups/rg-2/providers/Microsoft.Web/serverfarms/p2".to_owned();
    assert_eq!(
        case.blocked_by("site-tier"),
        "plan `rg-2/p2` is of tier basic: Traffic Manager needs Standard or higher and would show the endpoint as `Stopped`"
    );
    let mut case = DecisionInput::fresh();
    case.preflight.production_plan.as_mut().unwrap().tier = "Shared".to_owned();
    assert!(case.blocked_by("site-tier").starts_with("plan `p1` is of tier Shared"));
}

#[test]
fn premium_passes() {
    let mut case = DecisionInput::fresh();
    case.preflight.production_plan.as_mut().unwrap().tier = "PremiumV3".to_owned();
    case.passes("site-tier");
}
