// The secret that opens a tenant once: by whom it is offered, what it makes, and all the ways in which it is refused.
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { managementPermissions } from "../../src/resources/permissions.ts";
import { offerBootstrap, retireBootstrapFile } from "../../src/resources/index.ts";
import { systemTenantId } from "../../src/system-tenant.ts";
import { doors, expectOk, grpcDoor, type Outcome } from "../support/door.ts";
import { machineOf, offeredSecret, useSecret } from "../support/instance-administrator.ts";
import { startService } from "../support/service.ts";
import { createWorld, type World } from "../support/world.ts";

const day = 86_400_000;

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

const file = () => world.parts.bootstrapFile;
const system = () => world.parts.store.tenant(systemTenantId);
const kindOf = (outcome: Outcome) => (outcome.ok ? "ok" : `${outcome.kind}: ${outcome.message}`);
const refused = "unauthenticated: the secret was refused";

describe("N6-09: a new instance", () => {
  it("has nobody in it: no user, no application, no role", async () => {
    for (const type of ["user", "application", "role", "applicationSecret"] as const)
      expect(await system().rows(type, "", 10)).toEqual([]);
  });

  it("leaves a secret in a file that only its owner reads, and says where, not what", async () => {
    const secret = await offeredSecret(world);
    expect(secret).toMatch(/^bs_[\w-]{49}$/);
    expect(file().path).toBe(join(world.dataDir, "bootstrap-secret.txt"));
    expect(statSync(file().path).mode & 0o777).toBe(0o600);
    expect(world.log()).toContain(file().path);
    expect(world.log()).not.toContain(secret);
  });

  it("gives the file that mode whatever stood there before", async () => {
    writeFileSync(file().path, "old", { mode: 0o644 });
    await offeredSecret(world);
    expect(statSync(file().path).mode & 0o777).toBe(0o600);
  });

  it("keeps the secret as a keyed digest only", async () => {
    const secret = await offeredSecret(world);
    const stored = ["tessera.db", "tessera.db-wal"].map((name) => readFileSync(join(world.dataDir, name), "latin1"));
    expect(stored.join("")).toContain("bootstrap_secret");
    expect(stored.join("")).not.toContain(secret);
  });

  it("as the command starts it offers one, and prints no secret", { timeout: 60_000 }, async () => {
    const service = await startService();
    onTestFinished(async () => {
      await service.stop();
      service.clean();
    });
    const path = join(service.dataDir, "bootstrap-secret.txt");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(service.output()).toContain(path);
    expect(service.output()).not.toContain(readFileSync(path, "utf8").trim());
  });
});

describe("using it", () => {
  it.each(doors)("makes a machine with every permission of the tenant, over $name", async (door) => {
    const answer = await expectOk(useSecret(world, await offeredSecret(world), door));
    expect(answer).toMatchObject({ tenantId: systemTenantId });
    const administrator = machineOf(answer);
    await expectOk(door.call(world, "tenant.listTenants", {}, administrator));
    await expectOk(door.call(world, "signingKey.listSigningKeys", {}, administrator));
    const { roles } = await expectOk(door.call(world, "role.listRoles", {}, administrator));
    const [role] = roles as unknown as { name: string; scopeIds: string[] }[];
    expect(role?.name).toBe("Administrator");
    const { scopes } = await system().policy();
    const names = scopes.filter(({ id }) => role?.scopeIds.includes(id)).map(({ name }) => name);
    expect(names.sort()).toEqual([...managementPermissions(systemTenantId)].sort());
  });

  it("takes the file away, and is recorded in the trail of the tenant", async () => {
    const { clientId } = await expectOk(useSecret(world, await offeredSecret(world)));
    expect(file().exists()).toBe(false);
    const events = await world.parts.store.instance.auditTrail(systemTenantId, 0, 10_000);
    expect(events.at(-1)).toMatchObject({ event: "tenant.bootstrapped", actor: "bootstrap", subject: clientId });
  });

  it("leaves things of the same names as they are", async () => {
    const first = await expectOk(useSecret(world, await offeredSecret(world)));
    const [role] = await system().rows("role", "", 10);
    const resigned = { applicationId: String(first["clientId"]), roleId: String(role?.["id"]) };
    await expectOk(grpcDoor.call(world, "applicationRole.removeApplicationRole", resigned, machineOf(first)));
    await expectOk(useSecret(world, await offeredSecret(world)));
    const names = async (type: "application" | "role" | "project") =>
      (await system().rows(type, "", 10)).map(({ name }) => name);
    expect(await names("application")).toEqual(["Administrator", "Administrator 2"]);
    expect(await names("role")).toEqual(["Administrator", "Administrator 2"]);
    expect(await names("project")).toEqual(["Default"]);
  });
});

describe("N6-09: it is refused in one sentence, and makes nothing,", () => {
  const nothingMade = async (applications: number) =>
    expect(await system().rows("application", "", 10)).toHaveLength(applications);

  it.each(doors)("where it is wrong, over $name", async (door) => {
    const secret = await offeredSecret(world);
    for (const wrong of [`${secret}x`, secret.slice(0, -1), "bs_", "x"])
      expect(kindOf(await useSecret(world, wrong, door))).toBe(refused);
    await nothingMade(0);
  });

  it("a second time", async () => {
    const secret = await offeredSecret(world);
    await expectOk(useSecret(world, secret));
    expect(kindOf(await useSecret(world, secret))).toBe(refused);
    await nothingMade(1);
  });

  it("a day after it was made", async () => {
    world.hold();
    const secret = await offeredSecret(world);
    world.advance(day);
    expect(kindOf(await useSecret(world, secret))).toBe(refused);
    await nothingMade(0);
  });

  it("and not a millisecond before", async () => {
    world.hold();
    const secret = await offeredSecret(world);
    world.advance(day - 1);
    await expectOk(useSecret(world, secret));
  });

  it("twenty at once: one of them wins", async () => {
    const secret = await offeredSecret(world);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => useSecret(world, secret)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    const others = outcomes.flatMap((outcome) => (outcome.ok ? [] : outcome.kind));
    expect(others.every((kind) => kind === "unauthenticated" || kind === "exhausted")).toBe(true);
    await nothingMade(1);
    expect(await system().rows("applicationSecret", "", 10)).toHaveLength(1);
  });

  it("of a source that tried ten wrong ones within a minute, whatever it brings then", async () => {
    const secret = await offeredSecret(world);
    for (let tries = 0; tries < 10; tries++) expect(kindOf(await useSecret(world, "wrong"))).toBe(refused);
    expect(await useSecret(world, secret)).toMatchObject({ kind: "exhausted", reason: "RATE_LIMITED" });
    await nothingMade(0);
  });
});

describe("at a start", () => {
  it("one that is still good stays, and works after it", async () => {
    const secret = await offeredSecret(world);
    await world.restart();
    expect(await offeredSecret(world)).toBe(secret);
    await expectOk(useSecret(world, secret));
  });

  it("none is offered where a machine administers the instance; a file that is there goes", async () => {
    const secret = await offeredSecret(world);
    await expectOk(useSecret(world, secret));
    await world.restart();
    writeFileSync(file().path, "left over");
    await offerBootstrap(world.parts);
    expect(file().exists()).toBe(false);
    expect(kindOf(await useSecret(world, secret))).toBe(refused);
  });

  it("one that expired unused gives way to a new one", async () => {
    world.hold();
    const secret = await offeredSecret(world);
    world.advance(day - 1);
    expect(await offeredSecret(world)).toBe(secret);
    world.advance(1);
    const next = await offeredSecret(world);
    expect(next).not.toBe(secret);
    expect(kindOf(await useSecret(world, secret))).toBe(refused);
    await expectOk(useSecret(world, next));
  });

  it("one whose file is lost gives way to a new one", async () => {
    const secret = await offeredSecret(world);
    rmSync(file().path);
    const next = await offeredSecret(world);
    expect(kindOf(await useSecret(world, secret))).toBe(refused);
    await expectOk(useSecret(world, next));
  });
});

describe("while the service runs", () => {
  it("the file goes when its secret expires, and not before", async () => {
    world.hold();
    await offeredSecret(world);
    world.advance(day - 1);
    await retireBootstrapFile(world.parts);
    expect(file().exists()).toBe(true);
    world.advance(1);
    await retireBootstrapFile(world.parts);
    expect(file().exists()).toBe(false);
  });

  it("a file that cannot be removed is worth a line, and not the answer", async () => {
    const secret = await offeredSecret(world);
    vi.spyOn(world.parts.bootstrapFile, "remove").mockImplementation(() => {
      throw new Error("EPERM");
    });
    await expectOk(useSecret(world, secret));
    expect(world.log()).toContain("could not be removed");
  });
});
