use serde_json::Value;

use crate::refusal::Refusal;
use crate::store::{Object, text};

/// Which objects a list or a watch is about.
#[derive(Debug, Default)]
pub(crate) struct Selector {
    /// `None`: of all namespaces.
    pub(crate) namespace: Option<String>,
    labels: Vec<Term>,
    fields: Vec<Term>,
}

/// One term of a selector; all must hold.
#[derive(Debug, PartialEq, Eq)]
enum Term {
    Is(String, String),
    IsNot(String, String),
    Has(String),
    HasNot(String),
}

impl Selector {
    /// Reads what a request says; what is not understood is refused, never taken for "all".
    pub(crate) fn parse(
        namespace: Option<String>,
        labels: &str,
        fields: &str,
    ) -> Result<Self, Refusal> {
        let fields = terms(fields)?;
        for term in &fields {
            match term {
                Term::Is(field, _) | Term::IsNot(field, _)
                    if matches!(&**field, "metadata.name" | "metadata.namespace") => {}
                term => {
                    let message = format!("this field selector is not supported: {term:?}");
                    return Err(Refusal::bad_request(message));
                }
            }
        }
        Ok(Self { namespace, labels: terms(labels)?, fields })
    }

    pub(crate) fn selects(&self, object: &Object) -> bool {
        let field = |path: &str| Some(text(&object.value, path.strip_prefix("metadata.")?));
        let labels = &object.value["metadata"]["labels"];
        let label = |name: &str| labels.get(name).and_then(Value::as_str);
        self.namespace.as_deref().is_none_or(|namespace| object.namespace() == namespace)
            && self.fields.iter().all(|term| term.holds(field))
            && self.labels.iter().all(|term| term.holds(label))
    }
}

impl Term {
    fn holds<'a>(&self, value_of: impl Fn(&str) -> Option<&'a str>) -> bool {
        match self {
            Self::Is(name, value) => value_of(name) == Some(value),
            Self::IsNot(name, value) => value_of(name) != Some(value),
            Self::Has(name) => value_of(name).is_some(),
            Self::HasNot(name) => value_of(name).is_none(),
        }
    }
}

fn terms(selector: &str) -> Result<Vec<Term>, Refusal> {
    selector.split(',').map(str::trim).filter(|term| !term.is_empty()).map(term).collect()
}

fn term(term: &str) -> Result<Term, Refusal> {
    let parsed = if let Some((name, value)) = term.split_once("!=") {
        Term::IsNot(name.trim().to_owned(), value.trim().to_owned())
    } else if let Some((name, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
        Term::Is(name.trim().to_owned(), value.trim().to_owned())
    } else if let Some(name) = term.strip_prefix('!') {
        Term::HasNot(name.trim().to_owned())
    } else {
        Term::Has(term.to_owned())
    };
    let (Term::Is(name, _) | Term::IsNot(name, _) | Term::Has(name) | Term::HasNot(name)) = &parsed;
    // What is left with a space or a bracket in it is an `in (...)`, which only sets need.
    let odd = |c: char| c.is_whitespace() || "()!=<>".contains(c);
    if name.is_empty() || name.contains(odd) {
        return Err(Refusal::bad_request(format!("this selector is not supported: {term:?}")));
    }
    Ok(parsed)
}
