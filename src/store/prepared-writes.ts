// Writes on the way of every request: spelled by Drizzle, made ready once, and run without it. Its mapping of values and
// rows costs half of what SQLite itself does for such a write.
import { is } from "drizzle-orm/entity";
import { Param, Placeholder, sql } from "drizzle-orm/sql";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { InferSelectModel } from "drizzle-orm/table";
import { getTableColumns } from "drizzle-orm/utils";
import type { Connection } from "./connection.ts";

type Given = Readonly<Record<string, unknown>>;

/** `write` has placeholders, and what it is run with has a value for each. Answers how many rows it changed. */
export function prepared(
  { statement }: Pick<Connection, "statement">,
  write: { toSQL(): { sql: string; params: unknown[] } },
): (given: Given) => Promise<number> {
  const { sql: text, params } = write.toSQL();
  const values = params.map(valueOf);
  const run = statement(text);
  return (given) => run(values.map((value) => value(given)));
}

function valueOf(param: unknown): (given: Given) => unknown {
  if (is(param, Placeholder)) return (given) => given[param.name];
  if (!is(param, Param) || !is(param.value, Placeholder)) return () => param;
  const { encoder, value } = param;
  return (given) => encoder.mapToDriverValue(given[value.name]);
}

/** Inserts whole rows: every column has to be given. */
export function inserting<T extends SQLiteTable>(
  connection: Pick<Connection, "db" | "statement">,
  table: T,
): (row: InferSelectModel<T>) => Promise<number> {
  const given = Object.keys(getTableColumns(table)).map((name) => [name, sql.placeholder(name)]);
  return prepared(connection, connection.db.insert(table).values(Object.fromEntries(given)));
}
