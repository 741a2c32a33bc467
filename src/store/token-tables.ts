// Tables of what stands behind tokens: grants, refresh families, what was used up or revoked, keys, the audit trail.
import { sql } from "drizzle-orm/sql";
import type { Kit } from "./columns.ts";

export function defineTokenTables({ table, text, integer, flag, json, index, primaryKey }: Kit) {
  /** One sign-in of a subject at an application; the `sid` of every token minted from it. Its row records the issue. */
  const grant = table(
    "grant",
    {
      id: text().primaryKey(),
      tenantId: text().notNull(),
      parentId: text(),
      userId: text().notNull(),
      clientId: text().notNull(),
      resourceId: text().notNull(),
      organizationId: text(),
      connectorId: text(),
      realm: text().notNull(),
      scope: text(),
      requestId: text().notNull(),
      createTime: integer().notNull(),
      expireTime: integer().notNull(),
      revokeTime: integer(),
      revokeReason: text(),
    },
    (t) => [index("grant_expiry").on(t.expireTime)],
  );
  /** A chain of refresh tokens, one live head. Digests name their key; the tokens themselves are nowhere. */
  const refreshFamily = table(
    "refresh_family",
    {
      id: text().primaryKey(),
      tenantId: text().notNull(),
      grantId: text()
        .notNull()
        .references(() => grant.id, { onDelete: "cascade" }),
      clientId: text().notNull(),
      binding: text(),
      generation: integer().notNull(),
      headDigest: text().notNull(),
      previousDigest: text(),
      salt: text(),
      retryWindowMs: integer().notNull(),
      idleTtlMs: integer().notNull(),
      createTime: integer().notNull(),
      rotateTime: integer(),
      idleExpireTime: integer().notNull(),
      absoluteExpireTime: integer().notNull(),
      revokeTime: integer(),
    },
    (t) => [index("refresh_family_grant").on(t.grantId)],
  );
  /** Single access tokens that were revoked, until they would have expired. */
  const revokedToken = table(
    "revoked_token",
    { jti: text().primaryKey(), tenantId: text().notNull(), expireTime: integer().notNull() },
    (t) => [index("revoked_token_expiry").on(t.expireTime)],
  );
  /** Upstream tokens of single-use connectors that were used, until they expire. */
  const usedToken = table(
    "used_token",
    {
      tenantId: text().notNull(),
      connectorId: text().notNull(),
      fingerprint: text().notNull(),
      expireTime: integer().notNull(),
    },
    (t) => [
      primaryKey({ columns: [t.tenantId, t.connectorId, t.fingerprint] }),
      index("used_token_expiry").on(t.expireTime),
    ],
  );
  const signingKey = table("signing_key", {
    kid: text().primaryKey(),
    tenantId: text(),
    purpose: text().notNull(),
    algorithm: text().notNull(),
    status: text().notNull(),
    publicJwk: text().notNull(),
    sealedPrivateKey: text().notNull(),
    createdAt: integer().notNull(),
    effectiveAt: integer(),
    retiredAt: integer(),
  });
  const dataKey = table("data_key", {
    id: text().primaryKey(),
    purpose: text().notNull(),
    status: text().notNull(),
    sealedKey: text().notNull(),
    createdAt: integer().notNull(),
  });
  /** One row per state change, numbered per tenant; the sealer fills previousHash and seal within a second. */
  const auditEvent = table(
    "audit_event",
    {
      tenantId: text().notNull(),
      seq: integer().notNull(),
      time: integer().notNull(),
      event: text().notNull(),
      actor: text().notNull(),
      subject: text().notNull(),
      clientId: text().notNull(),
      requestId: text().notNull(),
      outcome: text().notNull(),
      reason: text().notNull(),
      detail: json<Record<string, string | number | boolean>>().notNull().default(sql`'{}'`),
      sealed: flag().notNull().default(false),
      previousHash: text(),
      seal: text(),
    },
    (t) => [primaryKey({ columns: [t.tenantId, t.seq] }), index("audit_event_sealed").on(t.sealed)],
  );
  return { grant, refreshFamily, revokedToken, usedToken, signingKey, dataKey, auditEvent };
}
