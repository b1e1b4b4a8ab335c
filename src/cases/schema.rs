//! JSON Schemas that a mapping declares, each compiled once; what does not fit one fails its case.

use std::collections::BTreeMap;
use std::sync::Arc;

use jsonschema::Validator;

use super::Mismatch;
use super::compare::note;
use crate::diagnostic::{Diagnostic, Span};
use crate::mapping::Mapping;
use crate::value::Value;

/// The schemas of one mapping by file name.
#[derive(Default)]
pub(super) struct Schemas(BTreeMap<String, Validator>);

/// More differences of one document say nothing new.
const MOST: usize = 5;

impl Schemas {
    /// Compiles every schema that the mapping names.
    pub(super) fn load(
        mapping: Option<&Mapping>,
        schema: &dyn Fn(&str) -> Option<Arc<str>>,
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut schemas = Self::default();
        let Some(mapping) = mapping else { return schemas };
        for name in mapping.schemas() {
            let text = schema(name);
            let parsed = text.as_ref().and_then(|text| serde_json::from_str(text).ok());
            let compiled = parsed.and_then(|parsed| jsonschema::validator_for(&parsed).ok());
            match compiled {
                Some(compiled) => {
                    schemas.0.insert(name.clone(), compiled);
                }
                None => {
                    let what = if text.is_some() { "is no JSON Schema" } else { "is not there" };
                    let problem = Diagnostic::error("SB0610", format!("the schema `{name}` {what}"));
                    let help = "schemas are in the folder `schemas` beside the mapping";
                    problems.push(problem.at(&mapping.source, Span::default()).help(help));
                }
            }
        }
        schemas
    }

    /// Whether every schema that a mapping names is there.
    pub(super) fn has_all(&self, mapping: &Mapping) -> bool {
        mapping.schemas().all(|name| self.0.contains_key(name))
    }

    /// Notes where a document does not fit; `name` of `None` is no schema.
    pub(super) fn check(
        &self,
        name: Option<&String>,
        document: Value<'_>,
        path: &str,
        span: Span,
        differences: &mut Vec<Mismatch>,
    ) {
        let Some((name, schema)) = name.and_then(|name| Some((name, self.0.get(name)?))) else { return };
        let Ok(document) = serde_json::to_value(document) else { return };
        for error in schema.iter_errors(&document).take(MOST) {
            let place = format!("{path}{}", error.instance_path());
            differences.push(note(&place, format!("what {name} allows"), error.to_string(), span));
        }
    }
}
