//! Trees as JSON, straight to bytes: constant parts are copied, what comes to nothing is taken back.

use super::bounds::{BYTES, one_more};
use super::{Done, Fault, Run};
use crate::codec::json;
use crate::diagnostic::Span;
use crate::language::observer::Event;
use crate::language::plan::{Member, Plan};

impl<'v> Run<'v> {
    /// Writes a tree; false is nothing, and what was written of it is taken back by the caller. `start`: where the
    /// output of this run begins.
    pub(super) fn write(&self, plan: &'v Plan, start: usize, out: &mut Vec<u8>) -> Done<bool> {
        match plan {
            Plan::Omit => return Ok(false),
            Plan::Constant(constant) => {
                self.tell(|| Event::Came(constant.span, Some(constant.tree.view(self.world.arena))));
                out.extend_from_slice(&constant.json);
            }
            Plan::Leaf(leaf) | Plan::Pipe(leaf) => match self.leaf(leaf)? {
                Some(value) => json::write(value, out),
                None => return Ok(false),
            },
            Plan::Map(members) => self.deeper(|| plan.span())?.write_map(members, start, out)?,
            Plan::List(plans) => {
                let inside = self.deeper(|| plan.span())?;
                out.push(b'[');
                let mut items = 0;
                for plan in plans {
                    inside.write_items(plan, &mut items, start, out)?;
                }
                out.push(b']');
            }
            Plan::When(when) => {
                return self.deeper(|| plan.span())?.write(self.side(when)?, start, out);
            }
            Plan::Match(choice) => return self.deeper(|| plan.span())?.write(self.case(choice)?, start, out),
            Plan::Each(_) => {
                out.push(b'[');
                self.write_items(plan, &mut 0, start, out)?;
                out.push(b']');
            }
            Plan::Use(named) => {
                let (inside, plan) = self.enter(named)?;
                return inside.write(plan, start, out);
            }
            Plan::Text(text) => json::write_text(self.prose(text)?, out),
        }
        bounded(start, out, plan)?;
        Ok(true)
    }

    fn write_map(&self, members: &'v [Member], start: usize, out: &mut Vec<u8>) -> Done<()> {
        out.push(b'{');
        let mut first = true;
        for member in members {
            let before = out.len();
            // The key is written with its comma, which the first member does not have.
            out.extend_from_slice(&member.written[usize::from(first)..]);
            self.tell(|| Event::Key(&member.key));
            if self.write(&member.plan, start, out)? {
                first = false;
            } else {
                out.truncate(before);
            }
            self.tell(|| Event::Leave);
        }
        out.push(b'}');
        Ok(())
    }

    /// Writes what a tree adds to a list: `$each` splices, wherever a choice led to it.
    fn write_items(&self, plan: &'v Plan, items: &mut usize, start: usize, out: &mut Vec<u8>) -> Done<()> {
        match plan {
            Plan::Each(each) => self.each(each, &mut |inside| {
                let before = *items;
                inside.write_item(&each.body, items, start, out)?;
                if *items > before { one_more(before, each.of.span) } else { Ok(()) }
            }),
            Plan::When(when) => self.deeper(|| plan.span())?.write_items(self.side(when)?, items, start, out),
            Plan::Match(choice) => self.deeper(|| plan.span())?.write_items(self.case(choice)?, items, start, out),
            _ => self.write_item(plan, items, start, out),
        }
    }

    fn write_item(&self, plan: &'v Plan, items: &mut usize, start: usize, out: &mut Vec<u8>) -> Done<()> {
        let before = out.len();
        if *items > 0 {
            out.push(b',');
        }
        self.tell(|| Event::Item(*items));
        if self.write(plan, start, out)? {
            *items += 1;
        } else {
            out.truncate(before);
        }
        self.tell(|| Event::Leave);
        Ok(())
    }
}

fn bounded(start: usize, out: &[u8], plan: &Plan) -> Done<()> {
    if out.len() - start > BYTES {
        return Err(Fault::malformed(format!("more than {BYTES} bytes are written"), plan.span()));
    }
    Ok(())
}

impl Plan {
    /// The place of what it computes, where it has one of its own.
    pub(in crate::language) fn span(&self) -> Span {
        match self {
            Self::Leaf(leaf) | Self::Pipe(leaf) => leaf.span,
            Self::When(when) => when.test.span,
            Self::Match(choice) => choice.on.span,
            Self::Each(each) => each.of.span,
            Self::Use(named) => named.span,
            Self::Text(text) => text.span,
            Self::Map(members) => members.first().map_or_else(Span::default, |member| member.plan.span()),
            Self::List(plans) => plans.first().map_or_else(Span::default, Self::span),
            Self::Constant(constant) => constant.span,
            Self::Omit => Span::default(),
        }
    }
}
