// A store that fails or is late: no call says that something was done which was not, nothing is half done, and what
import { join } from "node:path";
// needs no write goes on.
import Sqlite from "better-sqlite3";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { doors, type Outcome } from "../support/door.ts";
import { familyOf, invalidGrant, outage, through } from "../support/histories.ts";
import { secondConnection, type SecondConnection, type Statement } from "../support/trouble.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
let second: SecondConnection;
beforeAll(async () => {
  world = await createWorld();
  second = secondConnection(world);
});
afterEach(() => second.mend());
afterAll(async () => {
  second.close();
  await world.close();
});

const done: Outcome = { ok: true, answer: {} };
const calling = (call: (token: string) => Promise<Outcome>, token: string) => () => call(token);
const insert = (table: string): Statement => ({ table, act: "INSERT" });
const update = (table: string): Statement => ({ table, act: "UPDATE" });

describe.each(doors)("over $name", (door) => {
  const on = through(door, () => world);
  const spent = async () => {
    const { refresh: first } = await on.signIn(world.red);
    const { refresh: next } = await on.next(first);
    await on.next(next);
    return first;
  };
  let joined = 0;
  const newcomer = () => {
    joined += 1;
    return world.token(world.red, `${door.name}-${joined}`, { aud: "red-join" });
  };

  const exchangeOf = (access_token: string) => () => on.call("exchange", { access_token });
  /** Calls with the statements that they make, and the answer they give when these work. */
  const cases: { what: string; make(): Promise<() => Promise<Outcome>>; statements: Statement[]; good: object }[] = [
    {
      what: "Exchange",
      make: async () => exchangeOf(world.token(world.red, "ada")),
      statements: [insert("grant"), insert("refresh_family")],
      good: { ok: true },
    },
    {
      what: "Exchange of a single-use token",
      make: async () => exchangeOf(world.token(world.red, "ada", { aud: "red-once" })),
      statements: [insert("used_token"), insert("grant"), insert("refresh_family")],
      good: { ok: true },
    },
    {
      what: "Exchange for a user who joins",
      make: async () => exchangeOf(newcomer()),
      statements: [insert("user"), insert("user_identity"), insert("role_assignment"), insert("audit_event")],
      good: { ok: true },
    },
    {
      what: "Refresh",
      make: async () => calling(on.refresh, (await on.signIn(world.red)).refresh),
      statements: [update("refresh_family")],
      good: { ok: true },
    },
    {
      what: "Refresh with a stolen token",
      make: async () => calling(on.refresh, await spent()),
      statements: [update("grant"), update("refresh_family"), insert("audit_event")],
      good: invalidGrant,
    },
    {
      what: "Revoke of a refresh token",
      make: async () => calling(on.revoke, (await on.signIn(world.red)).refresh),
      statements: [update("grant"), update("refresh_family"), insert("audit_event")],
      good: done,
    },
    {
      what: "Revoke of an access token",
      make: async () => calling(on.revoke, (await on.signIn(world.red)).access),
      statements: [insert("revoked_token"), insert("audit_event")],
      good: done,
    },
  ];
  const each = cases.flatMap(({ statements, ...one }) =>
    statements.flatMap((statement) =>
      (["ABORT", "ROLLBACK"] as const).map((how) => {
        const broken = `${statement.act} ${statement.table}`;
        return { ...one, statement, how, broken };
      }),
    ),
  );

  it.each(each)(
    "N5-14 I-RT-09 F03: $what is an outage while $broken fails ($how), does nothing, and works afterwards",
    async ({ make, statement, how, good }) => {
      const call = await make();
      const before = second.counts();
      second.breakStatement(statement, how);
      expect(await call()).toEqual(outage);
      expect(second.counts()).toEqual(before);
      second.mend();
      expect(await call()).toMatchObject(good);
    },
  );

  it("N5-14 I-RT-09: a token whose revocation failed is still active, and inactive once one succeeded", async () => {
    const { access, refresh } = await on.signIn(world.red);
    second.breakStatement(update("refresh_family"));
    for (const token of [refresh, access]) expect(await on.isActive(token)).toBe(true);
    expect(await on.revoke(refresh)).toEqual(outage);
    for (const token of [refresh, access]) expect(await on.isActive(token)).toBe(true);
    second.mend();
    expect(await on.revoke(refresh)).toEqual(done);
    for (const token of [refresh, access]) expect(await on.isActive(token)).toBe(false);
  });

  it("N8-05: what cannot be recorded is not done: an ending without its audit row leaves the family as it was", async () => {
    const token = await spent();
    const before = await familyOf(world, world.red, token);
    second.breakStatement(insert("audit_event"));
    expect(await on.refresh(token)).toEqual(outage);
    expect(await familyOf(world, world.red, token)).toEqual(before);
  });

  it("F03: while nothing can be written, tokens are introspected, keys served, and a lost successor is told again", async () => {
    const { access, refresh: first } = await on.signIn(world.red);
    const { refresh: next } = await on.next(first);
    second.breakStatement(update("refresh_family"), "ROLLBACK");
    expect(await on.refresh(next)).toEqual(outage);
    expect(await on.isActive(access)).toBe(true);
    expect((await on.next(first)).refresh).toBe(next);
    expect((await fetch(`${world.http}/.well-known/jwks.json`)).status).toBe(200);
  });

  it("N5-14: a store that cannot be read is no reason to call a token inactive or refused", async () => {
    const { access, refresh } = await on.signIn(world.red);
    // Concerns everything, so that nothing is answered from memory.
    const secret = { digest: "d", tenantId: world.red.id, expireTime: world.now(), useTime: null };
    await world.parts.store.write("replaceBootstrapSecret", { secret });
    const file = new Sqlite(join(world.dataDir, "tessera.db"));
    file.exec("ALTER TABLE refresh_family RENAME TO gone");
    const outcomes = [];
    try {
      for (const token of [access, refresh]) outcomes.push(await on.introspect(token), await on.revoke(refresh));
      outcomes.push(await on.refresh(refresh), await on.call("introspectBatch", { tokens: ["x", access] }));
    } finally {
      file.exec("ALTER TABLE gone RENAME TO refresh_family");
      file.close();
    }
    for (const outcome of outcomes) expect(outcome).toMatchObject({ ok: false, kind: "unavailable" });
    for (const token of [access, refresh]) expect(await on.isActive(token)).toBe(true);
  });

  it("F20: a lock that somebody else holds for a moment is waited for", async () => {
    const { refresh } = await on.signIn(world.red);
    const release = second.lock();
    setTimeout(release, 300);
    await on.next(refresh);
  });
});
