// Queries on the way of every request: spelled by Drizzle, made ready once, and run without it. Its mapping of values and
// rows costs as much as SQLite itself does for such a query.
import { Column } from "drizzle-orm/column";
import { is } from "drizzle-orm/entity";
import { Param, Placeholder, sql, SQL } from "drizzle-orm/sql";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { InferSelectModel } from "drizzle-orm/table";
import { getTableColumns } from "drizzle-orm/utils";
import type { Connection } from "./connection.ts";

type Given = Readonly<Record<string, unknown>>;
type Spelled = { toSQL(): { sql: string; params: unknown[] } };

/** `write` has placeholders, and what it is run with has a value for each. Answers how many rows it changed. */
export function writing(
  { statement }: Pick<Connection, "statement">,
  write: Spelled,
): (given: Given) => Promise<number> {
  const { sql: text, params } = write.toSQL();
  const [run, values] = [statement(text), valuesOf(params)];
  return (given) => run(values(given));
}

/** Inserts whole rows: every column has to be given. */
export function inserting<T extends SQLiteTable>(
  connection: Pick<Connection, "db" | "statement">,
  table: T,
): (row: InferSelectModel<T>) => Promise<number> {
  const given = Object.keys(getTableColumns(table)).map((name) => [name, sql.placeholder(name)]);
  return writing(connection, connection.db.insert(table).values(Object.fromEntries(given)));
}

/** What a query selects, in its order. What is no column is taken as the driver has it. */
type Fields = { readonly [name: string]: Column | SQL | Fields };

/** `spell` makes a query of these fields, with placeholders and without outer joins, that is asked for its first row. */
export function finding<F extends Fields, Found>(
  { lookup }: Pick<Connection, "lookup">,
  fields: F,
  spell: (fields: F) => Spelled & PromiseLike<Found[]>,
): (given: Given) => Promise<Found | undefined> {
  const { sql: text, params } = spell(fields).toSQL();
  const [find, values, read] = [lookup(text), valuesOf(params), readerOf(fields)];
  return async (given) => {
    const row = await find(values(given));
    // The types say of the fields what the query says of them.
    return row && (read(row) as Found);
  };
}

type Row = readonly unknown[];

function readerOf(fields: Fields): (row: Row) => unknown {
  let next = 0;
  const shape = (names: Fields): ((row: Row) => Record<string, unknown>) => {
    const parts = Object.entries(names).map(([name, field]) => [name, valueAt(field)] as const);
    return (row) => {
      const found: Record<string, unknown> = {};
      for (const [name, value] of parts) found[name] = value(row);
      return found;
    };
  };
  const valueAt = (field: Fields[string]): ((row: Row) => unknown) => {
    if (!is(field, Column) && !is(field, SQL)) return shape(field);
    const at = next++;
    if (is(field, SQL)) return (row) => row[at];
    return (row) => (row[at] === null ? null : field.mapFromDriverValue(row[at]));
  };
  return shape(fields);
}

function valuesOf(params: readonly unknown[]): (given: Given) => unknown[] {
  const values = params.map(valueOf);
  return (given) => values.map((value) => value(given));
}

function valueOf(param: unknown): (given: Given) => unknown {
  if (is(param, Placeholder)) return (given) => given[param.name];
  if (!is(param, Param) || !is(param.value, Placeholder)) return () => param;
  const { encoder, value } = param;
  return (given) => encoder.mapToDriverValue(given[value.name]);
}
