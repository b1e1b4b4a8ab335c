//! What somebody typed: a form, or the query of a link.

use serde_json::{Map, Value};

use crate::model::wire::Incoming;
use crate::operate::Fault;

const FORM: &str = "application/x-www-form-urlencoded";

/// Names and values, in their order.
#[derive(Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// The body of a request.
    pub(super) fn read(request: &Incoming) -> Result<Self, Fault> {
        let kind = request.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case(FORM) {
            return Ok(Self::of(&request.body));
        }
        Err(Fault::BadRequest(format!("a form is `{FORM}`; programs ask /api")))
    }

    /// The query of a link.
    pub(super) fn query(request: &Incoming) -> Self {
        Self::of(request.query.as_bytes())
    }

    fn of(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// The first value of that name, without the space around it; empty if there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// All values of that name.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Those of these names that are not empty, as a question of the API has them.
    pub(super) fn members(&self, names: &[&str]) -> Map<String, Value> {
        let given = names.iter().map(|name| (*name, self.get(name))).filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
    }

    /// Those of these names that are not empty, as a query with one more.
    pub(super) fn link(&self, path: &str, names: &[&str], more: (&str, &str)) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for name in names {
            if !self.get(name).is_empty() {
                query.append_pair(name, self.get(name));
            }
        }
        query.append_pair(more.0, more.1);
        format!("{path}?{}", query.finish())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_empty_is_not_asked() {
        let form = Form::of(b"tenant=acme&kind=&reason=+a%26b+&other=x");
        let names = ["tenant", "kind", "reason", "name"];
        assert_eq!(Value::from(form.members(&names)), json!({ "tenant": "acme", "reason": "a&b" }));
        assert_eq!(form.link("/console", &names, ("before", "7")), "/console?tenant=acme&reason=a%26b&before=7");
        assert_eq!((form.get("kind"), form.get("none")), ("", ""));
    }
}
