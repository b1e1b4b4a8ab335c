//! Which line of which file produced each output field, and what decided it: an observer of both mappings.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};

use crate::diagnostic::{Source, Span, line_col};
use crate::language::{Asked, Event, Kind, Observer, Reachable};
use crate::mapping::Mapping;
use crate::value::Value;
use crate::yaml::{self, Node, Shape};

/// What a condition came to that refuses.
const REFUSING: &str = "for refusing";

/// One line of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `file:line:column` of the tree, condition or rule.
    pub place: String,
    /// The same in the file's text.
    pub span: Span,
    /// What it is in its file, by keys, and the place in its output: `send.message` `.to`.
    pub what: String,
    /// What it came to: JSON, or words.
    pub came: String,
    /// What decided: `row mappings/a.yaml:9:7`, in order.
    pub by: Vec<String>,
}

/// Gathers the lines of a run.
#[derive(Default)]
pub(in super::super) struct Trace(Mutex<Vec<Line>>);

impl Trace {
    /// The observer of one of them.
    pub(in super::super) fn of_module(self: &Arc<Self>, mapping: &Mapping) -> Arc<dyn Observer> {
        let mut names = HashMap::new();
        if let Some(root) = yaml::parse(&mapping.source, &mut Vec::new()) {
            name(&root, String::new(), &mut names);
        }
        let places = mapping.module.places().into();
        let (source, trace) = (mapping.source.clone(), self.clone());
        Arc::new(Tracer { source, names, places, trace, run: Mutex::default() })
    }

    /// The lines since the last call, each once.
    pub(in super::super) fn take(&self) -> Vec<Line> {
        self.0.lock().map(|mut lines| std::mem::take(&mut *lines)).unwrap_or_default()
    }

    fn add(&self, line: Line) {
        if let Ok(mut lines) = self.0.lock()
            && !lines.contains(&line)
        {
            lines.push(line);
        }
    }
}

/// The names of all nodes by their places: `send.message.to`.
fn name(node: &Node, path: String, names: &mut HashMap<Span, String>) {
    match &node.shape {
        Shape::Scalar(..) => {}
        Shape::List(items) => {
            items.iter().enumerate().for_each(|(place, item)| name(item, format!("{path}[{place}]"), names));
        }
        Shape::Map(entries) => {
            for (key, value) in entries {
                let path = if path.is_empty() { key.text.to_string() } else { format!("{path}.{}", key.text) };
                names.entry(key.span).or_insert_with(|| path.clone());
                name(value, path, names);
            }
        }
    }
    names.entry(node.span).or_insert(path);
}

/// Watches one mapping's module.
struct Tracer {
    source: Source,
    names: HashMap<Span, String>,
    places: Box<[Reachable]>,
    trace: Arc<Trace>,
    run: Mutex<Run>,
}

/// Where a run is.
#[derive(Default)]
struct Run {
    program: Span,
    /// The keys and places of the output so far, each with what decided that it is there.
    path: Vec<(String, Vec<String>)>,
    /// Decided since, and of nobody's yet.
    pending: Vec<String>,
    /// What was being decided when a value was computed aside.
    aside: Vec<Aside>,
}

/// A `let` by name and place, if it is one, and what was decided before.
type Aside = (Option<(String, Span)>, Vec<String>);

impl Observer for Tracer {
    fn told(&self, event: Event<'_>) {
        let Ok(mut run) = self.run.lock() else { return };
        match event {
            Event::Start(program) => *run = Run { program, ..Run::default() },
            Event::End => run.path.clear(),
            Event::Key(key) => run.enter(format!(".{key}")),
            Event::Item(index) => run.enter(format!("[{index}]")),
            Event::Leave => {
                run.path.pop();
                run.pending.clear();
            }
            Event::Aside(named) => {
                let pending = std::mem::take(&mut run.pending);
                run.aside.push((named.map(|named| (named.name.to_owned(), named.span)), pending));
            }
            Event::Back(value) => self.back(&mut run, value),
            Event::Reached(place) => {
                if let Some(place) = place.index().and_then(|index| self.places.get(index)) {
                    self.reached(&mut run, *place);
                }
            }
            Event::Came(span, value) => self.came(&mut run, span, value),
            Event::Rule(rule, asked) => self.trace.add(self.rule(rule, asked)),
        }
    }
}

impl Run {
    fn enter(&mut self, step: String) {
        let pending = std::mem::take(&mut self.pending);
        self.path.push((step, pending));
    }
}

impl Tracer {
    fn place(&self, span: Span) -> String {
        let at = line_col(&self.source, span.start);
        format!("{}:{}:{}", self.source.name, at.line, at.column)
    }

    fn line(&self, span: Span, what: String, came: String, by: Vec<String>) -> Line {
        Line { place: self.place(span), span, what, came, by }
    }

    fn named(&self, span: Span) -> &str {
        self.names.get(&span).map_or("", String::as_str)
    }

    fn reached(&self, run: &mut Run, place: Reachable) {
        let word = match place.kind {
            Kind::Expression | Kind::Rule => return,
            Kind::Alternative => "alternative",
            Kind::Then => "held",
            Kind::Else => "did not hold",
            Kind::Case => "case",
            Kind::Row => "row",
            Kind::Otherwise => "else of the table",
            Kind::Refuses | Kind::Passes => {
                let came = if place.kind == Kind::Refuses { REFUSING } else { "for letting through" };
                let by = std::mem::take(&mut run.pending);
                let what = self.named(place.span).to_owned();
                self.trace.add(self.line(place.span, what, came.to_owned(), by));
                return;
            }
        };
        run.pending.push(format!("{word} {}", self.place(place.span)));
    }

    /// A value of the output, or of a `let` on the way to one.
    fn came(&self, run: &mut Run, span: Span, value: Option<Value<'_>>) {
        if !run.aside.is_empty() || self.is_check(run.program) {
            return;
        }
        let Some(value) = value else { return };
        let mut by: Vec<String> = run.path.iter().flat_map(|(_, by)| by.clone()).collect();
        by.extend(std::mem::take(&mut run.pending));
        let path: String = run.path.iter().map(|(step, _)| step.as_str()).collect();
        let what = format!("{}{path}", self.named(run.program));
        self.trace.add(self.line(span, what, shown(value), by));
    }

    fn is_check(&self, program: Span) -> bool {
        let named = self.named(program);
        named.contains(".checks[") && (named.ends_with(".when") || named.ends_with(".unless"))
    }

    fn back(&self, run: &mut Run, value: Option<Value<'_>>) {
        let Some((named, before)) = run.aside.pop() else { return };
        let by = std::mem::replace(&mut run.pending, before);
        match named {
            Some((name, span)) => {
                let came = value.map_or_else(|| "nothing".to_owned(), shown);
                self.trace.add(self.line(span, format!("let {name}"), came, by));
            }
            None => run.pending.extend(by),
        }
    }

    fn rule(&self, rule: &str, asked: Asked<'_>) -> Line {
        let path = format!("inbound.rules.{rule}");
        let span =
            self.names.iter().filter(|(_, name)| **name == path).map(|(span, _)| *span).min_by_key(|span| span.start);
        let came = match asked {
            Asked::NoWord => "not fired: none of its words was written".to_owned(),
            Asked::NotWhen => "not fired: its `when` does not hold".to_owned(),
            Asked::Fired(Some(word)) => format!("fired: the word is `{word}`"),
            Asked::Fired(None) => "fired: it needs no word".to_owned(),
        };
        self.line(span.unwrap_or_default(), path, came, Vec::new())
    }
}

fn shown(value: Value<'_>) -> String {
    serde_json::to_string(&value).unwrap_or_default()
}

impl Line {
    /// Whether it is a check that refused.
    pub(super) fn is_refusal(&self) -> bool {
        self.came == REFUSING
    }

    /// For other programs.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({"place": self.place, "what": self.what, "came": self.came, "by": self.by})
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {}: {} = {}", self.place, self.what, self.came)?;
        self.by.iter().try_for_each(|by| writeln!(f, "    {by}"))
    }
}
