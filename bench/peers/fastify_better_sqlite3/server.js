// node server.js --database FILE [--port 0]: serve until SIGTERM.

import { parseArgs } from "node:util";

import Fastify from "fastify";

import { open, prepare } from "./database.js";
import { signups } from "./signups.js";

const { values } = parseArgs({
  options: { database: { type: "string" }, port: { type: "string", default: "0" } },
});
const database = open(values.database);
const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } });
app.get("/livez", () => ({ status: "ok" }));
app.register(signups, { store: prepare(database) });
app.addHook("onClose", () => database.close());

process.once("SIGTERM", () => app.close());
console.log(`listening on ${await app.listen({ host: "127.0.0.1", port: Number(values.port) })}`);
