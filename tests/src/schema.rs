//! Checks a value against a JSON Schema (2020-12), with the keywords that the repository's schemas use; any other one is
//! a failure, so that none is passed over.

use serde_json::Value;

/// What in `value` is not as the schema says; empty when all is.
///
/// # Panics
/// When the schema uses a keyword that is not checked here.
#[must_use]
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, schema, value, "", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    let members = schema.as_object().unwrap_or_else(|| panic!("{path}: a schema is an object"));
    for (keyword, rule) in members {
        let holds = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let pointer = rule.as_str().and_then(|text| text.strip_prefix('#')).expect("a reference within");
                let target = root.pointer(pointer).unwrap_or_else(|| panic!("{pointer} names no member"));
                check(root, target, value, path, faults);
                true
            }
            "type" => match rule {
                Value::Array(names) => names.iter().any(|name| is_of_type(value, name.as_str().expect("a type"))),
                name => is_of_type(value, name.as_str().expect("a type")),
            },
            "const" => value == rule,
            "enum" => rule.as_array().expect("a list").contains(value),
            "anyOf" => rule.as_array().expect("a list").iter().any(|way| {
                let mut own = Vec::new();
                check(root, way, value, path, &mut own);
                own.is_empty()
            }),
            "minimum" => value.as_f64().is_none_or(|n| n >= rule.as_f64().expect("a number")),
            "maximum" => value.as_f64().is_none_or(|n| n <= rule.as_f64().expect("a number")),
            "minItems" => value.as_array().is_none_or(|list| list.len() as u64 >= rule.as_u64().expect("a number")),
            "maxItems" => value.as_array().is_none_or(|list| list.len() as u64 <= rule.as_u64().expect("a number")),
            "pattern" => value.as_str().is_none_or(|text| matches(rule.as_str().expect("a pattern"), text)),
            "required" => value.as_object().is_none_or(|object| {
                let names = rule.as_array().expect("a list").iter().filter_map(Value::as_str);
                names
                    .filter(|name| !object.contains_key(*name))
                    .inspect(|name| faults.push(format!("{path}: no {name}")))
                    .count()
                    == 0
            }),
            "properties" => {
                for (name, own) in rule.as_object().expect("an object") {
                    if let Some(member) = value.get(name) {
                        check(root, own, member, &format!("{path}/{name}"), faults);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = |name: &str| schema["properties"].get(name).is_some();
                let others = || value.as_object().into_iter().flatten().filter(|(name, _)| !known(name));
                if rule.is_object() {
                    others().for_each(|(name, other)| check(root, rule, other, &format!("{path}/{name}"), faults));
                    true
                } else {
                    assert_eq!(rule, &Value::Bool(false), "{path}: only false and a schema are checked");
                    others().next().is_none()
                }
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{path}/{at}"), faults);
                }
                true
            }
            other => panic!("{path}: the keyword {other} is not checked"),
        };
        if !holds {
            faults.push(format!("{path}: {keyword} {rule} does not hold for {value}"));
        }
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    }
}

/// The patterns are regular expressions of a simple kind: classes, groups, alternatives and counts.
fn matches(pattern: &str, text: &str) -> bool {
    regex::Regex::new(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}")).is_match(text)
}
