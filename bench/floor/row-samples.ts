// Rows of the size of Tessera's own: a grant, and a refresh family whose head moves.
import { randomBytes } from "node:crypto";

/** The columns of the table, in its order. */
export const grantColumns = [
  "id",
  "tenant_id",
  "parent_id",
  "user_id",
  "client_id",
  "resource_id",
  "organization_id",
  "connector_id",
  "realm",
  "scope",
  "request_id",
  "create_time",
  "expire_time",
  "revoke_time",
  "revoke_reason",
] as const;

export type GrantRow = Readonly<Record<(typeof grantColumns)[number], string | number | null>>;

/** `id` names one of the families that were made before. */
export type Update = { id: string; successor: string; salt: string; now: number; idleExpireTime: number };

/** A family as it begins; what is not here is the same for all of them. */
export type Family = { id: string; tenant: string; grant: string; client: string; digest: string; now: number };

/** Families that are updated in turn. */
export const families = 256;

let born = 0;
/** 21 characters that sort by time of birth, as Tessera's ids do. */
const idOf = (): string => Date.now().toString(36).padStart(10, "0") + (born++).toString(36).padStart(11, "0");
const sample = Array.from({ length: 6 }, idOf);
const scope = "documents.read documents.write reports.read";
const digest = randomBytes(32).toString("base64url");
const salt = randomBytes(16).toString("base64url");

export function grantRow(): GrantRow {
  const now = Date.now();
  const [tenant = "", user = "", client = "", resource = "", connector = "", request = ""] = sample;
  return {
    id: idOf(),
    tenant_id: tenant,
    parent_id: null,
    user_id: user,
    client_id: client,
    resource_id: resource,
    organization_id: null,
    connector_id: connector,
    realm: "user",
    scope,
    request_id: request,
    create_time: now,
    expire_time: now + 900_000,
    revoke_time: null,
    revoke_reason: null,
  };
}

export function familyOf(turn: number): Family {
  const [tenant = "", , client = ""] = sample;
  return { id: familyId(turn), tenant, client, grant: idOf(), digest, now: Date.now() };
}

export function updateOf(turn: number): Update {
  const now = Date.now();
  return { id: familyId(turn), successor: digest, salt, now, idleExpireTime: now + 604_800_000 };
}

const familyId = (turn: number): string => `family${String(turn % families).padStart(15, "0")}`;
