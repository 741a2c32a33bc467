// The tenant of the benchmark: one backend, one resource with eight scopes, two roles, one upstream issuer, many users.

/** `email` is verified. `subject` is the user at the upstream issuer. */
export type Person = { username: string; name: string; email: string; subject: string };

/** The audience that the upstream issuer's tokens are for, and the client there that its users sign in to. */
export const upstreamAudience = "tessera-bench";
export const upstreamClient = "bench-web";

export const peopleOf = (count: number): Person[] => Array.from({ length: count }, (_, at) => personOf(at));

/** The first is 0. */
export function personOf(at: number): Person {
  const username = `person-${String(at + 1).padStart(5, "0")}`;
  return { username, name: `Person ${at + 1}`, email: `${username}@bench.test`, subject: `upstream|${username}` };
}

const api = "https://api.bench.test";
const scopes = ["read", "write", "move", "close"].flatMap((action) => [`ships:${action}`, `berths:${action}`]);

/** Every user is a reader; every second one is a mover too. */
export const worldDeclaration = (people: readonly Person[], upstream: { issuer: string; jwksUri: string }) => ({
  tenant: { name: "bench" },
  projects: [{ name: "main", isDefault: true }],
  // An hour, so that what was minted before a run outlives it.
  resources: [{ name: "API", indicator: api, isDefault: true, accessTokenTtl: 3600, serverClientIds: ["backend"] }],
  scopes: scopes.map((name) => ({ resourceId: api, name })),
  roles: [
    userRole("reader", ["ships:read", "berths:read", "berths:write"]),
    userRole("mover", ["ships:write", "ships:move", "berths:move"]),
  ],
  connectors: [
    {
      name: "Upstream",
      verification: "VERIFICATION_JWKS",
      issuer: upstream.issuer,
      jwksUri: upstream.jwksUri,
      audiences: [upstreamAudience],
      authorizedClients: [upstreamClient],
      algorithms: ["ES256"],
    },
  ],
  applications: [{ name: "backend", type: "APPLICATION_TYPE_TRADITIONAL", connectorIds: ["Upstream"] }],
  applicationSecrets: [{ applicationId: "backend", name: "first" }],
  users: people.map(({ username, name, email }) => ({ username, name, email, emailVerified: true })),
  userIdentities: people.map(({ username, subject }) => ({ userId: username, connectorId: "Upstream", subject })),
  roleAssignments: people.flatMap(({ username }, at) =>
    (at % 2 === 0 ? ["reader"] : ["reader", "mover"]).map((roleId) => ({ roleId, userId: username })),
  ),
});

const userRole = (name: string, held: readonly string[]) => ({
  name,
  type: "ROLE_TYPE_USER",
  scopeIds: held.map((scope) => `${api}#${scope}`),
});
