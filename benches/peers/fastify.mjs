// Fastify and undici, as one writes them for speed: maps, sends, waits for the provider's answer, answers. Not durable.

import fastify from 'fastify';
import { Pool } from 'undici';
import { ACCEPTED, REJECTED, announce, headers, provider, send } from './map.mjs';

const pool = new Pool(provider, { connections: 64, bodyTimeout: 10_000, headersTimeout: 10_000 });

const app = fastify({ bodyLimit: 256 * 1024 });
app.post('/webengage/messages', async (request, reply) => {
  const body = JSON.stringify(send(request.body));
  const answer = await pool.request({ path: '/v1/messages', method: 'POST', headers, body });
  await answer.body.dump();
  if (answer.statusCode === 202) return ACCEPTED;
  reply.code(502);
  return REJECTED;
});

await app.listen({ port: 0, host: '127.0.0.1' });
announce(app.server.address());
