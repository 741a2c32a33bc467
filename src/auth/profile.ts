// What an issuer says about a person: the columns of a new user, and a known one brought up to date.
import { auditEvent } from "../audit.ts";
import type { Call } from "../call.ts";
import { Failure } from "../failure.ts";
import type { Parts } from "../parts.ts";
import { emailKey } from "../policy/email.ts";
import { normalised } from "../policy/search-text.ts";
import type { Term } from "../store/row-operations.ts";
import type { Row } from "../store/tables.ts";
import type { UpstreamProfile } from "../tokens/issuers.ts";

type Profile = Pick<Row<"user">, "name" | "email" | "emailVerified" | "emailKey" | "phone">;

/** Attributes that no user of ours could have are left out, not cut. */
export function profileColumns(profile: UpstreamProfile): Profile {
  const email = fitting(profile.email, 254, /^[^@\s]+@[^@\s]+$/);
  const emailVerified = profile.emailVerified && email !== "";
  return {
    name: fitting(profile.name, 256),
    email,
    emailVerified,
    emailKey: emailVerified ? emailKey(email) : "",
    phone: fitting(profile.phone, 32),
  };
}

const fitting = (text = "", maxBytes: number, grammar = /^/): string =>
  Buffer.byteLength(text) <= maxBytes && grammar.test(text) ? text : "";

/** The searchable fields of tessera.admin.v1.User, as the management plane stores them. */
export const userTerms = (user: Pick<Row<"user">, (typeof searched)[number]>): Term[] =>
  searched.filter((field) => user[field] !== "").map((field) => ({ field, term: normalised(user[field]) }));

const searched = ["username", "name", "email", "phone"] as const;

/**
 * Writes only what differs, and answers the user as it is then. What an issuer does not say stays, and so does an e-mail
 * that is not verified or is somebody else's. A change that another one overtakes waits for the next Exchange.
 */
export async function syncProfile(
  { store }: Pick<Parts, "store">,
  call: Call,
  { user, profile, connectorId }: { user: Row<"user">; profile: UpstreamProfile; connectorId: string },
): Promise<Row<"user">> {
  const { tenantId, id, revision } = user;
  const tenant = store.tenant(tenantId);
  const told = await changesOf(tenant, user, profileColumns(profile));
  if (Object.keys(told).length === 0) return user;
  const detail = { connector: connectorId, revision };
  const write = {
    type: "user" as const,
    tenantId,
    id,
    revision,
    children: [],
    set: { ...told, updateTime: call.now },
    terms: userTerms({ ...user, ...told }),
    audit: auditEvent(call, { event: "user.updated", subject: id, tenantId, detail }),
  };
  await store.write("updateRow", write, call.deadline).catch(unlessOvertaken);
  return (await tenant.user(id)) ?? user;
}

type Tenant = ReturnType<Parts["store"]["tenant"]>;

async function changesOf(tenant: Tenant, user: Row<"user">, told: Profile): Promise<Partial<Profile>> {
  const { name, phone, email, emailVerified, emailKey: key } = told;
  const isNew = key !== "" && (email !== user.email || !user.emailVerified);
  const holder = isNew ? await tenant.userByEmail(key) : undefined;
  const isFree = holder === undefined || holder.id === user.id;
  return {
    ...(name !== "" && name !== user.name && { name }),
    ...(phone !== "" && phone !== user.phone && { phone }),
    ...(isNew && isFree && { email, emailVerified, emailKey: key }),
  };
}

function unlessOvertaken(thrown: unknown): void {
  const overtaken = thrown instanceof Failure && ["stale", "exists"].includes(thrown.kind);
  if (!overtaken) throw thrown;
}
