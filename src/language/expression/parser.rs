//! Tokens to syntax, by descent: one function a level of binding, tightest last.

use std::ops::Range;

use super::LONGEST;
use super::ast::{Argument, Invocation, Kind, Syntax};
pub(in crate::language) use super::lexer::Problem;
use super::lexer::{Token, tokens, unclosed};

/// Brackets may be nested this deep.
const DEEPEST: usize = 8;
/// So many functions may follow one another.
const CHAIN: usize = 16;

/// Reads a whole expression.
pub(in crate::language) fn parse(text: &str) -> Result<Syntax, Problem> {
    if text.len() > LONGEST {
        return Err(Problem::new(format!("an expression has at most {LONGEST} bytes"), 0..2));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, next: 0, end: text.len(), depth: 0 };
    let syntax = parser.or()?;
    match parser.peek() {
        None => Ok(syntax),
        Some(Token::Close) => Err(Problem::new("this bracket was never opened", parser.here())),
        Some(Token::Optional) => Err(Problem::new("`?` stands directly behind a path", parser.here())
            .help("the path asks, and a function of nothing is nothing: `$.a? | lower`")),
        Some(Token::Name(name)) if matches!(&**name, "and" | "or") => {
            let problem = Problem::new(format!("`{name}` is no operator"), parser.here());
            Err(problem.help(if &**name == "and" { "both is `&&`" } else { "either is `||`" }))
        }
        Some(Token::Compare(_)) => {
            Err(Problem::new("comparisons do not chain", parser.here()).help("join two of them with `&&`"))
        }
        Some(Token::Path(_) | Token::Literal(_) | Token::Name(_)) => {
            Err(Problem::new("an operator is missing before this", parser.here())
                .help("a path has no blanks outside of brackets; a name with blanks is read as `['its name']`"))
        }
        Some(_) => Err(Problem::new("this does not belong here", parser.here())),
    }
}

/// Reads what stands behind a `|`: `lower | truncate(5)`.
pub(in crate::language) fn parse_pipe(text: &str) -> Result<Vec<Invocation>, Problem> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, next: 0, end: text.len(), depth: 0 };
    let mut calls = vec![parser.invocation()?];
    while parser.take(&Token::Pipe) {
        calls.push(parser.next_call(calls.len())?);
    }
    if parser.peek().is_some() {
        return Err(Problem::new("functions are joined with `|`", parser.here()));
    }
    Ok(calls)
}

struct Parser<'t> {
    tokens: &'t [(Token, Range<usize>)],
    next: usize,
    end: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    fn here(&self) -> Range<usize> {
        self.tokens.get(self.next).map_or(self.end..self.end, |(_, at)| at.clone())
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.next += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Syntax, Problem> {
        self.chain(&Token::Or, Self::and, Kind::Or)
    }

    fn and(&mut self) -> Result<Syntax, Problem> {
        self.chain(&Token::And, Self::not, Kind::And)
    }

    fn first(&mut self) -> Result<Syntax, Problem> {
        self.chain(&Token::Otherwise, Self::pipe, Kind::First)
    }

    /// One or more parts joined by a sign.
    fn chain(
        &mut self,
        sign: &Token,
        part: fn(&mut Self) -> Result<Syntax, Problem>,
        kind: fn(Vec<Syntax>) -> Kind,
    ) -> Result<Syntax, Problem> {
        let first = part(self)?;
        if self.peek() != Some(sign) {
            return Ok(first);
        }
        let start = first.at.start;
        let mut parts = vec![first];
        while self.take(sign) {
            parts.push(part(self)?);
        }
        let end = parts.last().map_or(start, |part| part.at.end);
        Ok(Syntax { kind: kind(parts), at: start..end })
    }

    fn not(&mut self) -> Result<Syntax, Problem> {
        let start = self.here().start;
        if !self.take(&Token::Not) {
            return self.comparison();
        }
        let inner = self.comparison()?;
        let at = start..inner.at.end;
        Ok(Syntax { kind: Kind::Not(Box::new(inner)), at })
    }

    fn comparison(&mut self) -> Result<Syntax, Problem> {
        let left = self.first()?;
        let Some(Token::Compare(comparison)) = self.peek() else { return Ok(left) };
        let comparison = *comparison;
        self.next += 1;
        let right = self.first()?;
        let at = left.at.start..right.at.end;
        Ok(Syntax { kind: Kind::Compare(comparison, Box::new(left), Box::new(right)), at })
    }

    fn pipe(&mut self) -> Result<Syntax, Problem> {
        let input = self.primary()?;
        let start = input.at.start;
        let mut calls = Vec::new();
        while self.take(&Token::Pipe) {
            calls.push(self.next_call(calls.len())?);
        }
        if calls.is_empty() {
            return Ok(input);
        }
        let end = self.tokens.get(self.next.saturating_sub(1)).map_or(self.end, |(_, at)| at.end);
        Ok(Syntax { kind: Kind::Pipe(Box::new(input), calls), at: start..end })
    }

    fn primary(&mut self) -> Result<Syntax, Problem> {
        let at = self.here();
        let Some((token, _)) = self.tokens.get(self.next) else {
            return Err(Problem::new("the expression ends too early", at));
        };
        self.next += 1;
        match token {
            Token::Path(text) => {
                let end = self.here().end;
                let optional = self.take(&Token::Optional);
                let at = at.start..if optional { end } else { at.end };
                Ok(Syntax { kind: Kind::Path { text: text.clone(), optional }, at })
            }
            Token::Literal(tree) => Ok(Syntax { kind: Kind::Literal(tree.clone()), at }),
            Token::Open => self.bracket(at),
            Token::Not => Err(Problem::new("`!` stands before a comparison or a bracket, not inside one", at)),
            Token::Name(_) => {
                Err(Problem::new("a bare name has no meaning here", at).help("a text stands in double quotes"))
            }
            _ => Err(Problem::new("a path, a literal or a bracket is missing here", at)),
        }
    }

    fn bracket(&mut self, open: Range<usize>) -> Result<Syntax, Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Problem::new(format!("brackets are nested deeper than {DEEPEST}"), open));
        }
        let inner = self.or()?;
        self.depth -= 1;
        let end = self.here().end;
        match self.peek() {
            Some(Token::Close) => self.next += 1,
            None => return Err(unclosed(open)),
            Some(_) => return Err(Problem::new("an operator or a closing bracket is missing here", self.here())),
        }
        Ok(Syntax { kind: inner.kind, at: open.start..end })
    }

    /// One more function behind those before it.
    fn next_call(&mut self, before: usize) -> Result<Invocation, Problem> {
        if before >= CHAIN {
            return Err(Problem::new(format!("more than {CHAIN} functions follow one another"), self.here()));
        }
        self.invocation()
    }

    fn invocation(&mut self) -> Result<Invocation, Problem> {
        let at = self.here();
        let Some(Token::Name(name)) = self.peek().cloned() else {
            return Err(Problem::new("a function's name is missing here", at));
        };
        self.next += 1;
        let open = self.here();
        let arguments = if self.take(&Token::Open) { self.arguments(&open)? } else { Vec::new() };
        Ok(Invocation { name, at, arguments })
    }

    fn arguments(&mut self, open: &Range<usize>) -> Result<Vec<(Argument, Range<usize>)>, Problem> {
        let mut arguments = Vec::new();
        if self.take(&Token::Close) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.argument(open)?);
            if self.take(&Token::Close) {
                return Ok(arguments);
            }
            if !self.take(&Token::Comma) {
                return Err(match self.peek() {
                    None => unclosed(open.clone()),
                    Some(_) => Problem::new("a comma or a closing bracket is missing here", self.here()),
                });
            }
        }
    }

    fn argument(&mut self, open: &Range<usize>) -> Result<(Argument, Range<usize>), Problem> {
        let at = self.here();
        let argument = match self.peek() {
            Some(Token::Literal(tree)) => Argument::Literal(tree.clone()),
            Some(Token::Name(name)) => Argument::Name(name.clone()),
            Some(Token::Path(text)) => Argument::Path(text.clone(), false),
            None => return Err(unclosed(open.clone())),
            Some(_) => return Err(Problem::new("an argument is a literal or a path", at)),
        };
        self.next += 1;
        let mark = self.here();
        match argument {
            Argument::Path(text, _) if self.take(&Token::Optional) => {
                Ok((Argument::Path(text, true), at.start..mark.end))
            }
            other => Ok((other, at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The syntax written with all its brackets.
    fn show(syntax: &Syntax) -> String {
        let join = |parts: &[Syntax], sign: &str| {
            format!("({})", parts.iter().map(show).collect::<Vec<_>>().join(&format!(" {sign} ")))
        };
        match &syntax.kind {
            Kind::Path { text, optional } => format!("{}{}", &text[2..], if *optional { "?" } else { "" }),
            Kind::Literal(tree) => serde_json::to_string(tree).unwrap(),
            Kind::Pipe(input, calls) => calls.iter().fold(show(input), |inner, call| {
                let arguments: Vec<String> =
                    call.arguments.iter().map(|(argument, _)| format!("{argument:?}")).collect();
                format!("{}({})", call.name, [vec![inner], arguments].concat().join(", "))
            }),
            Kind::First(parts) => join(parts, "??"),
            Kind::Compare(how, left, right) => format!("({how:?} {} {})", show(left), show(right)),
            Kind::Not(inner) => format!("!{}", show(inner)),
            Kind::And(parts) => join(parts, "&&"),
            Kind::Or(parts) => join(parts, "||"),
        }
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(show(&parse(text).unwrap()), expected, "{text}");
    }

    fn fails(text: &str, at: Range<usize>, words: &str) {
        let problem = parse(text).unwrap_err();
        assert_eq!(problem.at, at, "{text}: {}", problem.message);
        assert!(problem.message.contains(words), "{text}: {}", problem.message);
    }

    #[test]
    fn binding_is_as_the_reference_says() {
        check("$.a ?? $.b | phone", "(a ?? phone(b))");
        check("$.a? | lower ?? $.b == 1 && $.c || $.d", "(((Equal (lower(a?) ?? b) 1) && c) || d)");
        check("$.a || $.b && !$.c == 2", "(a || (b && !(Equal c 2)))");
        check("$.a && ($.b || $.c)", "(a && (b || c))");
        check(
            "$.f == false && $.m? | nonempty && $.s[*] | count == 0",
            "((Equal f false) && nonempty(m?) && (Equal count(s[*]) 0))",
        );
        check("$.a == $.b ?? \"x\"", "(Equal a (b ?? \"x\"))");
        check("$.a\n  ?? $.b\n  ?? $.c", "(a ?? b ?? c)");
    }

    #[test]
    fn places_cover_what_they_name() {
        let syntax = parse("$.a? | lower ?? $.bc").unwrap();
        let Kind::First(parts) = &syntax.kind else { panic!("{syntax:?}") };
        assert_eq!((parts[0].at.clone(), parts[1].at.clone()), (0..12, 16..20));
    }

    #[test]
    fn problems_have_places() {
        fails("$.a b", 4..5, "operator is missing");
        fails("$.a $.b", 4..7, "operator is missing");
        fails("$.a | ", 6..6, "name is missing");
        fails("$.a | table(x", 11..12, "never closed");
        fails("$.a | in(\"x\" \"y\")", 13..16, "comma");
        fails("$.a == 1 == 2", 9..11, "chain");
        fails("$.a && ", 7..7, "too early");
        fails("$.a && (!!$.b)", 9..10, "`!`");
        fails("$.a)", 3..4, "never opened");
        fails("$.a == foo", 7..10, "bare name");
        fails("$.a | lower?", 11..12, "`?`");
        fails(&format!("$.a && {}$.b", "(".repeat(40)), 15..16, "deeper");
        fails(&format!("$.a{}", " | lower".repeat(17)), 134..139, "more than 16");
    }
}
