// What a call of the management plane takes away from tokens that are out: the next Introspect, Refresh and Exchange
// show it. What is not taken back happens in a tenant of its own; every flip finds everything in order before.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, it } from "vitest";
import { expectOk, grpcDoor, type MethodName, type Outcome, trpcDoor } from "../support/door.ts";
import { api } from "../support/fixture.ts";
import { type Tokens, tokensOf } from "../support/histories.ts";
import { createManagedWorld, machine, type Managed, type ManagedWorld } from "../support/management-world.ts";
import { all, type Call, flips, type Observed, type Subject, subjects } from "./state-flip-table.ts";

let world: ManagedWorld;
/** For what is taken back again. */
let lasting: Managed;
beforeAll(async () => {
  world = await createManagedWorld();
  lasting = await newTenant();
});
afterAll(() => world.close());

let made = 0;
async function newTenant(): Promise<Managed> {
  const tenant = await world.tenant(`tenant-${(made += 1)}`);
  await tenant.apply((declared) => {
    const add = (list: string, ...items: Record<string, unknown>[]) => void (declared[list] ??= []).push(...items);
    machine(declared, "clerk", ["project:read"]);
    machine(declared, "watcher", ["token:introspect"]);
    // From a project of their own, these two see the end of the others.
    add("projects", { name: "aside" });
    for (const application of declared["applications"] ?? [])
      if (["watcher", "steward"].includes(String(application["name"]))) application["projectId"] = "aside";

    const guest = { applicationId: "guest" };
    const type = "APPLICATION_TYPE_TRADITIONAL";
    add("applications", { name: "guest", type, thirdParty: true, connectorIds: ["idp"] });
    add("applicationSecrets", { ...guest, name: "first" });
    const [own, within] = ["RESOURCE_SCOPES", "ORGANIZATION_RESOURCE_SCOPES"].map(
      (kind) => `USER_CONSENT_SCOPE_TYPE_${kind}`,
    );
    add("userConsentScopes", { ...guest, type: own, scopeId: `${api}#read` });
    add("userConsentScopes", { ...guest, type: within, scopeId: `${api}#invite` });
    add("consentOrganizations", { ...guest, userId: "ada", organizationId: "north" });
  });
  return tenant;
}

const inWords = (outcome: Outcome): string => {
  if (!outcome.ok) return `${outcome.kind} ${outcome.reason}`;
  if (outcome.answer["active"] === false) return "inactive";
  const { scope } = outcome.answer;
  return typeof scope === "string" ? scope : "";
};

function signIn(tenant: Managed, subject: Subject): Promise<Outcome> {
  const { user, application, isMember } = subjects[subject];
  const organization = isMember ? { organization_id: tenant.idOf("organization north") } : {};
  const request = { access_token: world.token(tenant, user), ...organization };
  return grpcDoor.call(world, "exchange", request, tenant.as(application));
}

/** Asks everything once. A refresh that succeeds moves the tokens on to its successor. */
async function observe(tenant: Managed, subject: Subject, tokens: Tokens): Promise<Observed> {
  const ask = (method: MethodName, request: JsonObject, application: string) =>
    grpcDoor.call(world, method, request, tenant.as(application));
  const exchange = inWords(await signIn(tenant, subject));
  const introspect = inWords(await ask("introspect", { token: tokens.access }, "watcher"));
  const refreshed = await ask("refresh", { refresh_token: tokens.refresh }, subjects[subject].application);
  if (refreshed.ok) tokens.refresh = tokensOf(refreshed.answer).refresh;
  const listed = await ask("project.listProjects", {}, "clerk");
  return { exchange, refresh: inWords(refreshed), introspect, machine: listed.ok ? "ok" : inWords(listed) };
}

it.each(flips)("N3-16: $what, and the next call shows it", async ({ off, back, subject = "ada", meanwhile }) => {
  const tenant = back === undefined ? await newTenant() : lasting;
  const call = ([method, request]: Call) => {
    const as = method.startsWith("tenant.") ? world.root : tenant.steward;
    return expectOk(trpcDoor.call(world, method, request(tenant), as));
  };
  const tokens = tokensOf(await expectOk(signIn(tenant, subject)));
  const fine: Observed = { exchange: "", refresh: "", introspect: "", machine: "ok", ...all(subjects[subject].scope) };
  expect(await observe(tenant, subject, tokens)).toEqual(fine);
  await call(off);
  expect(await observe(tenant, subject, tokens)).toEqual({ ...fine, ...meanwhile });
  if (back === undefined) return;
  await call(back);
  expect(await observe(tenant, subject, tokens)).toEqual(fine);
});
