// A filled file with a connection that tells which queries were asked of it, and how SQLite would answer them.
import { drizzle } from "drizzle-orm/better-sqlite3";
import { onTestFinished } from "vitest";
import type { Connection, Database } from "../../src/store/connection.ts";
import { connect, openFile } from "../../src/store/sqlite-file.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { databaseFile, fillTenant } from "./store.ts";

/** Two tenants are in it; the first is answered. The file is closed when the test ends. */
export async function openQueryLog() {
  const path = databaseFile();
  const store = await openSqliteStore({ path, onFatal: () => undefined });
  const [tenant] = [await fillTenant(store), await fillTenant(store)];
  await store.close();
  const file = openFile(path, "write");
  onTestFinished(() => void file.close());
  const asked: { text: string; params: unknown[] }[] = [];
  const logger = { logQuery: (text: string, params: unknown[]) => void asked.push({ text, params }) };
  const db = drizzle(file, { casing: "snake_case", logger }) as unknown as Database;
  const plain = connect(file);
  const logged =
    <T>(ready: (text: string) => (values: unknown[]) => T) =>
    (text: string) => {
      const ask = ready(text);
      return (params: unknown[]) => {
        asked.push({ text, params });
        return ask(params);
      };
    };
  const [statement, lookup] = [logged(plain.statement), logged(plain.lookup)];
  const connection: Connection = { ...plain, db, statement, lookup };
  const planOf = (text: string, params: readonly unknown[]): string[] =>
    (file.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...params) as { detail: string }[]).map(({ detail }) => detail);
  /** The steps of what was asked since the last time. */
  const steps = () => asked.splice(0).flatMap(({ text, params }) => planOf(text, params));
  return { file, tenant, connection, asked, planOf, steps };
}
