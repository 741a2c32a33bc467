// Which audience an access token is for.
import { describe, expect, it } from "vitest";
import { type AudienceRequest, chooseAudience, managementIndicator } from "../../src/policy/audience.ts";
import { buildPolicy, type PolicyResource } from "../../src/policy/permissions.ts";
import { resource } from "../support/policy.ts";

const policyOf = (...resources: PolicyResource[]) =>
  buildPolicy({ resources, scopes: [], roles: [], groups: [], organizationRoles: [] });
const standard = [resource("main", { isDefault: true }), resource("billing"), resource("off", { disabled: true })];

function choose(
  requested: string[],
  application: Partial<AudienceRequest["application"]> = {},
  resources: PolicyResource[] = standard,
): string {
  const request = {
    requested,
    application: { defaultResourceId: "", resourceIds: [], thirdParty: false, ...application },
  };
  const decision = chooseAudience(policyOf(...resources), request);
  return "resource" in decision ? decision.resource.id : `refused: ${decision.refuse}`;
}

describe("the audience", () => {
  it("N2-03: is the application's default when none is asked for", () => {
    expect(choose([], { defaultResourceId: "billing" })).toBe("billing");
  });

  it("N2-03: is the tenant's default when the application has none", () => {
    expect(choose([])).toBe("main");
  });

  it("is the one asked for, where it is a default or listed", () => {
    expect(choose(["https://main.test"])).toBe("main");
    expect(choose(["https://billing.test"], { resourceIds: ["billing"] })).toBe("billing");
    expect(choose(["https://billing.test"], { defaultResourceId: "billing" })).toBe("billing");
  });
});

describe("refused is", () => {
  it("N2-03: a request without audience where there is no default: no token is made for nobody", () => {
    expect(choose([], {}, [resource("billing")])).toBe("refused: none");
  });

  it("N2-03: an application's default that is gone, rather than falling back to another audience", () => {
    expect(choose([], { defaultResourceId: "gone" })).toBe("refused: none");
  });

  it("N2-04: more than one audience", () => {
    const both = ["https://main.test", "https://billing.test"];
    expect(choose(both, { resourceIds: ["main", "billing"] })).toBe("refused: several");
  });

  it("an audience that is not the application's, the tenant's default included once it has its own", () => {
    expect(choose(["https://billing.test"])).toBe("refused: not allowed");
    expect(choose(["https://main.test"], { defaultResourceId: "billing" })).toBe("refused: not allowed");
  });

  it("an indicator that is not spelled byte for byte", () => {
    for (const near of ["https://main.test/", "https://MAIN.test", "main", ""])
      expect(choose([near])).toBe("refused: unknown");
  });

  it("a disabled audience, asked for or by default", () => {
    expect(choose(["https://off.test"], { resourceIds: ["off"] })).toBe("refused: unknown");
    expect(choose([], { defaultResourceId: "off" })).toBe("refused: none");
  });
});

describe("the management resource", () => {
  const management = resource("admin", { indicator: managementIndicator });

  it("is for applications that were given it, never an application's by-product", () => {
    expect(choose([managementIndicator], {}, [...standard, management])).toBe("refused: not allowed");
    const given = { resourceIds: [management.id] };
    expect(choose([managementIndicator], given, [...standard, management])).toBe(management.id);
  });

  it("is never a third party's, asked for or by default", () => {
    const all = [...standard, management];
    const thirdParty = { resourceIds: [management.id], thirdParty: true };
    expect(choose([managementIndicator], thirdParty, all)).toBe("refused: not allowed");
    expect(choose([], { ...thirdParty, defaultResourceId: management.id }, all)).toBe("refused: not allowed");
    expect(choose(["https://main.test"], thirdParty, all)).toBe("main");
  });

  it("is refused where it is missing or disabled", () => {
    const given = { resourceIds: [management.id] };
    expect(choose([managementIndicator], given, standard)).toBe("refused: unknown");
    expect(choose([managementIndicator], given, [...standard, { ...management, disabled: true }])).toBe(
      "refused: unknown",
    );
  });
});
