use super::{super::case::DecisionInput, *};

fn seen(hosts: &[(&str, Result<&[&str], &str>)], profile: Result<&[&str], &str>) -> DecisionInput {
    let own = |found: &Result<&[&str], &str>| match found {
        Ok(addresses) => Ok(addresses.iter().map(|&address| address.to_owned()).collect()),
        Err(why) => Err((*why).to_owned()),
    };
    let hosts = hosts.iter().map(|(host, found)| ((*host).to_owned(), own(found))).collect();
    let mut case = DecisionInput::fresh();
    case.preflight.elsewhere = Some(Elsewhere { hosts, profile: own(&profile), endpoints: Ok(Vec::new()) });
    case
}

#[test]
fn host_names_that_lead_elsewhere_are_told() {
    DecisionInput::fresh().passes("users-names");
    let one: &[&str] = &["192.0.2.1"];
    seen(&[("www.contoso.com", Ok(one))], Ok(one)).passes("users-names");
    let case = seen(
        &[("www.contoso.com", Ok(&["198.51.100.1", "198.51.100.2"])), ("shop.contoso.com", Err("no such name"))],
        Ok(one),
    );
    assert_eq!(
        case.remarked_by("users-names"),
        "users may bypass profile `rg/contoso`, and would then stay on V1: `www.contoso.com` resolves to \
         `198.51.100.1`, `198.51.100.2`, and `contoso.trafficmanager.net` to `192.0.2.1`; `shop.contoso.com` was not \
         resolved (no such name)"
    );
    let case = seen(&[("www.contoso.com", Ok(one)), ("shop.contoso.com", Ok(one))], Err("timed out"));
    assert_eq!(
        case.remarked_by("users-names"),
        "users may bypass profile `rg/contoso`, and would then stay on V1: `contoso.trafficmanager.net` was not \
         resolved (timed out)"
    );
}

#[test]
fn other_profiles_with_the_same_site_are_told() {
    let mut case = seen(&[], Ok(&[]));
    let own = case.world.profile.endpoints[0].clone();
    let by_host = Endpoint {
        id: "rg/other/www".parse().unwrap(),
        site: None,
        target: case.world.stage.site.as_ref().unwrap().default_host.to_uppercase(),
        ..own.clone()
    };
    let by_site = Endpoint { id: "rg/old/v1".parse().unwrap(), target: String::new(), ..own.clone() };
    let strange =
        Endpoint { id: "rg/blog/blog".parse().unwrap(), site: None, target: "blog.contoso.com".into(), ..own.clone() };
    let mut with = |endpoints| case.preflight.elsewhere.as_mut().unwrap().endpoints = endpoints;
    with(Ok(vec![own.clone(), strange]));
    case.passes("other-profiles");
    let mut with = |endpoints| case.preflight.elsewhere.as_mut().unwrap().endpoints = endpoints;
    with(Ok(vec![own, by_site, by_host]));
    assert_eq!(
        case.remarked_by("other-profiles"),
        "another profile sends users to the same site: endpoint `rg/old/v1` to `rg/contoso-1`; endpoint `rg/other/www` to \
         `rg-2/contoso-2`"
    );
    case.preflight.elsewhere.as_mut().unwrap().endpoints = Err("403 `AuthorizationFailed`".to_owned());
    assert_eq!(
        case.remarked_by("other-profiles"),
        "plan could not check whether other profiles send users to these sites: 403 `AuthorizationFailed`"
    );
}
