// Messages as rows, for every management type there is.
import { clone, type DescMessage, equals } from "@bufbuild/protobuf";
import { getTableColumns } from "drizzle-orm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldBehavior } from "../../src/gen/google/api/field_behavior_pb.ts";
import { ConnectorSchema } from "../../src/gen/tessera/admin/v1/connector_pb.ts";
import { fromColumns, type Sealer, toColumns } from "../../src/resources/columns.ts";
import { hasBehavior, writableFields } from "../../src/resources/fields.ts";
import type { ResourceType } from "../../src/resources/resource.ts";
import { resourceTypes } from "../../src/resources/types.ts";
import { sqliteKit } from "../../src/store/columns.ts";
import { defineTables } from "../../src/store/tables.ts";
import { generated } from "./generated.ts";

const types = [...resourceTypes.values()].map((type) => [type.name, type] as const);

const tables = defineTables(sqliteKit);
const columnsOf = ({ name }: ResourceType) => getTableColumns(tables[name]);

/** What a database does to a row: JSON columns go through text. */
const stored = (row: Record<string, unknown>): Record<string, unknown> => JSON.parse(JSON.stringify(row));

/** Marks what passed through it, and opens only that. */
const marking: Sealer = {
  seal: (field, plaintext) => `sealed:${field}:${plaintext}`,
  open: (field, sealed) => sealed.slice(`sealed:${field}:`.length),
};

describe("every management type", () => {
  it.each(types)("%s is told from the others by its message, table, key and rules, and by no flag", (_name, type) => {
    expect(["desc", "name", "key", "check"]).toEqual(expect.arrayContaining(Object.keys(type)));
  });

  it.each(types)("%s reads back from its row as it was written", (_name, { desc }) => {
    fc.assert(
      fc.property(generated(desc), (message) => {
        const before = clone<DescMessage>(desc, message);
        const read = fromColumns(desc, stored(toColumns(desc, message, marking)), marking);
        expect(equals<DescMessage>(desc, read, before)).toBe(true);
        expect(equals<DescMessage>(desc, message, before)).toBe(true);
      }),
    );
  });

  it.each(types)("%s has a column for each field that can be written, and needs no other value", (_name, type) => {
    const columns = columnsOf(type);
    expect(
      writableFields(type.desc)
        .map((field) => field.localName)
        .filter((name) => !(name in columns)),
    ).toEqual([]);
    const filledIn = ["revision", "createTime", "updateTime", "tenantId", "digest", "memberId"];
    const needed = Object.entries(columns).filter(([, column]) => column.notNull && !column.hasDefault);
    const fields = type.desc.fields.map((field) => field.localName);
    expect(needed.map(([name]) => name).filter((name) => !fields.includes(name) && !filledIn.includes(name))).toEqual(
      [],
    );
  });

  // A type without a key has one row in each tenant.
  const keyed = types.filter(([, type]) => type.key.length > 0);
  it.each(keyed)("%s has a natural key of its own columns, and they cannot be left out", (_name, type) => {
    const required = (name: string) =>
      type.desc.fields.some((field) => field.localName === name && hasBehavior(field, FieldBehavior.REQUIRED));
    for (const name of type.key) expect(Object.keys(columnsOf(type))).toContain(name);
    expect(type.key.some(required)).toBe(true);
  });

  it.each(types)("%s writes no column that only the service fills in", (_name, { desc }) => {
    fc.assert(
      fc.property(generated(desc), (message) => {
        const columns = Object.keys(toColumns(desc, message, marking));
        for (const name of ["revision", "createTime", "updateTime"]) expect(columns).not.toContain(name);
      }),
      { numRuns: 5 },
    );
  });
});

describe("a write-only field", () => {
  const secret = { name: "x", issuer: "https://issuer.test", clientSecret: "hunter2" };
  const row = toColumns(
    ConnectorSchema,
    fromColumns(ConnectorSchema, secret, { ...marking, open: (_, text) => text }),
    marking,
  );

  it("is sealed in its row", () => {
    expect(row["clientSecret"]).toBe("sealed:clientSecret:hunter2");
  });

  it("is read back by nobody who cannot open it", () => {
    expect(fromColumns(ConnectorSchema, row).clientSecret).toBe("");
    expect(fromColumns(ConnectorSchema, row, marking).clientSecret).toBe("hunter2");
  });

  it("stays empty, not sealed, where nothing was said", () => {
    expect(toColumns(ConnectorSchema, fromColumns(ConnectorSchema, {}), marking)["clientSecret"]).toBe("");
  });
});
