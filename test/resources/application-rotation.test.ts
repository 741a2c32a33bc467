// Putting a new secret in the place of an old one, through both doors: what opens, and for how long.
import { create, type JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Call } from "../../src/call.ts";
import { createCancel } from "../../src/cancel.ts";
import type { Failure } from "../../src/failure.ts";
import { RotateApplicationSecretRequestSchema } from "../../src/gen/tessera/admin/v1/application_secret_pb.ts";
import { applicationSecretMethods } from "../../src/resources/applications/application-secret-methods.ts";
import { managementPermissions } from "../../src/resources/permissions.ts";
import { type Administered, createAdministered, nobody, refused } from "../support/administered.ts";
import { type Door, doors, grpcDoor } from "../support/door.ts";

let plane: Administered;
beforeAll(async () => {
  plane = await createAdministered();
  plane.world.hold();
});
afterAll(() => plane.close());

const at = (ms: number) => new Date(plane.world.now() + ms).toISOString();
const secretsOf = async (door: Door, applicationId: string) => {
  const answer = await plane.ok(door, "applicationSecret.listApplicationSecrets", { applicationId });
  const listed: { id: string; name: string; expireTime?: string }[] = answer["applicationSecrets"] ?? [];
  return listed;
};
const opens = async (door: Door, id: string, secret: unknown): Promise<boolean> => {
  const outcome = await door.call(plane.world, "exchange", { access_token: "x" }, { basic: [id, String(secret)] });
  return refused(outcome).kind === "badToken";
};

describe.each(doors)("over $name, RotateApplicationSecret", (door) => {
  const rotate = (id: string, facts: JsonObject = {}) =>
    plane.ok(door, "applicationSecret.rotateApplicationSecret", { id, ...facts });
  const made = async () => {
    const { id, defaultSecret } = await plane.application();
    const [secret] = await secretsOf(door, id);
    return { id, defaultSecret, secretId: secret?.id ?? "" };
  };

  it("lets the old one open until the overlap has passed, and the new one from now on", async () => {
    const { id, defaultSecret, secretId } = await made();
    const next = await rotate(secretId, { overlap: 60 });
    expect(next).toMatchObject({ applicationId: id, name: "Default 2", legacy: false });
    plane.world.advance(59_000);
    expect([await opens(door, id, defaultSecret), await opens(door, id, next["value"])]).toEqual([true, true]);
    plane.world.advance(1000);
    expect([await opens(door, id, defaultSecret), await opens(door, id, next["value"])]).toEqual([false, true]);
  });

  it("ends the old one now for an overlap of 0, and in a day for none", async () => {
    const { id, defaultSecret, secretId } = await made();
    const next = await rotate(secretId, { overlap: 0, name: "Mine", expireTime: at(3_600_000) });
    expect(next).toMatchObject({ name: "Mine", expireTime: at(3_600_000) });
    expect(await opens(door, id, defaultSecret)).toBe(false);
    await rotate(String(next["id"]));
    expect((await secretsOf(door, id)).find(({ name }) => name === "Mine")?.expireTime).toBe(at(3_600_000));
    const { secretId: other, id: owner } = await made();
    await rotate(other);
    expect((await secretsOf(door, owner)).find(({ name }) => name === "Default")?.expireTime).toBe(at(86_400_000));
  });

  it("numbers on from the name of the old one", async () => {
    const { id, secretId } = await made();
    const { id: second } = await rotate(secretId);
    await rotate(String(second));
    await rotate(secretId);
    expect((await secretsOf(door, id)).map(({ name }) => name).sort()).toEqual([
      "Default",
      "Default 2",
      "Default 3",
      "Default 4",
    ]);
  });

  it("changes nothing where the new one cannot be made", async () => {
    const { id, secretId } = await made();
    const refusal = (facts: JsonObject) =>
      plane.refusal(door, "applicationSecret.rotateApplicationSecret", { id: secretId, overlap: 0, ...facts });
    expect((await refusal({ name: "Default" })).kind).toBe("exists");
    expect(await refusal({ expireTime: at(-1) })).toMatchObject({ kind: "invalid", fields: ["expire_time"] });
    expect((await refusal({ overlap: 2_592_001 })).kind).toBe("invalid");
    expect(await secretsOf(door, id)).toMatchObject([{ name: "Default", revision: 1 }]);
    expect((await secretsOf(door, id))[0]?.expireTime).toBeUndefined();
  });

  it("refuses a name that grows too long, an eleventh secret, and an unknown one", async () => {
    const { id, secretId } = await made();
    const applicationSecret = { applicationId: id, name: "x".repeat(256) };
    const long = await plane.ok(door, "applicationSecret.createApplicationSecret", { applicationSecret });
    const refusal = async (secret: string) =>
      plane.refusal(door, "applicationSecret.rotateApplicationSecret", { id: secret });
    expect(await refusal(String(long["id"]))).toMatchObject({ kind: "invalid", fields: ["name"] });
    for (let count = 2; count < 10; count++) await rotate(secretId);
    expect(await refusal(secretId)).toMatchObject({ kind: "exhausted", reason: "LIMIT_REACHED" });
    expect((await refusal(nobody)).kind).toBe("notFound");
  });
});

it("of two that put a new secret in the same place at once, one does", async () => {
  const { id } = await plane.application();
  const [secret] = await secretsOf(grpcDoor, id);
  const { parts, red } = plane.world;
  const client = await parts.store.instance.findClient(red.ids.get("application steward") ?? "");
  if (client === undefined) throw new Error("no steward");
  const permissions = new Set(managementPermissions(red.id));
  const call: Call = {
    caller: { kind: "client", client, proof: "secret", permissions },
    now: parts.clock.now(),
    cancel: createCancel(),
    deadline: parts.clock.now() + 5000,
    requestId: nobody,
    method: "test",
  };
  const both = Promise.withResolvers<undefined>();
  let planned = 0;
  const write = async (...args: Parameters<typeof parts.store.write>) => {
    if ((planned += 1) === 2) both.resolve(undefined);
    await both.promise;
    return parts.store.write(...args);
  };
  const store = { ...parts.store, write: write as typeof parts.store.write };
  const { rotateApplicationSecret } = applicationSecretMethods({ ...parts, store });
  const request = (name: string) => create(RotateApplicationSecretRequestSchema, { id: secret?.id ?? "", name });
  const outcomes = await Promise.allSettled(["A", "B"].map((name) => rotateApplicationSecret(call, request(name))));
  expect(
    outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Failure] : [])),
  ).toMatchObject([{ kind: "stale" }]);
  expect(await secretsOf(grpcDoor, id)).toHaveLength(2);
});
