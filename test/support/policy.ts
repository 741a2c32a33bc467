// Resources of a policy, for tests of what it decides.
import type { PolicyResource } from "../../src/policy/permissions.ts";

/** Nobody's default, with the standard lifetime and algorithm. */
export const resource = (id: string, facts: Partial<PolicyResource> = {}): PolicyResource => ({
  id,
  indicator: `https://${id}.test`,
  isDefault: false,
  disabled: false,
  accessTokenTtl: 0,
  signingAlgorithm: 0,
  serverClientIds: [],
  ...facts,
});
