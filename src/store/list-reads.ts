// Pages of management rows: by birth, or by what is searched. Every page looks at a bounded number of rows, so its cost
// does not grow with the tenant; where conditions let few of them pass it is short and says where to go on.
import { and, count, eq, exists, inArray, type SQL, sql } from "drizzle-orm/sql";
import { systemTenantId } from "../system-tenant.ts";
import type { Connection } from "./connection.ts";
import { type AnyRow, type AnyTable, tableOf, tenantColumn, type TypeName } from "./row-operations.ts";
import { placeOf } from "./search-tables.ts";
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

/** Places that a page looks at before it leaves off: those of a search by term lie anywhere, each row is a walk of its own. */
const mostExamined = { birth: 1000, term: 300, substring: 1000 } as const;
/** Places that a count looks at. */
const mostCounted = 10_000;
/** Places of a substring whose rows are looked up first, for most pages are full by then. */
const lookedUpFirst = 100;

/** A total beyond it is answered as it. */
export const largestTotal = 1000;

/** An index to walk along: what bounds it after a position, and the columns that order it. */
type Walk = {
  kind: "birth" | "term" | "substring";
  bounds(after: Position | undefined): SQL | undefined;
  order: readonly [SQL, ...SQL[]];
};

type After = { after?: Position | undefined };

export function bindListReads(connection: Connection) {
  const { db, t } = connection;
  const { searchTerm } = t;
  const placesOf = ({ order: [first, second = first] }: Walk) => ({
    first: sql<string | number>`${first}`,
    second: sql<string>`${second}`,
  });
  /** Terms of the place that hold the text: what is bounded is how many of them are looked at. */
  const holding = (place: string, { search, after }: RowConditions & After, most: number) =>
    sql`${connection.holding({ text: search?.text ?? "", place, after: Number(after?.[0] ?? 0), most })} as held`;
  const idsHolding = async (place: string, query: RowConditions & After, most: number): Promise<number[]> =>
    (await db.select({ id: sql<number>`id`.mapWith(Number) }).from(holding(place, query, most))).map(({ id }) => id);
  const along = (type: TypeName, walk: Walk, held: SQL) => {
    const table = tableOf(t, type);
    const rows = db.select({ row: table, ...placesOf(walk) });
    if (walk.kind === "birth") return rows.from(table);
    if (walk.kind === "term") return rows.from(searchTerm).innerJoin(table, eq(table.id, searchTerm.rowId));
    // Crossed, because a planner that is free walks along all terms of the tenant to find those few.
    return rows.from(held).crossJoin(searchTerm).crossJoin(table);
  };
  const amongHeld = (type: TypeName, walk: Walk, ids: readonly number[], page: Page): Promise<Found[]> => {
    // Numbers of our own rows, spelled out: as parameters they would take longer to bind than to look up.
    const values = sql.raw(ids.map((id) => `(${Math.trunc(id)})`).join());
    return pageOf(type, walk, page, sql`(with held(id) as (values ${values}) select id from held) as held`);
  };
  /** A few candidates fill most pages; only where they do not are all of them asked for. */
  const substringPage = async (type: TypeName, walk: Walk, place: string, query: RowConditions & After & Page) => {
    for (const most of [lookedUpFirst, mostExamined.substring]) {
      const ids = await idsHolding(place, query, most);
      const found = ids.length === 0 ? [] : await amongHeld(type, walk, ids, query);
      if (found.length === query.limit || ids.length < most) return { found, last: undefined };
      if (most === mostExamined.substring) return { found, last: ids.slice(-1) };
    }
    return { found: [], last: undefined };
  };
  const pageOf = async (type: TypeName, walk: Walk, { where, limit }: Page, held = sql``): Promise<Found[]> =>
    along(type, walk, held)
      .where(where)
      .orderBy(...walk.order)
      .limit(limit);
  /** The `most`th place after the position, found in the index alone; undefined where there are fewer. */
  const placeAt = async (type: TypeName, walk: Walk, after: Position | undefined, most: number) => {
    const [place] = await db
      .select(placesOf(walk))
      .from(walk.kind === "birth" ? tableOf(t, type) : searchTerm)
      .where(walk.bounds(after))
      .orderBy(...walk.order)
      .limit(1)
      .offset(most - 1);
    return place && positionOf(walk, place);
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
      const where = and(walk.bounds(after), conditions);
      const oneMore = limit + 1;
      if (walk.kind === "substring") {
        const asked = { ...query, where, limit: oneMore };
        const { found, last } = await substringPage(type, walk, placeOf(tenantId, type), asked);
        return pageUpTo(walk, limit, found, last);
      }
      const last = conditions && (await placeAt(type, walk, after, mostExamined[walk.kind]));
      const within = last && compared(walk, "<=", last);
      return pageUpTo(walk, limit, await pageOf(type, walk, { where: and(where, within), limit: oneMore }), last);
    },
    /** How many there are, at most `largestTotal`; undefined where finding out would take too long. */
    total: async (tenantId: string, type: TypeName, query: RowConditions): Promise<number | undefined> => {
      const walk = walkOf(connection, type, tenantId, query);
      const conditions = conditionsOf(connection, type, query);
      const isFound = walk.kind === "substring";
      if (!isFound && conditions && (await placeAt(type, walk, undefined, mostCounted)) !== undefined) return undefined;
      const counted = along(type, walk, holding(placeOf(tenantId, type), query, mostCounted))
        .where(and(walk.bounds(undefined), conditions))
        .limit(largestTotal)
        .as("counted");
      const [answer] = await db.select({ rows: count() }).from(counted);
      const total = answer?.rows ?? 0;
      if (!isFound || total === largestTotal) return total;
      return (await idsHolding(placeOf(tenantId, type), query, mostCounted)).length < mostCounted ? total : undefined;
    },
  };
}

type Found = { row: AnyRow; first: string | number; second: string };
type Page = { where: SQL | undefined; limit: number };

/** `found` has one more than a page, if there is one; `last` is where it was left off, if it was. */
function pageUpTo(walk: Walk, limit: number, found: readonly Found[], last: Position | undefined): RowPage {
  const shown = found.slice(0, limit);
  const end = shown.at(-1);
  const next = found.length > limit && end !== undefined ? positionOf(walk, end) : last;
  return { rows: shown.map(({ row }) => row), next };
}

const positionOf = ({ order }: Walk, { first, second }: { first: string | number; second: string }): Position =>
  order.length === 1 ? [first] : [first, second];

const signs = { ">": sql`>`, "<=": sql`<=` } as const;

/** Said so that an index can be walked along from or up to the position: the negation of one would be asked of each row. */
const compared = ({ order }: Pick<Walk, "order">, sign: keyof typeof signs, position: Position): SQL =>
  sql`(${sql.join([...order], sql`, `)}) ${signs[sign]} (${sql.join(
    position.map((part) => sql`${part}`),
    sql`, `,
  )})`;

function walkOf({ t }: Connection, type: TypeName, tenantId: string, query: RowConditions): Walk {
  const { search, parent = {} } = query;
  const table = tableOf(t, type);
  if (search === undefined) {
    const order = [sql`${table.id}`] as const;
    // The system tenant owns the others and sees them all.
    const all = type === "tenant" && tenantId === systemTenantId;
    const here = and(all ? undefined : eq(tenantColumn(t, type), tenantId), ...equal(t, type, parent));
    return { kind: "birth", order, bounds: (after) => and(here, after && compared({ order }, ">", after)) };
  }
  const { id, term, rowId, field, type: of, tenantId: tenant } = t.searchTerm;
  const here = and(eq(tenant, tenantId), eq(of, type), eq(field, search.field));
  if (search.mode === "substring")
    return {
      kind: "substring",
      // By the candidates, which are in order already.
      order: [sql`held.id`],
      bounds: () => and(here, sql`${id} = held.id`, sql`${rowId} = ${table.id}`),
    };
  const order = [sql`${term}`, sql`${rowId}`] as const;
  const range =
    search.mode === "exact"
      ? eq(term, search.text)
      : sql`${term} >= ${search.text} and ${term} < ${`${search.text}\u{10ffff}`}`;
  return { kind: "term", order, bounds: (after) => and(here, range, after && compared({ order }, ">", after)) };
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
