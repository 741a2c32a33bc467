// From an outside token to a user of this tenant: the application's connectors, the verified subject, the user it is.
import { auditEvent } from "../audit.ts";
import type { Call, ClientState } from "../call.ts";
import { badToken } from "../failure.ts";
import type { Parts } from "../parts.ts";
import { newId } from "../random.ts";
import type { Row } from "../store/tables.ts";
import type { UpstreamSubject } from "../tokens/issuers.ts";
import { trustedConnector } from "./connectors.ts";
import { profileColumns, syncProfile, userTerms } from "./profile.ts";
import { activeUser } from "./subject.ts";

type Needs = Pick<Parts, "store" | "issuers" | "keyring" | "random">;

export type Recognized = {
  user: Row<"user">;
  connector: Row<"connector">;
  upstream: UpstreamSubject;
  /** Set for a connector that accepts each token once: to be claimed before anything is answered. */
  claim: Row<"usedToken"> | undefined;
};

/** Throws badToken, with one sentence, for anything wrong with the token or its user; unavailable for upstream trouble. */
export async function recognize(
  parts: Needs,
  call: Call,
  input: { client: ClientState; token: string; connectorId?: string; nonce?: string },
): Promise<Recognized> {
  const { application } = input.client;
  const tenant = parts.store.tenant(application.tenantId);
  const rows = await Promise.all(application.connectorIds.map((id) => tenant.connector(id)));
  const usable = rows.filter((row) => row !== undefined && !row.disabled && trusts(row)) as Row<"connector">[];
  const upstream = await parts.issuers.verify({
    connectors: usable.map((row) => trustedConnector(row, parts.keyring)),
    token: input.token,
    now: call.now,
    signal: call.cancel.signal(),
    ...(input.connectorId ? { connectorId: input.connectorId } : {}),
    ...(application.defaultConnectorId ? { defaultConnectorId: application.defaultConnectorId } : {}),
    ...(input.nonce ? { nonce: input.nonce } : {}),
  });
  const connector = usable.find((row) => row.id === upstream.connectorId);
  if (connector === undefined) throw badToken("the connector is gone");
  const known = await tenant.userByIdentity(connector.id, upstream.subject);
  const user = activeUser(known ?? (await join(parts, call, connector, upstream)));
  const { profile } = upstream;
  const current = connector.syncProfile
    ? await syncProfile(parts, call, { user, profile, connectorId: connector.id })
    : user;
  return { user: activeUser(current), connector, upstream, claim: claimOf(connector, upstream) };
}

/** One that carries messages has no issuer, and believes nobody. */
const trusts = ({ issuer }: Row<"connector">): boolean => issuer !== "";

/** Makes the user where the connector says so; otherwise an unknown subject is nobody. */
async function join(
  parts: Needs,
  call: Call,
  connector: Row<"connector">,
  upstream: UpstreamSubject,
): Promise<Row<"user"> | undefined> {
  if (!connector.justInTime) return undefined;
  const { tenantId } = connector;
  const roleIds = [...connector.justInTimeRoleIds, ...(await parts.store.tenant(tenantId).defaultRoleIds())];
  const standard = () => ({
    id: newId(call.now, parts.random),
    tenantId,
    revision: 1,
    createTime: call.now,
    updateTime: call.now,
  });
  const user = { ...standard(), ...profileColumns(upstream.profile), suspended: false, epoch: 1 };
  // What the outside calls itself is no name here: it would let a stranger become the "carol" of a later declaration.
  const named = { ...user, username: user.id, name: user.name || (upstream.profile.username ?? "") };
  const id = await parts.store.write(
    "joinUser",
    {
      user: named,
      terms: userTerms(named),
      identity: { ...standard(), userId: user.id, connectorId: connector.id, subject: upstream.subject },
      assignments: [...new Set(roleIds)].map((roleId) => ({
        ...standard(),
        roleId,
        userId: user.id,
        applicationId: null,
        expireTime: null,
      })),
      audit: auditEvent(call, {
        event: "user.joined",
        subject: user.id,
        tenantId,
        detail: { connector: connector.id },
      }),
    },
    call.deadline,
  );
  return parts.store.tenant(tenantId).user(id);
}

/** The most that a connector lets pass after a token's exp: until then its claim has to be remembered. */
const longestLeewayMs = 120_000;

const claimOf = ({ singleUse, tenantId, id }: Row<"connector">, { fingerprint, expiresAt }: UpstreamSubject) =>
  singleUse ? { tenantId, connectorId: id, fingerprint, expireTime: expiresAt + longestLeewayMs } : undefined;
