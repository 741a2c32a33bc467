// The schema in both dialects: the same tables from both kits, the committed migrations up to date, every query sayable.
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { getTableName, is, Table } from "drizzle-orm";
import * as pg from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/pg-proxy";
import * as sqlite from "drizzle-orm/sqlite-core";
import { describe, expect, it } from "vitest";
import { bindAuditReads } from "../../src/store/audit-rows.ts";
import { sqliteKit } from "../../src/store/columns.ts";
import { holding, postgresKit } from "../../src/store/columns-postgres.ts";
import type { Database } from "../../src/store/connection.ts";
import { bindOperations } from "../../src/store/operations.ts";
import { bindInstanceReads, bindTenantReads } from "../../src/store/reads.ts";
import { bindRowReads } from "../../src/store/row-reads.ts";
import * as postgresSchema from "../../src/store/schema-postgres.ts";
import * as sqliteSchema from "../../src/store/schema-sqlite.ts";
import { defineTables } from "../../src/store/tables.ts";
import { operationArguments, readArguments } from "./query-arguments.ts";
import { temporaryFolder } from "../support/store.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const inSqlite = defineTables(sqliteKit);
const inPostgres = defineTables(postgresKit) as unknown as Record<string, pg.PgTable>;
const names = Object.keys(inSqlite) as (keyof typeof inSqlite)[];

/** SQLite's type and what JavaScript sees of it, and the PostgreSQL type that stands for both. */
const typeOf: Record<string, string> = {
  "text string": 'text COLLATE "C"',
  "text json": "text",
  "integer number": "bigint",
  "integer boolean": "boolean",
};

/** Both count up by themselves, each by a type of its own. */
const typeIn = (column: pg.PgColumn): string => (column.getSQLType() === "bigserial" ? "bigint" : column.getSQLType());

type Config = ReturnType<typeof sqlite.getTableConfig> | ReturnType<typeof pg.getTableConfig>;
const columnNames = (columns: readonly unknown[]) => columns.map((column) => (column as { name: string }).name);

const rulesOf = (config: Config) => ({
  name: config.name,
  columns: config.columns.map(({ name, notNull, hasDefault, primary, isUnique }) => ({
    name,
    notNull,
    hasDefault,
    primary,
    isUnique,
  })),
  indexes: config.indexes.map(({ config: { name, unique, where, columns } }) => ({
    name,
    unique,
    columns: columnNames(columns),
    where: where === undefined ? "" : JSON.stringify(where.queryChunks),
  })),
  primaryKeys: config.primaryKeys.map(({ columns }) => columnNames(columns)),
  foreignKeys: config.foreignKeys.map((key) => {
    const { columns, foreignColumns, foreignTable } = key.reference();
    return [columnNames(columns), getTableName(foreignTable), columnNames(foreignColumns), key.onDelete ?? "no action"];
  }),
});

describe("both dialects", () => {
  it.each(names)("%s has the same columns, indexes and keys", (name) => {
    const mine = sqlite.getTableConfig(inSqlite[name]);
    const theirs = pg.getTableConfig(inPostgres[name] ?? expect.unreachable());
    expect(rulesOf(theirs)).toEqual(rulesOf(mine));
    const wanted = mine.columns.map((column) => typeOf[`${column.getSQLType()} ${column.dataType}`]);
    expect(theirs.columns.map(typeIn)).toEqual(wanted);
  });

  it("what drizzle-kit is shown is every table", () => {
    const shown = (schema: object) =>
      Object.entries(schema)
        .filter(([, value]) => is(value, Table))
        .map(([name]) => name);
    expect(shown(sqliteSchema).toSorted()).toEqual(names.toSorted());
    expect(shown(postgresSchema).toSorted()).toEqual(names.toSorted());
  });
});

describe("migrations", () => {
  it.each([
    ["sqlite", "sqlite"],
    ["postgresql", "postgres"],
  ])("%s: what is committed is what drizzle-kit would write now", (dialect, folder) => {
    const out = temporaryFolder();
    cpSync(join(root, "src/store/migrations", folder), out, { recursive: true });
    const filesNow = () => readdirSync(out, { recursive: true }).map(String).toSorted();
    const before = filesNow();
    const kit = join(root, "node_modules/drizzle-kit/bin.cjs");
    const words = [
      "generate",
      "--dialect",
      dialect,
      "--casing",
      "snake_case",
      "--schema",
      `src/store/schema-${folder}.ts`,
    ];
    const said = execFileSync(process.execPath, [kit, ...words, "--out", relative(root, out)], {
      cwd: root,
      encoding: "utf8",
    });
    expect(said).toContain("No schema changes");
    expect(filesNow()).toEqual(before);
  });
});

/** Every read and operation over a PostgreSQL dialect that only writes down what it is asked. */
function bindToPostgres(answer: unknown[][]) {
  const said: { sql: string; params: unknown[] }[] = [];
  const db = drizzle(
    async (sql, params) => {
      said.push({ sql, params });
      return { rows: answer };
    },
    { casing: "snake_case" },
  ) as unknown as Database;
  const statement = (sql: string) => async (params: unknown[]) => {
    said.push({ sql, params });
    return answer.length;
  };
  const lookup = (sql: string) => async (params: unknown[]) => {
    said.push({ sql, params });
    return answer[0];
  };
  const connection = { db, t: defineTables(postgresKit), holding, statement, lookup };
  const reads = {
    ...bindInstanceReads(connection),
    ...bindAuditReads(connection),
    ...bindTenantReads(connection),
    ...bindRowReads(connection),
  };
  return { said, reads, operations: bindOperations(connection) };
}

type Anything = (...args: unknown[]) => Promise<unknown>;

/** Each query is said twice: once the database has nothing to answer, once it has a row without values. */
const answers = [[], [Array.from({ length: 60 }, () => null)]];

async function saidBy(kind: "reads" | "operations", name: string, args: readonly unknown[]): Promise<string[]> {
  const texts: string[] = [];
  for (const answer of answers) {
    const bound = bindToPostgres(answer);
    const query = (bound[kind] as unknown as Record<string, Anything>)[name] ?? expect.unreachable();
    await query(...args).catch((thrown: unknown) => expect(thrown).toMatchObject({ name: "Failure" }));
    for (const { sql, params } of bound.said) {
      expect(sql).not.toMatch(/[`?]/);
      expect(params.every((param) => param === null || ["string", "number", "boolean"].includes(typeof param))).toBe(
        true,
      );
      texts.push(sql);
    }
  }
  return texts;
}

describe("PostgreSQL", () => {
  it.each(Object.entries(readArguments))("the read %s can be said in it, with its values apart", async (name, args) => {
    const texts = await saidBy("reads", name, args);
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(text).toMatch(/^select/);
  });

  it.each(Object.entries(operationArguments))(
    "the write %s can be said in it, with its values apart",
    async (name, args) => {
      const texts = await saidBy("operations", name, [args]);
      expect(texts.some((text) => /^(insert|update|delete)/.test(text))).toBe(true);
      // N8-01: a value of the arguments is never part of the text.
      for (const text of texts) expect(text).not.toContain("canary");
    },
  );
});
