// What ends a grant.
import { describe, expect, it } from "vitest";
import { managementIndicator } from "../../src/policy/audience.ts";
import { type Ending, endedBecause, type GrantStanding } from "../../src/policy/standing.ts";

const now = 1_800_000_000_000;

/** Everything that a grant can have, and all of it in order. */
const alive: GrantStanding = {
  grant: { revokeTime: null, expireTime: now + 1, organizationId: "org", connectorId: "con" },
  tenant: { disabled: false },
  application: {
    disabled: false,
    connectorIds: ["con"],
    thirdParty: false,
    resourceIds: ["res"],
    defaultResourceId: "",
  },
  project: { disabled: false },
  user: { suspended: false },
  resource: { id: "res", indicator: "https://res.test", isDefault: false, disabled: false },
  connector: { disabled: false },
  organization: { disabled: false },
  membership: { id: "member" },
  upstreamSubject: "alice",
  consented: false,
  family: { revokeTime: null },
  tokenRevoked: false,
};

const endings: [string, Partial<GrantStanding>, Ending][] = [
  ["the grant was revoked", { grant: { ...alive.grant, revokeTime: now } }, "revoked"],
  ["the grant was revoked at time 0", { grant: { ...alive.grant, revokeTime: 0 } }, "revoked"],
  ["the token was revoked", { tokenRevoked: true }, "revoked"],
  ["the grant expires this millisecond", { grant: { ...alive.grant, expireTime: now } }, "expired"],
  ["the tenant is disabled", { tenant: { disabled: true } }, "tenant disabled"],
  ["the application is disabled", { application: { ...alive.application, disabled: true } }, "application disabled"],
  ["the project is disabled", { project: { disabled: true } }, "project disabled"],
  ["the user is suspended", { user: { suspended: true } }, "user suspended"],
  ["the resource is disabled", { resource: { ...alive.resource, disabled: true } }, "resource disabled"],
  [
    "the resource was withdrawn from the application",
    { application: { ...alive.application, resourceIds: [] } },
    "resource withdrawn",
  ],
  [
    "the connector was withdrawn from the application",
    { application: { ...alive.application, connectorIds: [] } },
    "connector withdrawn",
  ],
  ["the refresh family was revoked", { family: { revokeTime: now } }, "family revoked"],
  ["the refresh family was revoked at time 0", { family: { revokeTime: 0 } }, "family revoked"],
  ["the connector is disabled", { connector: { disabled: true } }, "connector disabled"],
  ["the connector is gone", { connector: null }, "connector disabled"],
  ["the organization is disabled", { organization: { disabled: true } }, "organization disabled"],
  ["the organization is gone", { organization: null }, "organization disabled"],
  ["the identity that the user came by was removed", { upstreamSubject: undefined }, "identity gone"],
  ["the user left the organization", { membership: null }, "not a member"],
];

describe("a grant", () => {
  it("stands with everything in order, to its last millisecond", () => {
    expect(endedBecause(alive, now)).toBeUndefined();
  });

  it.each(endings)("ends alone because %s", (_case, change, ending) => {
    expect(endedBecause({ ...alive, ...change }, now)).toBe(ending);
  });

  it("of a third-party application stands in an organization while the user consents to it", () => {
    const application = { ...alive.application, thirdParty: true };
    expect(endedBecause({ ...alive, application }, now)).toBe("consent withdrawn");
    expect(endedBecause({ ...alive, application, consented: true }, now)).toBeUndefined();
    const grant = { ...alive.grant, organizationId: null };
    expect(endedBecause({ ...alive, application, grant }, now)).toBeUndefined();
  });

  it("of an application that became a third party's no longer stands at the management resource", () => {
    const resource = { ...alive.resource, indicator: managementIndicator };
    expect(endedBecause({ ...alive, resource }, now)).toBeUndefined();
    const application = { ...alive.application, thirdParty: true };
    expect(endedBecause({ ...alive, resource, application, consented: true }, now)).toBe("resource withdrawn");
  });

  it("is not revived by any second change", () => {
    for (const [, first] of endings)
      for (const [, second] of endings) expect(endedBecause({ ...alive, ...first, ...second }, now)).toBeDefined();
  });

  it("stands on the application's own default, and on the tenant's where it has none", () => {
    const own = { ...alive.application, resourceIds: [], defaultResourceId: "res" };
    expect(endedBecause({ ...alive, application: own }, now)).toBeUndefined();
    const tenants = { ...own, defaultResourceId: "" };
    const resource = { ...alive.resource, isDefault: true };
    expect(endedBecause({ ...alive, application: tenants, resource }, now)).toBeUndefined();
    const other = { ...own, defaultResourceId: "other" };
    expect(endedBecause({ ...alive, application: other, resource }, now)).toBe("resource withdrawn");
  });

  it("needs no connector, organization or refresh family that it never had", () => {
    const grant = { ...alive.grant, organizationId: null, connectorId: null };
    const bare = {
      ...alive,
      grant,
      connector: null,
      organization: null,
      membership: null,
      family: { revokeTime: null },
    };
    expect(endedBecause(bare, now)).toBeUndefined();
  });
});
