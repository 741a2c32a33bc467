// The system tenant: it owns what stands above tenants, such as tenants and signing keys.

/** A fixed id, in the form of every other, so that it is found without being looked for. */
export const systemTenantId = "000000000000000system";

export const systemTenantName = "system";
