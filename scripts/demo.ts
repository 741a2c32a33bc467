// Walks the whole journey against the running dev service, a line of explanation for each step. `npm start` first.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { createTesseraClient, TesseraError } from "../clients/typescript/src/index.ts";
import { createGrpcClient } from "../clients/typescript/src/node.ts";
import type { DevFile } from "../src/dev/demo.ts";

const dev = readDevFile();
const secret = { clientId: dev.client_id, clientSecret: dev.client_secret };
const grpc = createGrpcClient({ address: dev.grpc, credentials: credentials.createInsecure(), ...secret });
const { auth } = createTesseraClient({ url: dev.http, ...secret });

const upstream = await step("Ada signs in at the upstream issuer, which answers a token of its own", signIn);

const exchanged = await step("Exchange, over gRPC: the outside token becomes this tenant's tokens", () =>
  grpc.exchange({ access_token: upstream }),
);
show({
  user: exchanged.user?.name,
  roles: exchanged.user?.user_roles,
  may: exchanged.scope,
  seconds: exchanged.expires_in,
});

await step("Any backend verifies the access token offline, against the published keys", async () => {
  const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", dev.http));
  const { payload, protectedHeader } = await jwtVerify(exchanged.token ?? "", keys, {
    issuer: dev.issuer,
    typ: "at+jwt",
  });
  show({
    alg: protectedHeader.alg,
    aud: payload.aud,
    tenant: payload["tenant_id"],
    permissions: payload["permissions"],
  });
});

await step("Introspect, over tRPC: what the token may do now, role changes and revocation included", async () => {
  const { active, scope } = await auth.introspect.query({ token: exchanged.token ?? "" });
  show({ active, scope });
});

const refreshed = await step("Refresh: a new pair, the permissions resolved anew", () =>
  auth.refresh.mutate({ refresh_token: exchanged.refresh_token ?? "" }),
);
await step(
  "The same refresh token again, as after a lost answer: the identical successor, so nobody is logged out",
  async () => {
    const again = await grpc.refresh({ refresh_token: exchanged.refresh_token ?? "" });
    show({ identical: again.refresh_token === refreshed.refresh_token });
  },
);

const ids = { tenant_id: dev.tenant_id, project_id: dev.project_id, client_id: dev.client_id, email_id: dev.email_id };
const admin = await step("GenerateToken, realm admin: ten minutes for the tenant's management resource", () =>
  grpc.generateToken({ realm: "REALM_ADMIN", ...ids }),
);
show({ seconds: admin.expires_in, permissions: admin.scope?.split(" ").length });

await step(
  "OidcToken: with that bearer, an upstream token becomes an access token in the bearer's tenant",
  async () => {
    const bearer = createGrpcClient({
      address: dev.grpc,
      credentials: credentials.createInsecure(),
      token: async () => admin.access_token ?? "",
    });
    const { token_type, expires_in } = await bearer.oidcToken({ realm: "REALM_USER", oidc_token: await signIn() });
    bearer.close();
    show({ token_type, expires_in });
  },
);

await step("Revoke the refresh token: its family and every access token minted from it end at once", async () => {
  await auth.revoke.mutate({ token: refreshed.refresh_token ?? "" });
  const [first, second] = await Promise.all(
    [exchanged.token, refreshed.token].map((token) => auth.introspect.query({ token: token ?? "" })),
  );
  show({ first, second });
});

await step("A token that was tampered with: one sentence, whatever was wrong", async () => {
  const refused = await grpc
    .exchange({ access_token: `${upstream.slice(0, -4)}AAAA` })
    .catch((thrown: unknown) => thrown);
  if (!(refused instanceof TesseraError)) throw new Error("a forged token was accepted");
  show({ reason: refused.reason, message: refused.message });
});
grpc.close();

async function step<T>(explanation: string, run: () => Promise<T>): Promise<T> {
  console.log(`\n• ${explanation}`);
  return run();
}

function show(facts: object): void {
  console.log(`    ${JSON.stringify(facts)}`);
}

async function signIn(): Promise<string> {
  const answer = await fetch(dev.upstream.token_endpoint, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(dev.upstream.example_body),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

function readDevFile(): DevFile {
  const path = join(process.env["TESSERA_DATA_DIR"] ?? "data", "dev.json");
  try {
    return JSON.parse(readFileSync(path, "utf8")) as DevFile;
  } catch (cause) {
    throw new Error(`${path} cannot be read: is the service running? Start it with "npm start"`, { cause });
  }
}
