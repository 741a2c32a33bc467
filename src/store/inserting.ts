// An insert of whole rows that is made ready once: making it anew costs ten times as much as running it.
import { sql } from "drizzle-orm/sql";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { InferSelectModel } from "drizzle-orm/table";
import { getTableColumns } from "drizzle-orm/utils";
import type { Database } from "./connection.ts";

/** Every column of the row has to be given. */
export function inserting<T extends SQLiteTable>(db: Database, table: T): (row: InferSelectModel<T>) => Promise<void> {
  const given = Object.keys(getTableColumns(table)).map((name) => [name, sql.placeholder(name)]);
  const insert = db.insert(table).values(Object.fromEntries(given)).prepare();
  return async (row) => void (await insert.execute(row));
}
