// Who calls: from what was offered to a Caller. Nothing here knows a door.
import { hash } from "node:crypto";
import type { Message } from "@bufbuild/protobuf";
import type { Caller, ClientState } from "../call.ts";
import type { Cancel } from "../cancel.ts";
import { Failure, invalidClient } from "../failure.ts";
import { ApplicationType } from "../gen/tessera/admin/v1/application_pb.ts";
import type { Secrets } from "../secrets/secrets.ts";
import { createMemo, type Memo } from "../store/memo.ts";
import type { Store } from "../store/store.ts";
import type { AccessClaims } from "../tokens/mint.ts";
import { isPublic } from "./access.ts";
import {
  type Credential,
  isKnowable,
  type Offered,
  type Presented,
  presentedBy,
  readCredential,
} from "./credentials.ts";
import type { Limits } from "./limits.ts";
import type { Method } from "./method.ts";

export type CallerParts = {
  findClient: (clientId: string) => Promise<ClientState | undefined>;
  findClientByCertificate: (uri: string) => Promise<ClientState | undefined>;
  secrets: Secrets;
  changes: Store["changes"];
  /** Of a machine, at Tessera itself. `now` in milliseconds. */
  machinePermissions: (client: ClientState, now: number) => Promise<ReadonlySet<string>>;
  /** Throws Failure `badToken`. `now` in milliseconds. */
  verifyBearer: (
    token: string,
    now: number,
  ) => Promise<{ claims: AccessClaims; client: ClientState; permissions: ReadonlySet<string> }>;
};

export type Offer = { method: Method; offered: Offered; request: Message; now: number; cancel: Cancel };

/**
 * Throws Failure `unauthenticated`, with one answer for every reason; `invalid` for two credentials at once; `denied`
 * for a page of a foreign origin; `exhausted` after too many failures.
 */
export type Identify = (offer: Offer) => Caller | Promise<Caller>;

type Known = Exclude<Caller, { kind: "anonymous" }>;
/** Who showed the right secret, and until when that need not be looked at again (milliseconds). */
type Proven = { caller: Known; until: number };
type Parts = CallerParts & { limits: Pick<Limits, "attempt" | "failed" | "succeeded">; proven: Memo<Proven> };

/** Secrets that are known again, each from one source, and for how long. */
const provenKept = 5_000;
const provenMs = 60_000;

const anonymous: Caller = { kind: "anonymous" };

/**
 * A right secret is known again for a minute by its SHA-256, unless it expires or something of its tenant changes. Only
 * from where it came from: elsewhere the budget of failures is asked first.
 */
export function createIdentify(given: Omit<Parts, "proven">): Identify {
  const parts = { ...given, proven: createMemo<Proven>(given.changes, { max: provenKept }) };
  return (offer) => {
    if (isPublic(offer.method)) return anonymous;
    const presented = presentedBy(offer.method, offer.offered, offer.request);
    const key = presented && keyOf(offer.offered, presented);
    const known = key === undefined ? undefined : parts.proven.get(key);
    if (known === undefined || offer.now >= known.until) return anew(parts, offer, { presented, key });
    checkOrigin(known.caller, offer.offered.origin);
    return withPermissions(parts, known.caller, offer);
  };
}

/** Undefined for what is looked at each time. */
function keyOf({ source, certificateUris }: Offered, presented: NonNullable<Presented>): string | undefined {
  if (certificateUris.length > 0 || !isKnowable(presented)) return undefined;
  const text = typeof presented === "string" ? presented : JSON.stringify(presented);
  return source + hash("sha256", text, "base64url");
}

async function anew(
  parts: Parts,
  offer: Offer,
  { presented, key }: { presented: Presented; key: string | undefined },
): Promise<Known> {
  const credential = presented === undefined ? undefined : readCredential(presented);
  const certified = await byCertificate(parts, offer.offered.certificateUris);
  const named = credential && (await byCredential(parts, offer, { credential, key }));
  if (certified && named && certified.client.application.id !== named.client.application.id) {
    throw invalidClient("the certificate and the credential name two applications");
  }
  const caller = named ?? certified;
  if (!caller) throw invalidClient("no credential");
  checkOrigin(caller, offer.offered.origin);
  return withPermissions(parts, caller, offer);
}

/** A machine brings no token that holds its permissions, so they are read, where the method asks for any. */
function withPermissions(parts: Parts, caller: Known, { method, now }: Offer): Known | Promise<Known> {
  if (caller.kind === "user" || caller.proof === "public" || !method.access?.permissions.length) return caller;
  return parts.machinePermissions(caller.client, now).then((permissions) => ({ ...caller, permissions }));
}

const nothing: ReadonlySet<string> = new Set();

/** Exactly one URI name, mapped to an application (RFC 8705 section 2.1); the subject counts for nothing. */
async function byCertificate(parts: Parts, uris: readonly string[]): Promise<Known | undefined> {
  const [uri] = uris;
  if (uri === undefined) return undefined;
  const client = uris.length === 1 ? await parts.findClientByCertificate(uri) : undefined;
  if (!client || isDisabled(client)) throw invalidClient("the certificate names no live application");
  return { kind: "client", client, proof: "certificate", permissions: nothing };
}

async function byCredential(
  parts: Parts,
  offer: Offer,
  { credential, key }: { credential: Credential; key: string | undefined },
): Promise<Known> {
  if (credential.scheme === "bearer") return byToken(parts, credential.token, offer.now);
  const { source } = offer.offered;
  // Ids of other forms exist nowhere, and would only fill the memory of the limits.
  if (!/^[0-9A-Za-z_-]{1,128}$/.test(credential.clientId)) throw invalidClient("not an application's id");
  parts.limits.attempt(source, credential.clientId);
  const since = parts.changes.count();
  try {
    const { caller, until } = await bySecret(parts, offer, credential);
    parts.limits.succeeded(source, credential.clientId);
    if (key !== undefined && until > offer.now) {
      const proven = { caller, until: Math.min(until, offer.now + provenMs) };
      parts.proven.keep(key, proven, { ids: [caller.client.tenant.id], since });
    }
    return caller;
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.kind === "unauthenticated") {
      parts.limits.failed(source, credential.clientId);
    }
    throw thrown;
  }
}

async function byToken(parts: Parts, token: string, now: number): Promise<Known> {
  try {
    const holder = await parts.verifyBearer(token, now);
    if (isDisabled(holder.client)) throw new Failure("badToken", "the token was refused", { cause: "disabled" });
    return { kind: "user", ...holder };
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.kind !== "badToken") throw thrown;
    throw new Failure("unauthenticated", "the access token was refused", {
      reason: "INVALID_TOKEN",
      cause: thrown.cause,
    });
  }
}

async function bySecret(
  { findClient, secrets }: Parts,
  { offered, now, cancel }: Offer,
  credential: Extract<Credential, { secret: string }>,
): Promise<Proven> {
  const { clientId, secret: presented } = credential;
  const client = await findClient(clientId);
  if (presented === "") return { caller: asPublic(client, offered.origin), until: now };
  // An unknown application is checked like a known one. That it takes longer, since nothing of it is remembered, tells an
  // id at most, and ids are no secret.
  const [tenantId, projectId] = client ? [client.tenant.id, client.project.id] : ["-", "-"];
  const outcome = await secrets.verify({ tenantId, projectId, clientId, presented, now, signal: cancel.signal() });
  if (!client || outcome.kind !== "ok") throw invalidClient(client ? `secret: ${outcome.kind}` : "unknown application");
  if (isDisabled(client)) throw invalidClient("disabled");
  if (credential.scheme === "body" && (credential.tenantId !== tenantId || credential.projectId !== projectId)) {
    throw invalidClient("another tenant or project");
  }
  return { caller: { kind: "client", client, proof: "secret", permissions: nothing }, until: outcome.until };
}

/** An application that only names itself: it must be meant to, and come from a page of its own or be native. */
function asPublic(client: ClientState | undefined, origin: string | undefined): Known {
  if (!client?.application.publicClient || isDisabled(client)) throw invalidClient("no public application");
  const { origins, type } = client.application;
  const isAtHome = origin === undefined ? type === ApplicationType.NATIVE : origins.includes(origin);
  if (!isAtHome) throw invalidClient("a foreign origin, or none");
  return { kind: "client", client, proof: "public", permissions: nothing };
}

/** A page may only use the credential of an application that lists its origin, however good the credential is. */
function checkOrigin({ client }: Known, origin: string | undefined): void {
  if (origin === undefined || client.application.origins.includes(origin)) return;
  throw new Failure("denied", "the origin is not one of the application's");
}

const isDisabled = ({ application, project, tenant }: ClientState): boolean =>
  application.disabled || project.disabled || tenant.disabled;
