// POST /v1/signups: the JSON of the request and of the answer, and what lies between.

import { v7 as uuid } from "uuid";

const text = { type: "string" };
const count = { type: "integer" };
const id = { type: "string", format: "uuid" };
const name = { type: "string", minLength: 1, maxLength: 200, pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]*$" };

function object(properties, required = Object.keys(properties)) {
  return { type: "object", properties, required, additionalProperties: false };
}

const body = object(
  {
    account_name: name,
    user_name: name,
    plan_id: id,
    user_email: { type: ["string", "null"], maxLength: 254, pattern: "^[^@\\s]+@[^@\\s]+$", default: null },
    currency: { type: "string", pattern: "^[A-Z]{3}$", default: "EUR" },
  },
  ["account_name", "user_name", "plan_id"],
);

const account = object({
  account_id: text,
  account_name: text,
  status: text,
  plan: object({ plan_id: text, revision: count }),
  members: object({ count, limit: count }),
  seats: object({ taken: count, total: count }),
  credit: object({ amount: count, currency: text }),
  version: count,
  created_at: text,
});

const member = object({
  member_id: text,
  name: text,
  email: { type: ["string", "null"] },
  role: text,
  seated: { type: "boolean" },
  joined_at: text,
});

const schema = { body, response: { 201: object({ account, member }) } };

export async function signups(app, { store }) {
  app.post("/v1/signups", { schema }, (request, reply) => {
    const plan = store.plan(request.body.plan_id);
    if (plan === undefined) return reply.code(404).send({ message: "There is no such plan." });
    if (plan.status === "retired") return reply.code(409).send({ message: "This plan is retired." });
    const signedUp = signUp(store, plan, request.body);
    reply.code(201).header("Location", `/v1/accounts/${signedUp.account.account_id}`).send(signedUp);
  });
}

function clean(given) {
  return given.trim().normalize("NFC");
}

function signUp(store, plan, asked) {
  const at = new Date().toISOString();
  const account = {
    account_id: uuid(),
    account_name: clean(asked.account_name),
    status: "active",
    plan: { plan_id: plan.plan_id, revision: plan.revision },
    members: { count: 1, limit: plan.user_limit },
    seats: { taken: 0, total: plan.total_seats },
    credit: { amount: 0, currency: asked.currency },
    version: 1,
    created_at: at,
  };
  const member = {
    member_id: uuid(),
    name: clean(asked.user_name),
    email: asked.user_email,
    role: "admin",
    seated: false,
    joined_at: at,
  };
  store.save(
    {
      account_id: account.account_id,
      account_name: account.account_name,
      status: account.status,
      plan_id: plan.plan_id,
      plan_revision: plan.revision,
      user_limit: plan.user_limit,
      total_seats: plan.total_seats,
      credit: 0,
      currency: asked.currency,
      version: account.version,
      created_at: at,
    },
    { ...member, seated: 0, account_id: account.account_id },
    {
      account_id: account.account_id,
      version: account.version,
      type: "account.opened",
      recorded_at: at,
      data: JSON.stringify({ account, member }),
    },
  );
  return { account, member };
}
