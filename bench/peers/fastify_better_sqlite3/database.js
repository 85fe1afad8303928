// The file, its tables, and the one transaction that a sign-up is.

import { readFileSync } from "node:fs";

import Database from "better-sqlite3";

const SCHEMA = readFileSync(new URL("./schema.sql", import.meta.url), "utf8");

export function open(file) {
  const database = new Database(file);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL"); // in WAL mode better-sqlite3 would leave it at NORMAL: no fsync a commit
  database.pragma("foreign_keys = ON");
  database.exec(SCHEMA);
  return database;
}

export function prepare(database) {
  const plan = database.prepare("SELECT * FROM plans WHERE plan_id = ?");
  const account = database.prepare(
    `INSERT INTO accounts VALUES (@account_id, @account_name, @status, @plan_id, @plan_revision, @user_limit,
                                  @total_seats, @credit, @currency, @version, @created_at)`,
  );
  const member = database.prepare(
    "INSERT INTO members VALUES (@member_id, @account_id, @name, @email, @role, @seated, @joined_at)",
  );
  const event = database.prepare(
    `INSERT INTO events (account_id, version, type, recorded_at, data)
     VALUES (@account_id, @version, @type, @recorded_at, @data)`,
  );
  const save = database.transaction((opened, joined, happened) => {
    account.run(opened);
    member.run(joined);
    event.run(happened);
  });
  return { plan: (id) => plan.get(id), save: save.immediate };
}
