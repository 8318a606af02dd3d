//! Documents that people write, as JSON, YAML or TOML: for `hunt` and Python. The library itself reads JSON.

use std::path::Path;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Number, Value};

/// A document as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The JSON.
    pub json: Vec<u8>,
    /// It was written in another language: lines and columns of `json` are not those of the file.
    pub is_converted: bool,
}

/// Makes JSON of a document. The ending of its name says what it is: `.yaml` and `.yml`, `.toml`, anything else is JSON.
///
/// ```
/// use std::path::Path;
/// let yaml = ipcsentry_inputs::document(Path::new("policy.yaml"), b"disabled: [W18]")?;
/// let toml = ipcsentry_inputs::document(Path::new("policy.toml"), b"disabled = ['W18']")?;
/// assert_eq!(yaml.json, br#"{"disabled":["W18"]}"#);
/// assert_eq!(yaml, toml);
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// Why it is no YAML or no TOML, with its place, or which part of it JSON does not have.
pub fn document(path: &Path, text: &[u8]) -> Result<Document, String> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    let value = match ending.as_str() {
        "yaml" | "yml" => of_yaml(utf8(text)?)?,
        "toml" => of_toml(utf8(text)?)?,
        _ => return Ok(Document { json: text.to_vec(), is_converted: false }),
    };
    Ok(Document { json: value.to_string().into_bytes(), is_converted: true })
}

fn utf8(text: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(text).map_err(|error| format!("is not UTF-8 at byte {}", error.valid_up_to()))
}

fn of_yaml(text: &str) -> Result<Value, String> {
    let documents = Yaml::load_from_str(text).map_err(|error| format!("is no YAML: {error}"))?;
    match documents.as_slice() {
        [] => Ok(Value::Object(Map::new())),
        [one] => yaml_value(one),
        several => Err(format!("has {} YAML documents: one is wanted", several.len())),
    }
}

fn yaml_value(node: &Yaml<'_>) -> Result<Value, String> {
    match node {
        Yaml::Value(Scalar::Null) => Ok(Value::Null),
        Yaml::Value(Scalar::Boolean(is_so)) => Ok((*is_so).into()),
        Yaml::Value(Scalar::Integer(number)) => Ok((*number).into()),
        Yaml::Value(Scalar::FloatingPoint(number)) => decimal(number.0),
        Yaml::Value(Scalar::String(text)) => Ok(text.as_ref().into()),
        Yaml::Sequence(items) => items.iter().map(yaml_value).collect(),
        Yaml::Mapping(members) => {
            let member = |(name, value): (&Yaml<'_>, &Yaml<'_>)| match name {
                Yaml::Value(Scalar::String(name)) => Ok((name.as_ref().to_owned(), yaml_value(value)?)),
                other => Err(format!("a name should be a text, is {other:?}: put it in quotes")),
            };
            members.iter().map(member).collect::<Result<Map<_, _>, _>>().map(Value::Object)
        }
        Yaml::Tagged(tag, _) => Err(format!("the tag {tag} is not known here")),
        Yaml::Alias(_) => Err("an alias cannot be resolved".to_owned()),
        Yaml::Representation(text, ..) => Ok(text.as_ref().into()),
        Yaml::BadValue => Err("a value cannot be read".to_owned()),
    }
}

fn of_toml(text: &str) -> Result<Value, String> {
    let table = text.parse::<toml::Table>().map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = 1 + text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count();
        format!("is no TOML: line {line}: {}", error.message())
    })?;
    toml_value(toml::Value::Table(table))
}

fn toml_value(value: toml::Value) -> Result<Value, String> {
    match value {
        toml::Value::String(text) => Ok(text.into()),
        toml::Value::Integer(number) => Ok(number.into()),
        toml::Value::Float(number) => decimal(number),
        toml::Value::Boolean(is_so) => Ok(is_so.into()),
        // A time needs no quotes in TOML.
        toml::Value::Datetime(time) => Ok(time.to_string().into()),
        toml::Value::Array(items) => items.into_iter().map(toml_value).collect(),
        toml::Value::Table(members) => {
            let member = |(name, value)| Ok((name, toml_value(value)?));
            members.into_iter().map(member).collect::<Result<Map<_, _>, String>>().map(Value::Object)
        }
    }
}

fn decimal(number: f64) -> Result<Value, String> {
    Number::from_f64(number).map(Value::Number).ok_or_else(|| format!("{number} is no number that JSON has"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::document;

    fn json(name: &str, text: &str) -> Result<String, String> {
        let read = document(Path::new(name), text.as_bytes())?;
        Ok(String::from_utf8(read.json).expect("JSON is UTF-8"))
    }

    #[test]
    fn yaml_and_toml_say_what_json_says() {
        let due = r#"{"min_confidence":0.5,"suppressions":[{"expires":"2030-01-01T00:00:00Z","host":"ci-*"}]}"#;
        let yaml = "min_confidence: 0.5\nsuppressions:\n  - host: ci-*\n    expires: 2030-01-01T00:00:00Z\n";
        let toml = "min_confidence = 0.5\n[[suppressions]]\nhost = 'ci-*'\nexpires = 2030-01-01T00:00:00Z\n";
        for (name, text) in [("p.yaml", yaml), ("p.YML", yaml), ("p.toml", toml), ("p.json", due), ("p", due)] {
            let sorted = |text: String| serde_json::from_str::<serde_json::Value>(&text).expect(name);
            assert_eq!(json(name, text).map(sorted), Ok(sorted(due.into())), "{name}");
        }
        assert_eq!(json("empty.yaml", "").as_deref(), Ok("{}"));
    }

    #[test]
    fn what_is_no_yaml_or_toml_is_told_with_its_place() {
        for (name, text, what) in [
            ("p.yaml", "a: [1", "is no YAML"),
            ("p.yaml", "a: 1\na: 2", "is no YAML"),
            ("p.yaml", "a: 1\n---\nb: 2", "2 YAML documents"),
            ("p.yaml", "1: a", "put it in quotes"),
            ("p.yaml", "a: .nan", "no number"),
            ("p.toml", "a = 1\nb = ", "line 2"),
            ("p.toml", "a = 1\na = 2", "line 2"),
        ] {
            let error = json(name, text).expect_err(text);
            assert!(error.contains(what), "{text:?}: {error}");
        }
    }
}
