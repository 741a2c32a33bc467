// How long an access token lives.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accessTokenLifetime, type LifetimeRule } from "../../src/policy/lifetime.ts";

const maybe = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 200_000 }));
const always = fc.integer({ min: 1, max: 86_400 });
const rules = fc.record({ requested: maybe, application: maybe, resource: maybe, standard: always, maximum: always });

describe("an access token's lifetime", () => {
  it("N2-07: is above nothing that bounds it, and at least a second", () => {
    fc.assert(
      fc.property(rules, (rule) => {
        const seconds = accessTokenLifetime(rule);
        const { requested, application, resource, standard, maximum } = rule;
        const bounds = [requested, application, resource, maximum].filter((bound) => bound > 0);
        if (application === 0 && resource === 0) bounds.push(standard);
        expect(seconds).toBe(Math.min(...bounds));
        expect(seconds).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  const rule: LifetimeRule = { requested: 0, application: 0, resource: 0, standard: 900, maximum: 3600 };

  it("N2-07: is the standard where nobody says anything", () => {
    expect(accessTokenLifetime(rule)).toBe(900);
  });

  it("N2-07: stops at the maximum, whoever asks for more", () => {
    expect(accessTokenLifetime({ ...rule, application: 3600 })).toBe(3600);
    expect(accessTokenLifetime({ ...rule, application: 3601, resource: 86_400 })).toBe(3600);
    expect(accessTokenLifetime({ ...rule, requested: 3601, application: 86_400 })).toBe(3600);
  });

  it("N2-07: is what was asked for only below what is allowed", () => {
    expect(accessTokenLifetime({ ...rule, requested: 899 })).toBe(899);
    expect(accessTokenLifetime({ ...rule, requested: 901 })).toBe(900);
  });
});
