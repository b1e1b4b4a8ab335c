// The platform's send to the provider's, as a connector maps it: no checks beyond what it reads.

const KINDS = { IMAGE: 'image', VIDEO: 'video', DOCUMENT: 'document' };

/** The provider's body for a platform's request. */
export function send({ whatsAppData: data }) {
  const { templateName, language, templateVariables = [], type, mediaUrl, buttonUrlParam } = data.templateData;
  const components = [];
  const kind = KINDS[type];
  if (kind && mediaUrl) components.push({ type: 'header', parameters: [{ type: kind, [kind]: { link: mediaUrl } }] });
  components.push({ type: 'body', parameters: templateVariables.map((text) => ({ type: 'text', text })) });
  if (buttonUrlParam) {
    const parameters = [{ type: 'text', text: buttonUrlParam }];
    components.push({ type: 'button', sub_type: 'url', parameters, index: '0' });
  }
  return {
    to: data.toNumber,
    from: data.fromNumber,
    channel: 'whatsapp',
    client_ref: '4ts9k2v0qxa7m',
    message_type: 'custom',
    custom: {
      type: 'template',
      template: { name: templateName, language: { policy: 'deterministic', code: language }, components },
    },
  };
}

/** What the platform is told. */
export const ACCEPTED = { status: 'whatsapp_accepted', statusCode: 0 };
export const REJECTED = { status: 'whatsapp_rejected', statusCode: 2019 };

/** Where the provider listens, and what it is called with: a token as long as a signed one. */
export const [, , provider] = process.argv;
const part = (of) => Buffer.from(of).toString('base64url');
export const headers = {
  'content-type': 'application/json',
  authorization: `Bearer ${part('{"alg":"RS256","typ":"JWT"}')}.${part('x'.repeat(55))}.${part('s'.repeat(80))}`,
};

/** Says where it listens, which the bench waits for. */
export function announce(address) {
  console.log(`127.0.0.1:${address.port}`);
}
