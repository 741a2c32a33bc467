// The instance's keys as its administrator sees and turns them.
import { decodeProtectedHeader } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemTenantId } from "../../src/system-tenant.ts";
import { type Asking, asking, withAdministrators } from "../support/administrators.ts";
import { doors, expectOk } from "../support/door.ts";
import { instanceAdministrator } from "../support/instance-administrator.ts";
import { createWorld, type Credential, type World } from "../support/world.ts";

let world: World;
let root: Credential;
let above: Asking;
beforeEach(async () => {
  world = await createWorld();
  root = await instanceAdministrator(world);
  above = asking(world, root);
});
afterEach(() => world.close());

type Key = { kid: string; algorithm: string; status: string; createTime: string; effectiveTime?: string };
const keysIn = (answer: unknown) => (answer as { signingKeys: Key[] }).signingKeys;
const list = async () => keysIn(await above.ok("signingKey.listSigningKeys", {}));
const kidOf = async (status: string) =>
  (await list()).find((key) => key.status === `SIGNING_KEY_STATUS_${status}`)?.kid ?? "";
const lastEvents = async (count: number) =>
  (await world.parts.store.instance.auditTrail(systemTenantId, 0, 10_000)).slice(-count);

/** Rotates, waits until verifiers know the next key, and promotes it. */
async function rotated(): Promise<void> {
  await above.ok("signingKey.rotateSigningKeys", {});
  world.advance(2 * 86_400_000);
  await world.parts.keyring.tick();
}

describe("the list", () => {
  it.each(doors)("shows what the key set publishes, in its order, without key material, over $name", async (door) => {
    const answer = await expectOk(door.call(world, "signingKey.listSigningKeys", {}, root));
    const published = JSON.parse(world.parts.keyring.jwks().body) as { keys: { kid: string }[] };
    expect(keysIn(answer).map(({ kid }) => kid)).toEqual(published.keys.map(({ kid }) => kid));
    expect(keysIn(answer).map(({ status }) => status)).toEqual([
      "SIGNING_KEY_STATUS_CURRENT",
      "SIGNING_KEY_STATUS_NEXT",
    ]);
    expect(JSON.stringify(answer)).not.toMatch(/"(d|x|y|n)"|private|sealed/i);
  });

  it("of cookie keys is empty: there are none", async () => {
    const { signingKeys } = await above.ok("signingKey.listSigningKeys", { keyType: "KEY_TYPE_COOKIE_KEYS" });
    expect(signingKeys).toEqual([]);
  });
});

describe("rotating", () => {
  it("schedules the next key for when verifiers know it, and says when; then it signs", async () => {
    const next = await kidOf("NEXT");
    const keys = keysIn(await above.ok("signingKey.rotateSigningKeys", {}));
    const scheduled = keys.find(({ kid }) => kid === next);
    expect(Date.parse(scheduled?.effectiveTime ?? "")).toBeGreaterThan(world.now());
    world.advance(86_400_000);
    await world.parts.keyring.tick();
    expect(await kidOf("CURRENT")).toBe(next);
    const { token } = await asking(world, world.red.as("backend")).ok("exchange", {
      access_token: world.token(world.red, "ada"),
    });
    expect(decodeProtectedHeader(token).kid).toBe(next);
  });

  it("is recorded with who did it", async () => {
    await above.ok("signingKey.rotateSigningKeys", {});
    const [event] = await lastEvents(1);
    expect(event).toMatchObject({ event: "signing_key.rotated", outcome: "success" });
    expect(event?.actor).toBe(`client:${event?.clientId}`);
  });

  it("is refused for cookie keys, and to whoever administers another tenant", async () => {
    const cookies = { keyType: "KEY_TYPE_COOKIE_KEYS" };
    expect(await above.refusal("signingKey.rotateSigningKeys", cookies)).toMatchObject({ kind: "precondition" });
    await withAdministrators(world.red);
    const boss = asking(world, world.red.as("boss"));
    expect(await boss.refusal("signingKey.rotateSigningKeys", {})).toMatchObject({ kind: "denied" });
  });
});

describe("removing a key", () => {
  it("takes a previous one, and every token that it signed", async () => {
    const backend = asking(world, world.red.as("backend"));
    const old = await kidOf("CURRENT");
    await above.ok("signingKey.rotateSigningKeys", {});
    world.advance(86_400_000);
    const { token } = await backend.ok("exchange", { access_token: world.token(world.red, "ada") });
    await world.parts.keyring.tick();
    expect(await kidOf("PREVIOUS")).toBe(old);
    expect(decodeProtectedHeader(token).kid).toBe(old);
    expect(await backend.ok("introspect", { token: token })).toMatchObject({ active: true });

    await above.ok("signingKey.deleteSigningKey", { kid: old });
    expect(await backend.ok("introspect", { token: token })).toEqual({ active: false });
    expect(await kidOf("PREVIOUS")).toBe("");
    const [event] = await lastEvents(1);
    expect(event).toMatchObject({ event: "signing_key.deleted", subject: old, actor: `client:${event?.clientId}` });
    const again = await above.refusal("signingKey.deleteSigningKey", { kid: old });
    expect(again).toMatchObject({ kind: "notFound" });
  });

  it("is refused for the current and the next, which tokens need, and for one that is not there", async () => {
    for (const status of ["CURRENT", "NEXT"]) {
      const kid = await kidOf(status);
      expect(await above.refusal("signingKey.deleteSigningKey", { kid })).toMatchObject({ kind: "precondition" });
      expect(await kidOf(status)).toBe(kid);
    }
    expect(await above.refusal("signingKey.deleteSigningKey", { kid: "x" })).toMatchObject({ kind: "notFound" });
    expect(await above.refusal("signingKey.deleteSigningKey", { kid: "" })).toMatchObject({ kind: "invalid" });
  });

  it("leaves the keys of the audit trail's checkpoints alone: they are none of these", async () => {
    const checkpoint = world.parts.keyring.list().signingKeys.find(({ purpose }) => purpose === "checkpoint");
    const kid = checkpoint?.kid ?? "";
    expect(kid).not.toBe("");
    expect(await above.refusal("signingKey.deleteSigningKey", { kid })).toMatchObject({ kind: "notFound" });
  });

  it("is refused for cookie keys", async () => {
    await rotated();
    const request = { keyType: "KEY_TYPE_COOKIE_KEYS", kid: await kidOf("PREVIOUS") };
    expect(await above.refusal("signingKey.deleteSigningKey", request)).toMatchObject({ kind: "precondition" });
  });
});
