// Settings of a tenant: one row of each kind, made when something is first set. Without a row there are the defaults.
import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import type { UseCases } from "../../call.ts";
import {
  AdminConsoleConfigSchema,
  type ConfigService,
  ExtendedClaim,
  IdTokenConfigSchema,
  OidcSessionConfigSchema,
} from "../../gen/tessera/admin/v1/config_pb.ts";
import { actingOf } from "../acting.ts";
import { fromColumns } from "../columns.ts";
import { everyField, putResource } from "../put-resource.ts";
import type { Acting, ResourceParts, ResourceType } from "../resource-type.ts";
import { carried, maskIn } from "../standard.ts";

export const adminConsoleConfig: ResourceType<typeof AdminConsoleConfigSchema> = {
  desc: AdminConsoleConfigSchema,
  name: "adminConsoleConfig",
  key: [],
};

export const oidcSessionConfig: ResourceType<typeof OidcSessionConfigSchema> = {
  desc: OidcSessionConfigSchema,
  name: "oidcSessionConfig",
  key: [],
};

export const idTokenConfig: ResourceType<typeof IdTokenConfigSchema> = {
  desc: IdTokenConfigSchema,
  name: "idTokenConfig",
  key: [],
};

/** Seconds: 14 days. */
const standardSession = 1_209_600;
const standardClaims = [ExtendedClaim.ROLES, ExtendedClaim.ORGANIZATIONS, ExtendedClaim.ORGANIZATION_ROLES];

export const configMethods = (parts: ResourceParts): UseCases<typeof ConfigService> => ({
  getAdminConsoleConfig: async (call) => (await stored(parts, adminConsoleConfig, actingOf(call))) ?? {},
  updateAdminConsoleConfig: async (call, request) => {
    const change = carried(adminConsoleConfig, request);
    const put = { key: {}, change, ...maskIn(request), event: "admin_console_config.updated" };
    return (await putResource(parts, adminConsoleConfig, actingOf(call), put)).message;
  },
  getOidcSessionConfig: async (call) => {
    const found = (await stored(parts, oidcSessionConfig, actingOf(call))) ?? create(OidcSessionConfigSchema);
    return { ...found, ttl: found.ttl ?? standardSession };
  },
  updateOidcSessionConfig: async (call, request) => {
    const change = carried(oidcSessionConfig, request);
    const put = { key: {}, change, ...maskIn(request), event: "oidc_session_config.updated" };
    const { message } = await putResource(parts, oidcSessionConfig, actingOf(call), put);
    return { ...message, ttl: message.ttl ?? standardSession };
  },
  getIdTokenConfig: async (call) =>
    (await stored(parts, idTokenConfig, actingOf(call))) ?? { enabledExtendedClaims: standardClaims },
  upsertIdTokenConfig: async (call, request) => {
    const change = carried(idTokenConfig, request);
    const put = { key: {}, change, mask: everyField(IdTokenConfigSchema), event: "id_token_config.updated" };
    return (await putResource(parts, idTokenConfig, actingOf(call), put)).message;
  },
});

async function stored<D extends DescMessage>(
  { store }: Pick<ResourceParts, "store">,
  { desc, name }: ResourceType<D>,
  { tenantId }: Acting,
): Promise<MessageShape<D> | undefined> {
  const row = await store.tenant(tenantId).rowByKey(name, {});
  return row && fromColumns(desc, row);
}
