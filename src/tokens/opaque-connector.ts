// A connector for opaque tokens: how it shows itself to its issuer, and what becomes of the verdict on an answer.
import { badToken, unavailable } from "../failure.ts";
import type { Believed, Claims, TrustRule, Verdict } from "../policy/trust.ts";
import type { Outbound } from "./outbound.ts";
import type { Asking, UpstreamKeys } from "./upstream-keys.ts";

/** An empty endpoint means the one of the issuer's discovery document. */
export type OpaqueConnector = TrustRule & {
  introspectionEndpoint: string;
  userinfoEndpoint: string;
  /** The member of userinfo that is the subject; empty is `sub`. */
  subjectClaim: string;
  /** The credentials of Tessera at the introspection endpoint; the secret is opened only for the request. */
  clientId: string;
  clientSecret: () => string;
};

export type OpaqueParts = { outbound: Outbound; keys: Pick<UpstreamKeys, "discover"> };

/** `claims` hold the profile. */
export type Recognized = { believed: Believed; claims: Claims };

export type OpaqueInput = { token: string; now: number; asking: Asking };

/** RFC 6749 section 2.3.1: both halves are form-encoded first. */
export function basic({ clientId, clientSecret }: Pick<OpaqueConnector, "clientId" | "clientSecret">): string {
  const secret = clientSecret();
  if (clientId === "" || secret === "") throw unavailable("introspection: the connector has no credentials");
  const encode = (value: string) => new URLSearchParams({ v: value }).toString().slice("v=".length);
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString("base64")}`;
}

export function believe(verdict: Verdict): Believed {
  if (!verdict.ok) throw badToken(`claims: ${verdict.reason}`);
  return verdict;
}
