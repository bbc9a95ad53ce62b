use super::*;

const SIGNED: &str = "https://store.blob.core.windows.net/p/v2.zip?sv=2022-11-02&sig=a%2Fb%2Bc0123456789abcd%3D";

fn parsed(text: &str) -> Result<Option<PackageAddress>, String> {
    PackageAddress::parse(text)
}

#[test]
fn a_path_is_no_address() {
    for path in ["v2.zip", "./out/v2.zip", "/tmp/v2.zip", "C:\\out\\v2.zip", "https:v2.zip"] {
        assert_eq!(parsed(path), Ok(None), "{path}");
    }
}

#[test]
fn an_address_is_https_and_names_nobody() {
    let wrong = |text: &str| parsed(text).unwrap_err();
    assert_eq!(wrong("http://store.example/v2.zip"), "its scheme is `http`, and not `https`");
    assert_eq!(wrong("file:///v2.zip"), "its scheme is `file`, and not `https`");
    assert_eq!(
        wrong("https://u:p@store.example/v2.zip"),
        "it holds a user name or a password, which Azure does not take"
    );
    assert_eq!(wrong("https://"), "it is no address: empty host");
}

#[test]
fn what_is_shown_of_it_has_no_signature() {
    let address = parsed(SIGNED).unwrap().unwrap();
    assert_eq!(address.to_string(), "https://store.blob.core.windows.net/p/v2.zip");
    assert_eq!(format!("{address:?}"), "PackageAddress(https://store.blob.core.windows.net/p/v2.zip)");
    assert_eq!(address.with_signature(), SIGNED);
}

#[test]
fn its_secrets_are_the_query_and_what_in_it_is_long_enough_to_be_a_signature() {
    let secrets = parsed(SIGNED).unwrap().unwrap().secrets();
    let query = SIGNED.split_once('?').unwrap().1;
    assert_eq!(secrets, [SIGNED, query, "a%2Fb%2Bc0123456789abcd%3D", "a/b+c0123456789abcd="]);
    assert!(parsed("https://store.example/v2.zip?v=2").unwrap().unwrap().secrets().is_empty());
    assert!(parsed("https://store.example/v2.zip").unwrap().unwrap().secrets().is_empty());
}
