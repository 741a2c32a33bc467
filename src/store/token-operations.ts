// Writes behind tokens. Each is one business act with plain arguments, run inside one transaction by the writer.
import { and, eq, inArray, isNull, lt, sql } from "drizzle-orm/sql";
import { badToken } from "../failure.ts";
import { type AuditEvent, bindRecord } from "./audit-rows.ts";
import type { Connection } from "./connection.ts";
import { inserting, writing } from "./prepared-queries.ts";
import type { Term } from "./row-operations.ts";
import { placeOf } from "./search-tables.ts";
import type { Row } from "./tables.ts";

export type OpenGrant = {
  grant: Row<"grant">;
  family?: Row<"refreshFamily">;
  /** The upstream token of a single-use connector. It is claimed here, before anything minted from it leaves. */
  claim?: Row<"usedToken">;
  /** The access token that leaves with it. Not stored: the store knows it from here on (written-tokens.ts). */
  jti?: string;
};

export type RotateFamily = {
  tenantId: string;
  familyId: string;
  /** The digest the head must still have. */
  head: string;
  successor: string;
  salt: string;
  now: number;
  idleExpireTime: number;
  /** The access token that leaves with it, as of a grant that is opened. */
  token?: { grantId: string; jti: string };
};

export type EndGrant = {
  tenantId: string;
  grantId: string;
  now: number;
  reason: "revoked" | "refresh_reuse";
  audit: AuditEvent;
};

export type JoinUser = {
  user: Row<"user">;
  /** What the user is searched by. */
  terms: Term[];
  identity: Row<"userIdentity">;
  assignments: Row<"roleAssignment">[];
  audit: AuditEvent;
};

/** Milliseconds that an invitation can still be seen after its time. */
export const invitationRetention = 30 * 86_400_000;

export function bindTokenOperations(connection: Connection) {
  return { ...bindGrantOperations(connection), ...bindEndings(connection), ...bindJoin(connection) };
}

function bindGrantOperations(connection: Connection) {
  const { db, t } = connection;
  const given = sql.placeholder;
  const rotation = db
    .update(t.refreshFamily)
    .set({
      generation: sql`${t.refreshFamily.generation} + 1`,
      previousDigest: sql`${t.refreshFamily.headDigest}`,
      headDigest: sql`${given("successor")}`,
      salt: sql`${given("salt")}`,
      rotateTime: sql`${given("now")}`,
      idleExpireTime: sql`${given("idleExpireTime")}`,
    })
    .where(
      and(
        eq(t.refreshFamily.tenantId, given("tenantId")),
        eq(t.refreshFamily.id, given("familyId")),
        eq(t.refreshFamily.headDigest, given("head")),
        isNull(t.refreshFamily.revokeTime),
      ),
    );
  const rotate = writing(connection, rotation);
  const insertGrant = inserting(connection, t.grant);
  const insertFamily = inserting(connection, t.refreshFamily);

  return {
    /** The grant's and family's own rows are the record of the issue. Throws badToken when `claim` was used before. */
    openGrant: async ({ grant, family, claim }: OpenGrant): Promise<void> => {
      if (claim !== undefined) {
        const claimed = await db.insert(t.usedToken).values(claim).onConflictDoNothing().returning();
        if (claimed.length === 0) throw badToken("the upstream token was used before");
      }
      await insertGrant(grant);
      if (family !== undefined) await insertFamily(family);
    },
    /** True for the one caller that moved the head; false when somebody else did, or the family has ended. */
    rotateFamily: async (args: RotateFamily): Promise<boolean> => (await rotate(args)) === 1,
  };
}

function bindEndings(connection: Connection) {
  const { db, t } = connection;
  const record = bindRecord(connection);
  return {
    /** Ends a grant with its refresh families. Idempotent; only the first ending is recorded. */
    endGrant: async ({ tenantId, grantId, now, reason, audit }: EndGrant): Promise<void> => {
      const ended = await db
        .update(t.grant)
        .set({ revokeTime: now, revokeReason: reason })
        .where(and(eq(t.grant.tenantId, tenantId), eq(t.grant.id, grantId), isNull(t.grant.revokeTime)))
        .returning({ id: t.grant.id });
      if (ended.length === 0) return;
      await db.update(t.refreshFamily).set({ revokeTime: now }).where(eq(t.refreshFamily.grantId, grantId));
      await record(audit);
    },
    /** Puts one access token on the deny-list until it would have expired. Idempotent. */
    revokeToken: async ({ token, audit }: { token: Row<"revokedToken">; audit: AuditEvent }): Promise<void> => {
      const added = await db.insert(t.revokedToken).values(token).onConflictDoNothing().returning();
      if (added.length > 0) await record(audit);
    },
    /**
     * Removes secrets, used and revoked tokens that expired before `before`; grants that ended before `grantsBefore`;
     * invitations some time after their end.
     */
    sweep: async ({ before, grantsBefore }: { before: number; grantsBefore: number }): Promise<void> => {
      await db.delete(t.revokedToken).where(lt(t.revokedToken.expireTime, before));
      await db.delete(t.usedToken).where(lt(t.usedToken.expireTime, before));
      await db.delete(t.bootstrapSecret).where(lt(t.bootstrapSecret.expireTime, before));
      await db.delete(t.grant).where(lt(t.grant.expireTime, grantsBefore));
      const { expireTime } = t.organizationInvitation;
      await db.delete(t.organizationInvitation).where(lt(expireTime, before - invitationRetention));
    },
    touchSecret: async ({ id, now }: { id: string; now: number }): Promise<void> => {
      await db.update(t.applicationSecret).set({ lastUseTime: now }).where(eq(t.applicationSecret.id, id));
    },
  };
}

function bindJoin(connection: Connection) {
  const { db, t } = connection;
  const record = bindRecord(connection);
  const taken = async (tenantId: string, field: "username" | "emailKey", value: string) =>
    value !== "" &&
    (
      await db
        .select({ id: t.user.id })
        .from(t.user)
        // As the partial index of e-mails says it.
        .where(and(eq(t.user.tenantId, tenantId), eq(t.user[field], value), sql`${t.user[field]} <> ''`))
    ).length > 0;
  // A role that a connector still names may be gone. That takes a permission away, and must not turn everybody away.
  const assign = async (tenantId: string, assignments: JoinUser["assignments"]) => {
    const named = assignments.map(({ roleId }) => roleId);
    const roles = await db
      .select({ id: t.role.id })
      .from(t.role)
      .where(and(eq(t.role.tenantId, tenantId), inArray(t.role.id, named)));
    const known = new Set(roles.map(({ id }) => id));
    for (const assignment of assignments.filter(({ roleId }) => known.has(roleId)))
      await db.insert(t.roleAssignment).values(assignment).onConflictDoNothing();
  };

  return {
    /**
     * Makes the user of an upstream subject at its first sign-in and answers its id; a second one at the same moment
     * gets the first one's. A taken user name gives way to the id; a taken e-mail is not this user's and stays
     * unverified; of the assignments only those to roles of this tenant are made, each once.
     */
    joinUser: async ({ user, terms, identity, assignments, audit }: JoinUser): Promise<string> => {
      const { tenantId, connectorId, subject } = identity;
      const [known] = await db
        .select({ userId: t.userIdentity.userId })
        .from(t.userIdentity)
        .where(
          and(
            eq(t.userIdentity.tenantId, tenantId),
            eq(t.userIdentity.connectorId, connectorId),
            eq(t.userIdentity.subject, subject),
          ),
        );
      if (known !== undefined) return known.userId;
      const nameTaken = await taken(tenantId, "username", user.username);
      const emailTaken = await taken(tenantId, "emailKey", user.emailKey);
      await db.insert(t.user).values({
        ...user,
        ...(nameTaken ? { username: user.id } : {}),
        ...(emailTaken ? { emailKey: "", emailVerified: false } : {}),
      });
      const place = placeOf(tenantId, "user");
      const searchable = terms.map((term) => ({ ...term, type: "user", tenantId, rowId: user.id, place }));
      if (searchable.length > 0) await db.insert(t.searchTerm).values(searchable);
      await db.insert(t.userIdentity).values(identity);
      await assign(tenantId, assignments);
      await record(audit);
      return user.id;
    },
  };
}
