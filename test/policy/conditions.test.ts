// Conditions on claims inside claims, and which conditions pin their subject. Values and globs: trust.test.ts.
import { describe, expect, it } from "vitest";
import { type Claims, isMet } from "../../src/policy/conditions.ts";
import { isPinned } from "../../src/policy/pins.ts";

describe("a condition", () => {
  const claims: Claims = {
    sub: "system:serviceaccount:prod:api",
    "kubernetes.io": { namespace: "prod", serviceaccount: { name: "api", uid: "u-1" }, list: ["a"] },
    "https://acme.example/tenant": "t-1",
    "a/b": { "c~d": true },
    own: JSON.parse('{"__proto__":"x","constructor":"y"}') as object,
  };

  it.each<[string, string | boolean, boolean]>([
    ["/kubernetes.io/serviceaccount/uid", "u-1", true],
    ["/kubernetes.io/serviceaccount/uid", "u-2", false],
    ["/kubernetes.io/serviceaccount", "u-1", false],
    ["/kubernetes.io/serviceaccount/uid/0", "u", false],
    ["/kubernetes.io/list", "a", true],
    ["/kubernetes.io/list/0", "a", false],
    ["kubernetes.io/serviceaccount/uid", "u-1", false],
    ["/sub", "system:serviceaccount:prod:api", true],
    ["https://acme.example/tenant", "t-1", true],
    ["/a~1b/c~0d", true, true],
    ["/a/b", true, false],
    ["/missing/uid", "u-1", false],
    ["/own/__proto__", "x", true],
    ["/own/constructor", "y", true],
    ["/own/toString", "y", false],
  ])("on %s for %j: %s", (claim, equals, met) => {
    expect(isMet({ claim, equals }, claims)).toBe(met);
    if (typeof equals === "string") expect(isMet({ claim, glob: equals }, claims)).toBe(met);
  });

  it("on what every object has is met by no token", () => {
    for (const claim of ["constructor", "toString", "__proto__", "/constructor/name"])
      expect(isMet({ claim, glob: "*" }, {})).toBe(false);
  });
});

describe("a subject", () => {
  const pins = [
    { claim: "id", form: /^[0-9]+$/ },
    { claim: "sub", form: /^x:/, glob: /^x:/ },
  ];

  it.each([
    ["by its id", [{ claim: "id", equals: "12" }], true],
    [
      "beside another condition",
      [
        { claim: "name", equals: "a" },
        { claim: "id", equals: "12" },
      ],
      true,
    ],
    ["by a glob where one will do", [{ claim: "sub", glob: "x:*" }], true],
    ["not by nothing", [], false],
    ["not by a name", [{ claim: "name", equals: "12" }], false],
    ["not by an id of another form", [{ claim: "id", equals: "a" }], false],
    ["not by a number, which no token carries", [{ claim: "id", equals: 12 }], false],
    ["not by a glob where none will do", [{ claim: "id", glob: "12" }], false],
  ])("is pinned %s", (_how, conditions, pinned) => {
    expect(isPinned(conditions, pins)).toBe(pinned);
  });
});
