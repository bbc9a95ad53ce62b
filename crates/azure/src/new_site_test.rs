use rollout::facts::Tags;

use super::*;

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn new() -> NewSite {
    NewSite {
        site: "stage-rg/contoso-2".parse().unwrap(),
        like: "contoso-rg/contoso-1".parse().unwrap(),
        plan: "stage-rg/plan-2".parse().unwrap(),
        location: "West Europe".to_owned(),
        kind: "app".to_owned(),
        tags: Tags::from([("rolling-upgrade".to_owned(), "7".to_owned())]),
        properties: map(json!({"httpsOnly": true})),
        configuration: map(json!({"alwaysOn": true})),
        settings: vec!["Theme".to_owned()],
        own_settings: vec![("WEBJOBS_STOPPED".to_owned(), "1".to_owned())],
        host: "contoso-2.azurewebsites.net".to_owned(),
    }
}

#[test]
fn a_site_is_made_in_one_request_with_its_tag_and_its_settings() {
    let copied = [AppSetting { name: "Theme".to_owned(), value: "secret-autumn".into() }];
    let request = create(&Scope::new("sub"), &new(), &copied);
    assert!(!format!("{request:?}").contains("secret-autumn"));
    assert_eq!(request.path, "/subscriptions/sub/resourceGroups/stage-rg/providers/Microsoft.Web/sites/contoso-2");
    assert!(request.safe_to_repeat && request.expected.contains(&202));
    let plan = "/subscriptions/sub/resourceGroups/stage-rg/providers/Microsoft.Web/serverfarms/plan-2";
    let settings = json!([{"name": "Theme", "value": "secret-autumn"}, {"name": "WEBJOBS_STOPPED", "value": "1"}]);
    assert_eq!(
        request.body.unwrap(),
        json!({
            "location": "West Europe",
            "kind": "app",
            "tags": {"rolling-upgrade": "7"},
            "properties": {
                "serverFarmId": plan,
                "httpsOnly": true,
                "siteConfig": {"alwaysOn": true, "appSettings": settings},
            },
        })
    );
}

#[test]
fn a_host_name_is_bound_with_its_certificate_or_without() {
    let scope = Scope::new("sub");
    let bound = |certificate| {
        let request = bind_host(&scope, &new().site, "www.contoso.example", certificate);
        assert!(request.path.ends_with("/sites/contoso-2/hostNameBindings/www.contoso.example"));
        assert_eq!(request.tried, "bind the host name `www.contoso.example` to the site `stage-rg/contoso-2`");
        request.body.unwrap()
    };
    assert_eq!(bound(None), json!({"properties": {"siteName": "contoso-2"}}));
    let with = json!({"properties": {"siteName": "contoso-2", "sslState": "SniEnabled", "thumbprint": "C0FFEE"}});
    assert_eq!(bound(Some("C0FFEE")), with);
}
