// What a caller offered to prove who it is, read strictly and without looking anything up.
import type { Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { Failure } from "../failure.ts";
import type { Method } from "./method.ts";

/** What a door saw. A field that came twice stands here twice. */
export type Offered = {
  authorization: readonly string[];
  /** URI names of the client certificate, if the connection proved one. */
  certificateUris: readonly string[];
  /** The Origin header: the caller is a page in a browser. */
  origin: string | undefined;
  /** The peer's address, without its port. */
  source: string;
  /** TLS, a peer on this machine, or plaintext by explicit setting. */
  secure: boolean;
};

/** Fields of the request itself, which say the tenant and project as well. */
export type BodyCredential = { scheme: "body"; clientId: string; secret: string; tenantId: string; projectId: string };

export type Credential =
  | { scheme: "basic"; clientId: string; secret: string }
  | { scheme: "bearer"; token: string }
  | BodyCredential;

/** The one credential that was offered, if any: the Authorization header as it stands, or fields of the request. */
export type Presented = string | BodyCredential | undefined;

/** Throws Failure `invalid` for two credentials at once (RFC 6749 section 2.3). */
export function presentedBy(method: Pick<Method, "credential">, offered: Offered, request: Message): Presented {
  const { authorization, secure } = offered;
  const body = bodyCredential(method, request);
  if (authorization.length + (body ? 1 : 0) > 1) throw new Failure("invalid", "more than one credential");
  const presented = body ?? authorization[0];
  if (presented !== undefined && !secure) {
    throw new Failure("unauthenticated", "credentials are taken over TLS only");
  }
  return presented;
}

/** Throws Failure `invalid` for a malformed one. */
export const readCredential = (presented: NonNullable<Presented>): Credential =>
  typeof presented === "string" ? headerCredential(presented) : presented;

/** Characters of a credential that is worth knowing again; no good one has more. */
const longestKnown = 1024;

/** Whether it is the secret of an application and may be known again, as far as can be told without reading it. */
export function isKnowable(presented: NonNullable<Presented>): boolean {
  if (typeof presented === "string") return presented.length <= longestKnown && /^basic /i.test(presented);
  const { clientId, secret, tenantId, projectId } = presented;
  return clientId.length + secret.length + tenantId.length + projectId.length <= longestKnown;
}

/** The URI names in Node's text form of a certificate's alternative names, where odd names stand in JSON quotes. */
export function uriNames(alternativeNames: string): string[] {
  const entry = /([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y;
  const uris: string[] = [];
  while (entry.lastIndex < alternativeNames.length) {
    const found = entry.exec(alternativeNames);
    // Text that is not understood names nobody.
    if (!found) return [];
    const [, type, name = ""] = found;
    if (type === "URI") uris.push(name.startsWith('"') ? String(JSON.parse(name)) : name);
  }
  return uris;
}

function bodyCredential({ credential }: Pick<Method, "credential">, request: Message): BodyCredential | undefined {
  if (!credential) return undefined;
  const fields = reflect(credential.parent, request);
  const secret = textOf(fields, credential.name);
  if (secret === "") return undefined;
  return {
    scheme: "body",
    secret,
    clientId: textOf(fields, "client_id"),
    tenantId: textOf(fields, "tenant_id"),
    projectId: textOf(fields, "project_id"),
  };
}

function textOf(fields: ReflectMessage, name: string): string {
  const field = fields.fields.find((candidate) => candidate.name === name);
  const value: unknown = field && fields.get(field);
  return typeof value === "string" ? value : "";
}

function headerCredential(header: string): Credential {
  // The token grammar of RFC 6750 section 2.1 leaves no room for a second credential after a comma.
  const [, scheme = "", value = ""] = /^(basic|bearer) +([A-Za-z0-9\-._~+/]+=*)$/i.exec(header) ?? [];
  if (scheme === "") throw malformed();
  return scheme.toLowerCase() === "bearer" ? { scheme: "bearer", token: value } : basicCredential(value);
}

/** Split at the first colon, then both halves form-decoded (RFC 6749 section 2.3.1). */
function basicCredential(value: string): Credential {
  const text = Buffer.from(value, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 1) throw malformed();
  try {
    const [clientId = "", secret = ""] = [text.slice(0, colon), text.slice(colon + 1)].map(formDecode);
    return { scheme: "basic", clientId, secret };
  } catch {
    throw malformed();
  }
}

const formDecode = (text: string) => (/[%+]/.test(text) ? decodeURIComponent(text.replaceAll("+", " ")) : text);

const malformed = () => new Failure("invalid", "the Authorization header is malformed");
