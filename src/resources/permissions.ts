// The permissions of the management resource: one read and one write for each management type, and those for tokens.
import { crossAudience } from "../policy/audience.ts";

const types = [
  "tenant",
  "project",
  "connector",
  "application",
  "secret",
  "resource",
  "role",
  "group",
  "organization",
  "user",
] as const;

export const managementPermissions: readonly string[] = [
  ...types.flatMap((type) => [`${type}:read`, `${type}:write`]),
  "role:assign",
  crossAudience,
];
