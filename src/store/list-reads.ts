// Pages of management rows: by birth, or by what is searched. Every page looks at a bounded number of rows, so its cost
// does not grow with the tenant; where conditions let few of them pass it is short and says where to go on.
import { and, eq, exists, inArray, type SQL, sql } from "drizzle-orm/sql";
import { systemTenantId } from "../system-tenant.ts";
import type { Connection } from "./connection.ts";
import { type AnyRow, type AnyTable, tableOf, tenantColumn, type TypeName } from "./row-operations.ts";
import type { Tables } from "./tables.ts";

/** Where a page ended: the id, or the term and the id, or the term's number. */
export type Position = readonly (string | number)[];

export type Search = { field: string; text: string; mode: "prefix" | "exact" | "substring" };

/** What is listed. Columns are named as in the table. */
export type RowConditions = {
  /** Columns that have to equal; each stands first in an index with the id. */
  parent?: Readonly<Record<string, string>>;
  /** Columns that have to be one of these; looked at row by row. */
  matching?: Readonly<Record<string, readonly unknown[]>>;
  /** Leaves out rows that a link of this kind names in its column `by`. */
  without?: { link: TypeName; by: string; where: Readonly<Record<string, string>> };
  /** `text` is normalised; a substring has at least three characters. */
  search?: Search;
};

export type RowPage = { rows: AnyRow[]; next: Position | undefined };

/** Rows that a page, and a count, look at before they leave off. */
const mostExamined = 2000;
const mostCounted = 10_000;

/** A total beyond it is answered as it. */
export const largestTotal = 1000;

/** An index to walk along: what bounds it after a position, and the columns that order it. */
type Walk = {
  kind: "birth" | "term" | "substring";
  bounds(after: Position | undefined, most: number): SQL | undefined;
  order: readonly [SQL, ...SQL[]];
};

export function bindListReads(connection: Connection) {
  const { db, t } = connection;
  const from = (type: TypeName, walk: Walk, where: SQL | undefined) => {
    const table = tableOf(t, type);
    const [first, second = first] = walk.order;
    const picked = { row: table, first: sql<string | number>`${first}`, second: sql<string>`${second}` };
    if (walk.kind === "birth")
      return db
        .select(picked)
        .from(table)
        .where(where)
        .orderBy(...walk.order);
    const { searchTerm } = t;
    return db
      .select(picked)
      .from(searchTerm)
      .innerJoin(table, eq(table.id, searchTerm.rowId))
      .where(where)
      .orderBy(...walk.order);
  };
  /** The last row that may be looked at, if the walk goes on that far. */
  const edge = async (type: TypeName, walk: Walk, query: RowConditions & { after?: Position | undefined }) => {
    const { after, search } = query;
    if (walk.kind === "substring") {
      // Terms of other tenants hold the text too: what is bounded is how many are looked at, whosever they are.
      const held = connection.holding(search?.text ?? "", Number(after?.[0] ?? 0), mostExamined);
      const [seen] = await db
        .select({ rows: sql<number>`count(*)`, last: sql<number>`max(id)` })
        .from(sql`${held} as held`);
      return Number(seen?.rows) < mostExamined ? undefined : [Number(seen?.last)];
    }
    const [row] = await from(type, walk, walk.bounds(after, mostExamined))
      .limit(1)
      .offset(mostExamined - 1);
    return row && positionOf(walk, row);
  };
  const counted = async (type: TypeName, walk: Walk, where: SQL | undefined, most: number): Promise<number> => {
    const examined = from(type, walk, where).limit(most).as("examined");
    const [answer] = await db.select({ rows: sql<number>`count(*)` }).from(examined);
    return Number(answer?.rows ?? 0);
  };

  return {
    list: async (
      tenantId: string,
      type: TypeName,
      query: RowConditions & { after?: Position | undefined; limit: number },
    ): Promise<RowPage> => {
      const { after, limit } = query;
      const walk = walkOf(connection, type, tenantId, query);
      const conditions = conditionsOf(connection, type, query);
      const bounded = conditions !== undefined || walk.kind === "substring";
      const last = bounded ? await edge(type, walk, query) : undefined;
      const within = last && sql`not (${beyond(walk, last)})`;
      const found = await from(type, walk, and(walk.bounds(after, mostExamined), within, conditions)).limit(limit + 1);
      const shown = found.slice(0, limit);
      const end = shown.at(-1);
      const next = found.length > limit && end !== undefined ? positionOf(walk, end) : last;
      return { rows: shown.map(({ row }) => row as AnyRow), next };
    },
    /** How many there are, at most `largestTotal`; undefined where finding out would take too long. */
    total: async (tenantId: string, type: TypeName, query: RowConditions): Promise<number | undefined> => {
      const walk = walkOf(connection, type, tenantId, query);
      const conditions = conditionsOf(connection, type, query);
      const bounds = walk.bounds(undefined, mostCounted);
      if (conditions === undefined) return counted(type, walk, bounds, largestTotal);
      if ((await counted(type, walk, bounds, mostCounted)) >= mostCounted) return undefined;
      return counted(type, walk, and(bounds, conditions), largestTotal);
    },
  };
}

const positionOf = ({ order }: Walk, { first, second }: { first: string | number; second: string }): Position =>
  order.length === 1 ? [first] : [first, second];

const beyond = ({ order }: Pick<Walk, "order">, position: Position): SQL =>
  sql`(${sql.join([...order], sql`, `)}) > (${sql.join(
    position.map((part) => sql`${part}`),
    sql`, `,
  )})`;

function walkOf({ t, holding }: Connection, type: TypeName, tenantId: string, query: RowConditions): Walk {
  const { search, parent = {} } = query;
  const table = tableOf(t, type);
  if (search === undefined) {
    const order = [sql`${table.id}`] as const;
    // The system tenant owns the others and sees them all.
    const all = type === "tenant" && tenantId === systemTenantId;
    const here = and(all ? undefined : eq(tenantColumn(t, type), tenantId), ...equal(t, type, parent));
    return { kind: "birth", order, bounds: (after) => and(here, after && beyond({ order }, after)) };
  }
  const { id, term, rowId, field, type: of, tenantId: tenant } = t.searchTerm;
  const here = and(eq(tenant, tenantId), eq(of, type), eq(field, search.field));
  if (search.mode === "substring")
    return {
      kind: "substring",
      order: [sql`${id}`],
      bounds: (after, most) => and(here, sql`${id} in ${holding(search.text, Number(after?.[0] ?? 0), most)}`),
    };
  const order = [sql`${term}`, sql`${rowId}`] as const;
  const range =
    search.mode === "exact"
      ? eq(term, search.text)
      : sql`${term} >= ${search.text} and ${term} < ${`${search.text}\u{10ffff}`}`;
  return { kind: "term", order, bounds: (after) => and(here, range, after && beyond({ order }, after)) };
}

/** What is looked at row by row. A search walks along terms, so there even the parent is. */
function conditionsOf({ db, t }: Connection, type: TypeName, query: RowConditions): SQL | undefined {
  const { matching = {}, without, parent = {}, search } = query;
  const columns = columnsOf(t, type);
  const among = Object.entries(matching).map(([name, values]) => {
    // Flags are numbers in one dialect: the column knows.
    const stored = values.map((value) => sql.param(value, columns[name]));
    return inArray(sql`${columns[name]}`, stored);
  });
  const owned = search === undefined ? [] : equal(t, type, parent);
  if (without === undefined) return and(...among, ...owned);
  const link = tableOf(t, without.link);
  const linked = db
    .select({ one: sql`1` })
    .from(link)
    .where(
      and(
        sql`${columnsOf(t, without.link)[without.by]} = ${tableOf(t, type).id}`,
        ...equal(t, without.link, without.where),
      ),
    );
  return and(...among, ...owned, sql`not ${exists(linked)}`);
}

const columnsOf = (t: Tables, type: TypeName) => tableOf(t, type) as unknown as Record<string, AnyTable["id"]>;

const equal = (t: Tables, type: TypeName, values: Readonly<Record<string, string>>): SQL[] =>
  Object.entries(values).map(([name, value]) => sql`${columnsOf(t, type)[name]} = ${value}`);
