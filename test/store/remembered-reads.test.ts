// Remembering changes no answer: after every kind of write, each read through the store says what the file says. Held
// against the same reads that never hear of a change, which have to differ.
import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import { endedBecause } from "../../src/policy/standing.ts";
import { systemRandom } from "../../src/random.ts";
import type { ResourceParts } from "../../src/resources/resource-type.ts";
import { createChanges } from "../../src/store/changes.ts";
import type { OperationName } from "../../src/store/operations.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { systemTenantId } from "../../src/system-tenant.ts";
import { testKeyring } from "../support/keyring.ts";
import { createRow, day, familyOf, grantOf, lastingFolder, now } from "../support/store.ts";
import {
  answers,
  fillScene,
  overFile,
  type Probe,
  probesOf,
  rememberedNames,
  type Scene,
  throughStore,
} from "./remembered-scene.ts";
import { type Draft, single, writes } from "./remembered-writes.ts";

const folder = lastingFolder();
const path = join(folder, "tessera.db");
let store: Store;
let parts: ResourceParts;
let plain: ReturnType<typeof overFile>;
let other: Scene;
beforeAll(async () => {
  // What is tested is not durability, and so it need not wait for the disk.
  store = await openSqliteStore({ path, durability: "NORMAL", onFatal: () => undefined });
  parts = { store, keyring: await testKeyring(), random: systemRandom, validate: () => undefined };
  plain = overFile(path);
  await createRow(store, "tenant", systemTenantId, { id: systemTenantId, name: "system" });
  other = await fillScene(store);
});
afterAll(async () => {
  plain.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

type AnyDraft = Draft<OperationName>;
type Case = [what: string, operation: OperationName, draft: AnyDraft];
const cases = Object.entries(writes).flatMap(([operation, variants]) =>
  Object.entries(variants as Readonly<Record<string, AnyDraft>>).map(
    ([variant, draft]): Case => [`${operation} ${variant}`.trim(), operation as OperationName, draft],
  ),
);

/** Each tenant has one already. */
const refused = new Set(single.map((type) => `createRow ${type}`));

const remembering = (asking: readonly Probe[]) => answers(throughStore(store), asking);
const stored = (asking: readonly Probe[]) => answers(plain.ask, asking);

describe("after each kind of write", () => {
  /** Hears that everything changed when a case begins, and of no write after that. */
  const hearsNothing = createChanges();
  let unheard: ReturnType<typeof overFile>;
  beforeAll(() => {
    unheard = overFile(path, hearsNothing);
  });
  afterAll(() => unheard.close());
  /** Reads that said something old because they heard of nothing. */
  const stale = new Set<string>();

  it.each(cases)("%s: every read of its tenant and of another one says what is stored", async (what, name, draft) => {
    const scene = await fillScene(store);
    const asking = [...probesOf(scene), ...probesOf(other)];
    hearsNothing.note("everything");
    await answers(unheard.ask, asking);
    await remembering(asking);
    const written = store.write(name, await draft(scene, parts));
    if (refused.has(what)) await expect(written).rejects.toMatchObject({ kind: "exists" });
    else await written;
    const right = await stored(asking);
    for (const [question, answer] of Object.entries(await answers(unheard.ask, asking)))
      if (JSON.stringify(answer) !== JSON.stringify(right[question])) stale.add(question.split(" ", 1)[0] ?? "");
    expect(await remembering(asking)).toStrictEqual(right);
  });

  it("negative control: each read that is remembered said something old when nobody told it of the writes", () => {
    expect([...stale].toSorted()).toEqual(rememberedNames(plain.reads));
  });
});

describe("what is remembered", () => {
  it("is the same object until it changes, and nobody can change it", async () => {
    const { tenantId, ids } = await fillScene(store);
    const tenant = store.tenant(tenantId);
    const [user, client] = [await tenant.user(ids.user), await store.instance.findClient(ids.application)];
    expect(await tenant.user(ids.user)).toBe(user);
    expect(await store.instance.findClient(ids.application)).toBe(client);
    for (const shared of [user, client, client?.application, client?.application.connectorIds])
      expect(Object.isFrozen(shared)).toBe(true);
  });

  it("is told apart by every argument, whatever text is in them", async () => {
    const { tenantId, ids } = await fillScene(store);
    const tenant = store.tenant(tenantId);
    const columns = { userId: ids.user, connectorId: ids.connector, subject: "two\nlines" };
    await createRow(store, "userIdentity", tenantId, columns);
    expect(await tenant.userByIdentity(ids.connector, "two\nlines")).toMatchObject({ id: ids.user });
    expect(await tenant.userByIdentity(`${ids.connector}\ntwo`, "lines")).toBeUndefined();
  });

  it("of an ended grant may outlive its row, and says that it ended", async () => {
    const scene = await fillScene(store);
    const tenant = store.tenant(scene.tenantId);
    const grant = grantOf(scene, { expireTime: now - 2 * day });
    await store.write("openGrant", { grant, family: familyOf(grant) });
    const asking = probesOf(scene);
    await remembering(asking);
    expect(await tenant.standing(grant.id, "")).toBeDefined();
    await store.write("sweep", { before: now, grantsBefore: now - day });
    expect(await plain.reads.standing(scene.tenantId, grant.id, "")).toBeUndefined();
    const standing = await tenant.standing(grant.id, "");
    expect(standing && endedBecause(standing, now)).toBe("expired");
    expect(await remembering(asking)).toStrictEqual(await stored(asking));
  });
});

describe("any history of writes", () => {
  const step = fc.record({
    at: fc.nat({ max: cases.length - 1 }),
    /** Which of the two tenants it is about. */
    where: fc.integer({ min: 0, max: 1 }),
    /** Some reads are asked after it and so remembered from then on, others stay as they were. */
    asked: fc.integer({ min: 0, max: 3 }),
  });

  it("leaves every read of two tenants saying what is stored, whenever it was last asked", async () => {
    let [done, refusals] = [0, 0];
    const write = async (scene: Scene, [, name, draft]: Case) => {
      try {
        await store.write(name, await draft(scene, parts));
        done += 1;
      } catch (thrown) {
        // What it is about may be gone or there already.
        if (!(thrown instanceof Failure) || thrown.kind === "unavailable") throw thrown;
        refusals += 1;
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 16 }), async (history) => {
        const scenes = [await fillScene(store), await fillScene(store)];
        const asking = scenes.flatMap(probesOf);
        await remembering(asking);
        for (const { at, where, asked } of history) {
          await write(scenes[where] ?? other, cases[at] ?? expect.unreachable());
          const some = asking.filter((_, i) => i % 4 === asked);
          expect(await remembering(some)).toStrictEqual(await stored(some));
        }
        expect(await remembering(asking)).toStrictEqual(await stored(asking));
      }),
      { numRuns: 15, interruptAfterTimeLimit: 8000, markInterruptAsFailure: false, endOnFailure: true },
    );
    expect(done).toBeGreaterThan(refusals);
  });
});
