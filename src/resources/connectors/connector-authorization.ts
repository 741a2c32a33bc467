// A sign-in request at a connector's issuer: PKCE, state and nonce (RFC 7636, OpenID Connect Core section 3.1.2.1).
import { createHash } from "node:crypto";
import { type Call, callingClient, type UseCase } from "../../call.ts";
import { auditEvent } from "../../audit.ts";
import { Failure } from "../../failure.ts";
import {
  ConnectorType,
  type CreateAuthorizationUriRequestSchema,
  type CreateAuthorizationUriResponseSchema,
} from "../../gen/tessera/admin/v1/connector_pb.ts";
import type { Parts } from "../../parts.ts";
import type { Row } from "../../store/tables.ts";
import { actingOf } from "../acting.ts";
import { application } from "../applications/application.ts";
import { connector } from "./connector.ts";
import { factories } from "./connector-factories.ts";
import { typeOf } from "./connector-rules.ts";
import { refused } from "../listing.ts";
import { requireRow } from "../resource.ts";

type Needs = Pick<Parts, "store" | "issuers" | "random">;

/** Nothing is kept: whoever holds the browser compares state and nonce, and sends the verifier. */
export const createAuthorizationUri =
  (parts: Needs): UseCase<typeof CreateAuthorizationUriRequestSchema, typeof CreateAuthorizationUriResponseSchema> =>
  async (call, request) => {
    const acting = actingOf(call);
    const row = (await requireRow(parts, connector, acting, request.connectorId)) as Row<"connector">;
    const client = (await requireRow(parts, application, acting, request.applicationId)) as Row<"application">;
    requireSignIn(row);
    // RFC 9700 section 2.1: compared byte for byte, so that no code goes where the application is not.
    if (!client.redirectUris.includes(request.redirectUri))
      throw refused("redirect_uri", "is not one of the application's");
    const scope = scopeOf(request.scope || row.scopes.join(" "));
    const secret = (bytes: number) => Buffer.from(parts.random.bytes(bytes)).toString("base64url");
    const [state, codeVerifier] = [request.state || secret(16), secret(32)];
    const nonce = scope.split(" ").includes("openid") ? secret(16) : "";
    const uri = await endpointOf(parts, row, call);
    const parameters = {
      response_type: "code",
      client_id: row.clientId,
      redirect_uri: request.redirectUri,
      scope,
      state,
      nonce,
      code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
      code_challenge_method: "S256",
    };
    for (const [name, value] of Object.entries(parameters)) if (value !== "") uri.searchParams.set(name, value);
    await parts.store.write("recordEvent", { audit: eventOf(call, row.id, client.id) }, call.deadline);
    return { authorizationUri: uri.href, state, nonce, codeVerifier };
  };

function requireSignIn(row: Row<"connector">): void {
  const sentence =
    (typeOf(factories.get(row.factoryId)) !== ConnectorType.SOCIAL && "nobody signs in at this connector") ||
    (row.disabled && "the connector is disabled") ||
    (row.clientId === "" && "the connector names no client to come back to");
  if (sentence !== false) throw new Failure("precondition", sentence);
}

/** RFC 6749 section 3.3. */
function scopeOf(scope: string): string {
  if (!/^(?:[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*)?$/.test(scope))
    throw refused("scope", "is a list of words with one space between them");
  return scope;
}

/** RFC 6749 section 3.1: its own query stays, and there is no fragment. */
async function endpointOf({ issuers }: Needs, row: Row<"connector">, { cancel }: Call): Promise<URL> {
  const address =
    row.authorizationEndpoint || (await issuers.discover(row.issuer, cancel.signal())).authorizationEndpoint;
  const uri = URL.canParse(address) ? new URL(address) : undefined;
  if (uri === undefined || !["https:", "http:"].includes(uri.protocol) || uri.hash !== "")
    throw new Failure("precondition", "the connector has no authorization endpoint");
  return uri;
}

const eventOf = (call: Call, connectorId: string, applicationId: string) =>
  auditEvent(call, {
    event: "connector.authorization_requested",
    subject: connectorId,
    tenantId: callingClient(call).tenant.id,
    detail: { application: applicationId },
  });
