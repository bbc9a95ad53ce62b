//! JSON of any shape, with the names that a reader looks for more often than others.

use proptest::prelude::*;
use serde_json::Value;

pub(crate) fn arbitrary_json(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let text = prop_oneof!["\\PC{0,12}", Just("Enabled".to_owned()), Just("a/azureEndpoints".to_owned())];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 12, move |inner| {
        let name = prop_oneof![9 => proptest::sample::select(names).prop_map(str::to_owned), 1 => "\\PC{0,6}"];
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            3 => proptest::collection::vec((name, inner), 0..12)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}
