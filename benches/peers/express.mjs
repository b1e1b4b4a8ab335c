// Express and axios, as one writes them first: maps, sends, waits for the provider's answer, answers. Not durable.

import http from 'node:http';
import axios from 'axios';
import express from 'express';
import { ACCEPTED, REJECTED, announce, headers, provider, send } from './map.mjs';

// Without it every call makes a connection of its own, which would be a comparison with a mistake.
const client = axios.create({ baseURL: provider, headers, timeout: 10_000, httpAgent: new http.Agent({ keepAlive: true }) });

const app = express();
app.use(express.json({ limit: '256kb' }));
app.post('/webengage/messages', async (request, response) => {
  try {
    await client.post('/v1/messages', send(request.body));
    response.json(ACCEPTED);
  } catch {
    response.status(502).json(REJECTED);
  }
});

const server = app.listen(0, '127.0.0.1', () => announce(server.address()));
