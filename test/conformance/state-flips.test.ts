// The state of everything a token stands on, changed after it was issued: what each call says at once, and again when
// the change is undone.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deleteResource, operating } from "../../src/resources/index.ts";
import type { TypeName } from "../../src/store/row-operations.ts";
import { type Door, doors, expectOk, type Outcome } from "../support/door.ts";
import { api } from "../support/fixture.ts";
import { claimsOf, declaredItem, invalidClient, kidOf, through, type Tokens, tokensOf } from "../support/histories.ts";
import { createWorld, type Fixture, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  // Looks on from a project of its own, and so sees the end of the others.
  await world.red.apply((declared) => {
    declared["projects"]?.push({ name: "aside" });
    declared["applications"]?.push({
      name: "watcher",
      type: "APPLICATION_TYPE_MACHINE_TO_MACHINE",
      projectId: "aside",
    });
    declared["applicationSecrets"]?.push({ applicationId: "watcher", name: "first" });
    declared["roleAssignments"]?.push({ roleId: "inspector", applicationId: "watcher" });
  });
});
afterAll(() => world.close());

type Change = (declared: Fixture["declared"]) => void;

/** Each call in one word: what it granted, or kind and reason of its refusal. */
type Observed = Record<"exchange" | "refresh" | "access" | "refreshToken" | "bearer", string>;

const fine: Observed = { exchange: "ok", refresh: "ok", access: "active", refreshToken: "active", bearer: "active" };
const badToken = "badToken BAD_TOKEN";
const badGrant = "badToken INVALID_GRANT";
const badClient = "unauthenticated INVALID_CLIENT";
const badBearer = "unauthenticated INVALID_TOKEN";

const inWords = (outcome: Outcome): string => {
  if (!outcome.ok) return `${outcome.kind} ${outcome.reason}`;
  if ("token" in outcome.answer) return "ok";
  return outcome.answer["active"] === true ? "active" : "inactive";
};

/** Ada's tokens for her organization, and one for Tessera itself. */
async function issue(door: Door): Promise<Tokens & { bearer: string }> {
  const on = through(door, () => world);
  const { red } = world;
  const tokens = await on.signIn(red, { request: { organization_id: north() } });
  const named = { tenant_id: red.id, project_id: red.ids.get("project main") ?? "" };
  const client_id = red.ids.get("application backend") ?? "";
  const request = { realm: "REALM_ADMIN", email_id: "ada@example.test", client_id, ...named };
  const answer = await expectOk(on.call("generateToken", request));
  return { ...tokens, bearer: answer["access_token"] ?? "" };
}

const north = () => world.red.ids.get("organization north") ?? "";

type Issued = Awaited<ReturnType<typeof issue>>;

/** Asks everything once. A refresh that succeeds moves `issued` on to its successor. */
async function observe(door: Door, issued: Issued): Promise<Observed> {
  const on = through(door, () => world);
  const { red } = world;
  const exchange = { access_token: world.token(red, "ada"), organization_id: north() };
  const observed = {
    exchange: inWords(await on.call("exchange", exchange)),
    access: inWords(await on.introspect(issued.access, red.as("watcher"))),
    refreshToken: inWords(await on.introspect(issued.refresh)),
    bearer: inWords(await on.introspect(issued.access, { bearer: issued.bearer })),
  };
  const refreshed = await on.refresh(issued.refresh);
  if (refreshed.ok) issued.refresh = tokensOf(refreshed.answer).refresh;
  return { ...observed, refresh: inWords(refreshed) };
}

type Flip = {
  what: string;
  off(red: Fixture, issued: Issued): unknown;
  back(red: Fixture): unknown;
  /** What differs from `fine` while it is off, and after it is back. */
  meanwhile: Partial<Observed>;
  afterwards: Partial<Observed>;
};

/** A thing with a switch, which is all alike again when it is switched back. */
function switched(list: string, name: string, flag: "disabled" | "suspended", meanwhile: Partial<Observed>): Flip {
  const set = (on: boolean) => (red: Fixture) =>
    red.apply(() => void (declaredItem(red.declared[list], name)[flag] = on));
  return { what: `${list}: ${name} ${flag}`, off: set(true), back: set(false), meanwhile, afterwards: {} };
}

/** A binding that is not declared for a while. */
function unbound(list: string, is: Record<string, string>, meanwhile: Partial<Observed>): Flip {
  let removed: Record<string, unknown> = {};
  return {
    what: `${list}: ${Object.values(is).join(" ")} removed`,
    off: (red) =>
      red.apply(
        ({ [list]: items = [] }) => {
          const at = items.findIndex((item) => Object.entries(is).every(([key, value]) => item[key] === value));
          removed = items.splice(at, 1)[0] ?? {};
        },
        { prune: true },
      ),
    back: (red) => red.apply(({ [list]: items = [] }) => void items.push(removed)),
    meanwhile,
    afterwards: {},
  };
}

/** Deleted, and made again under its name: for the tokens of before it stays gone. */
function deleted(name: TypeName, unique: string, meanwhile: Partial<Observed>, afterwards: Partial<Observed>): Flip {
  return {
    what: `${name} ${unique} deleted`,
    off: (red) => remove(name, red.ids.get(`${name} ${unique}`) ?? ""),
    back: (red) => red.apply(),
    meanwhile,
    afterwards,
  };
}

function remove(name: TypeName, id: string): Promise<void> {
  const acting = operating({ tenantId: world.red.id, now: world.now(), requestId: id });
  return deleteResource(world.parts, { name }, acting, id);
}

const all = (client: string): Observed => ({
  exchange: client,
  refresh: client,
  access: client,
  refreshToken: client,
  bearer: badBearer,
});
const applicationGone = { ...all(badClient), access: "inactive" };
const grantEnded = { refresh: badGrant, access: "inactive", refreshToken: "inactive", bearer: "inactive" };

const flips: Flip[] = [
  {
    what: "tenant disabled",
    off: (red) => red.apply(({ tenant }) => void (tenant.disabled = true)),
    back: (red) => red.apply(({ tenant }) => void (tenant.disabled = false)),
    meanwhile: all(badClient),
    afterwards: {},
  },
  switched("projects", "main", "disabled", applicationGone),
  switched("applications", "backend", "disabled", applicationGone),
  switched("connectors", "idp", "disabled", { ...grantEnded, exchange: badToken }),
  switched("resources", "API", "disabled", { ...grantEnded, exchange: "invalid INVALID_TARGET" }),
  switched("organizations", "north", "disabled", { ...grantEnded, exchange: "denied ACCESS_DENIED" }),
  unbound("organizationMembers", { userId: "ada" }, { ...grantEnded, exchange: "denied ACCESS_DENIED" }),
  switched("users", "ada", "suspended", { ...grantEnded, exchange: badToken, bearer: badBearer }),
  unbound("roleAssignments", { roleId: "admin", userId: "ada" }, { bearer: badBearer }),
  deleted(
    "user",
    "ada",
    { ...grantEnded, exchange: badToken, bearer: badBearer },
    { ...grantEnded, bearer: badBearer },
  ),
  deleted("organization", "north", { ...grantEnded, exchange: "denied ACCESS_DENIED" }, grantEnded),
  deleted("connector", "idp", { ...grantEnded, exchange: badToken }, grantEnded),
  deleted("resource", api, { ...grantEnded, exchange: "invalid INVALID_TARGET" }, grantEnded),
  deleted("application", "backend", applicationGone, { ...grantEnded, bearer: badBearer }),
  deleted(
    "applicationSecret",
    "backend / first",
    { exchange: badClient, refresh: badClient, refreshToken: badClient },
    {},
  ),
  {
    what: "signing key revoked",
    off: (_red, { access }) => world.parts.keyring.revoke(kidOf(access)),
    back: () => undefined,
    meanwhile: { access: "inactive", bearer: badBearer },
    afterwards: { access: "inactive", bearer: badBearer },
  },
];

describe.each(doors)("over $name", (door) => {
  it.each(flips)("N3-16 I-XCH-06: $what", async ({ off, back, meanwhile, afterwards }) => {
    // Calls of an application that is gone count as wrong secrets; a new process has not counted any.
    if (Object.values(meanwhile).includes(badClient)) await world.restart();
    const issued = await issue(door);
    expect(await observe(door, issued)).toEqual(fine);
    await off(world.red, issued);
    try {
      expect(await observe(door, issued)).toEqual({ ...fine, ...meanwhile });
    } finally {
      await back(world.red);
    }
    expect(await observe(door, issued)).toEqual({ ...fine, ...afterwards });
  });

  describe("a permission that is taken away", () => {
    /** Scopes of a new token, of a refreshed one, and of the one that was issued before. */
    async function scopes(tokens: Tokens, user: string) {
      const on = through(door, () => world);
      const answered = await expectOk(on.call("exchange", { access_token: world.token(world.red, user) }));
      const next = await on.next(tokens.refresh);
      tokens.refresh = next.refresh;
      const seen = await expectOk(on.introspect(tokens.access));
      return [answered["scope"], claimsOf(next.access)["scope"], seen["scope"] ?? ""];
    }

    const editor = (declared: Fixture["declared"]) => declaredItem(declared["roles"], "editor");
    const losses: [what: string, user: string, before: string, after: string, off: Change, back: Change][] = [
      [
        "a group that was left",
        "ben",
        "read",
        "",
        (d) => void d["groupMembers"]?.pop(),
        (d) => void d["groupMembers"]?.push({ groupId: "staff", userId: "ben" }),
      ],
      [
        "a role of a group",
        "ben",
        "read",
        "",
        (d) => void (declaredItem(d["groups"], "staff")["roleIds"] = []),
        (d) => void (declaredItem(d["groups"], "staff")["roleIds"] = ["reader"]),
      ],
      [
        "a role of a user",
        "ada",
        "read write",
        "",
        (d) => void d["roleAssignments"]?.shift(),
        (d) => void d["roleAssignments"]?.unshift({ roleId: "editor", userId: "ada" }),
      ],
      [
        "a scope of a role",
        "ada",
        "read write",
        "read",
        (d) => void (editor(d)["scopeIds"] = [`${api}#read`]),
        (d) => void (editor(d)["scopeIds"] = [`${api}#read`, `${api}#write`]),
      ],
    ];

    it.each(losses)(
      "N3-16 N4-12: %s, is gone from every answer at the next call",
      async (_what, user, before, after, off, back) => {
        const tokens = await through(door, () => world).signIn(world.red, { user });
        expect(await scopes(tokens, user)).toEqual([before, before, before]);
        await world.red.apply(off, { prune: true });
        expect(await scopes(tokens, user)).toEqual([after, after, after]);
        await world.red.apply(back);
        expect(await scopes(tokens, user)).toEqual([before, before, before]);
      },
    );
  });

  it("a new secret does not bring the old one back", async () => {
    const { red } = world;
    const on = through(door, () => world);
    const old = red.as("backend");
    await remove("applicationSecret", red.ids.get("applicationSecret backend / first") ?? "");
    await red.apply();
    const { refresh } = await on.signIn(red);
    expect(await on.refresh(refresh, old)).toEqual(invalidClient);
    await on.next(refresh);
  });
});
