// Connectors that would believe tokens meant for somebody else cannot be saved; doubtful ones are pointed at.
import { describe, expect, it } from "vitest";
import { connectorDefects } from "../../src/policy/connector-defects.ts";
import type { TrustRule } from "../../src/policy/trust.ts";
import { connectorFor } from "../support/upstream-issuer.ts";

const defects = (overrides: Partial<TrustRule>) => connectorDefects(connectorFor("https://idp.example", overrides));
const anyAudience = { audiences: [], allowAnyAudience: true };
const conditions = [{ claim: "tenant", equals: "acme" }];

describe("connectors that cannot be saved", () => {
  it.each<[string, Partial<TrustRule>, RegExp]>([
    ["N1-23: no audience", { audiences: [] }, /^audiences/],
    ["N1-23: any audience without a condition", anyAudience, /^conditions/],
    ["N1-23: any audience beside a named one", { allowAnyAudience: true, conditions }, /^audiences/],
    [
      "N1-23: any audience with a condition all tokens meet",
      { ...anyAudience, conditions: [{ claim: "sub", glob: "*" }] },
      /^conditions/,
    ],
    [
      "a condition on the issuer itself",
      { conditions: [{ claim: "iss", equals: "https://idp.example" }] },
      /^conditions/,
    ],
    [
      "a condition on the issuer by its pointer",
      { conditions: [{ claim: "/iss", equals: "https://idp.example" }] },
      /^conditions/,
    ],
    ["GitHub for a named audience", { verification: "github" }, /^audiences/],
    ["GitHub for tokens of a single use", { audiences: [], verification: "github", singleUse: true }, /^single_use/],
    ["userinfo for a named audience", { verification: "userinfo" }, /^allow_any_audience/],
    [
      "userinfo with clients",
      { ...anyAudience, verification: "userinfo", authorizedClients: ["web"], conditions },
      /^authorized_clients/,
    ],
    [
      "userinfo for tokens of a single use",
      { ...anyAudience, verification: "userinfo", singleUse: true, conditions },
      /^single_use/,
    ],
    ["userinfo without a condition", { ...anyAudience, verification: "userinfo" }, /^conditions/],
    ["HMAC", { algorithms: ["HS256"] }, /^algorithms/],
    ["none", { algorithms: ["ES256", "none"] }, /^algorithms/],
    ["an algorithm in other letters", { algorithms: ["es256"] }, /^algorithms/],
    ["an audience twice", { audiences: ["a", "a"] }, /twice/],
    ["a client twice", { authorizedClients: ["a", "a"] }, /twice/],
    ["an issuer that is no URL", { issuer: "idp.example" }, /^issuer/],
    ["an issuer with a query", { issuer: "https://idp.example?a" }, /^issuer/],
    ["an issuer with a fragment", { issuer: "https://idp.example#a" }, /^issuer/],
    ["an issuer with credentials", { issuer: "https://user:pass@idp.example" }, /^issuer/],
    ["I-SSRF-06: an issuer of another scheme", { issuer: "file:///etc/passwd" }, /^issuer/],
  ])("%s", (_name, overrides, reason) => {
    expect(defects(overrides).refusals).toEqual(expect.arrayContaining([expect.stringMatching(reason)]));
  });
});

describe("connectors that can", () => {
  it.each<[string, Partial<TrustRule>]>([
    ["an audience", {}],
    ["any audience with a client", { ...anyAudience, authorizedClients: ["web"] }],
    ["any audience with a condition", { ...anyAudience, conditions }],
    ["a glob with something in it", { conditions: [{ claim: "sub", glob: "repo:acme/*" }] }],
    ["userinfo with a condition", { ...anyAudience, verification: "userinfo", conditions }],
    ["a single use where the end is told", { verification: "introspection", singleUse: true }],
    ["GitHub, which knows its audience", { audiences: [], verification: "github" }],
    ["http, for an issuer next door", { issuer: "http://keycloak:8080/realms/acme" }],
  ])("%s", (_name, overrides) => {
    expect(defects(overrides)).toEqual({ refusals: [], warnings: [] });
  });
});

describe("issuers that serve everybody", () => {
  const shared = [
    "https://token.actions.githubusercontent.com",
    "https://token.actions.githubusercontent.com/acme",
    "https://gitlab.com",
    "https://accounts.google.com",
    "https://login.microsoftonline.com/common/v2.0",
    "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
  ];

  it.each(shared)("I-AUD-05 N1-33: %s without a condition is warned of, and with one is not", (issuer) => {
    expect(defects({ issuer }).warnings).toHaveLength(1);
    expect(defects({ issuer, conditions }).warnings).toEqual([]);
  });

  it.each(["https://gitlab.com.example", "https://gitlab.example.com", "https://login.microsoftonline.com/9f1c/v2.0"])(
    "I-AUD-05: %s is not one of them",
    (issuer) => {
      expect(defects({ issuer }).warnings).toEqual([]);
    },
  );
});
