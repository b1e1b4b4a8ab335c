// The provider's own JavaScript libraries: does the tasks that come in as JSON, tells what came of each.
// Of the gateway it knows nothing; tests/it/vendor.rs asks.

import { readFileSync } from "node:fs";
import { Auth } from "@vonage/auth";
import { tokenGenerate, verifySignature } from "@vonage/jwt";
import { Messages } from "@vonage/messages";
import jsonwebtoken from "jsonwebtoken";

const tasks = {
  // A token as an application makes it.
  make: ({ application, key }) => tokenGenerate(application, key),
  // Whether a webhook's token is good, by the function that the provider gives its customers.
  verify: ({ token, secret }) => {
    try {
      return verifySignature(token, secret);
    } catch (error) {
      return error.name;
    }
  },
  // A webhook's token with these claims.
  sign: ({ claims, secret, algorithm }) => jsonwebtoken.sign(claims, secret, { algorithm }),
  // The claims of an application's token, if it is signed with that key.
  read: ({ token, key }) => jsonwebtoken.verify(token, key, { algorithms: ["RS256"] }),
  // A message, sent by the provider's own client.
  send: async ({ url, application, key, message }) => {
    const client = new Messages(new Auth({ applicationId: application, privateKey: key }), { apiHost: url });
    const { messageUUID } = await client.send(message);
    return messageUUID;
  },
};

const results = [];
for (const { task, ...input } of JSON.parse(readFileSync(0, "utf8"))) {
  results.push(await tasks[task](input));
}
process.stdout.write(JSON.stringify(results));
