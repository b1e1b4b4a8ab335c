//! A message that the operator sends by hand: checked and fitted as a platform's is.

use super::gateway::Knowledge;
use super::sends::{NewSend, body, fitted};
use crate::config::{Number, Tenant};
use crate::model::{Class, Message, Ref, Refusal};
use crate::value::{Arena, Tree};

/// What is sent, in the model's words: `template` or `text`.
#[derive(Clone, Debug)]
pub struct ByHand {
    /// The member of the message.
    pub kind: &'static str,
    /// Its value.
    pub content: Tree,
}

/// The message as it is stored. It is nobody's repeat, and goes before campaigns: somebody waits for it.
///
/// # Errors
/// What is wrong with it.
pub fn by_hand(
    tenant: &Tenant,
    number: &Number,
    (to, what): (&str, &ByHand),
    knowledge: &dyn Knowledge,
    reference: Ref,
) -> Result<NewSend, Refusal> {
    let arena = Arena::new();
    let id = reference.to_string();
    let members =
        [("id", &*id), ("to", to), ("from", number.number.as_str()), ("class", Class::Transactional.as_str())];
    let members = members.map(|(name, text)| (name.into(), Tree::from_text(text)));
    let content = [(what.kind.into(), what.content.clone())];
    let value = Tree::Map(members.into_iter().chain(content).collect());
    let message = Message::read(value.view(&arena), false, &arena)?;
    let (message, misfit) = fitted(tenant, message, knowledge, &arena)?;
    Ok(NewSend {
        reference,
        from: message.from.to_owned(),
        to: message.to.to_owned(),
        class: message.class,
        platform_id: String::new(),
        campaign: None,
        dedupe: None,
        body: body(reference, message.value, &arena)?,
        template: message.value.get("template").and_then(|template| template.text("name")).map(str::to_owned),
        misfit,
    })
}
