// What a third-party application may be given of a subject: no more than was consented. Pure.
import { type Effective, effectiveOf } from "./permissions.ts";

/** By the numbers of tessera.admin.v1.UserConsentScopeType. */
const types = { organizationScopes: 1, resourceScopes: 2, organizationResourceScopes: 3, userScopes: 4 } as const;

export type ConsentRow = {
  type: number;
  userScope: string;
  /** Null for a part of the user's picture. */
  scope: { name: string; resourceId: string } | null;
};

/** What an application was given at one audience. */
export type Consent = {
  /** Of the permissions that a subject holds by roles of its own. */
  own: ReadonlySet<string>;
  /** Of those it holds by its roles in an organization. */
  organization: ReadonlySet<string>;
  /** Parts of the user's picture: "profile", "email", "phone". */
  picture: ReadonlySet<string>;
};

export function consentAt(rows: readonly ConsentRow[], resourceId: string): Consent {
  const named = (...wanted: number[]) =>
    new Set(
      rows.flatMap(({ type, scope }) => (scope?.resourceId === resourceId && wanted.includes(type) ? scope.name : [])),
    );
  return {
    own: named(types.resourceScopes),
    organization: named(types.organizationScopes, types.organizationResourceScopes),
    picture: new Set(rows.flatMap(({ type, userScope }) => (type === types.userScopes ? userScope : []))),
  };
}

/** Roles and groups are not consented to: what they stand for at the audience is in the permissions. */
export const cappedBy = (effective: Effective, { own, organization }: Consent): Effective =>
  effectiveOf({
    roles: [],
    groups: [],
    permissions: effective.permissions.filter((name) => own.has(name)),
    organizationRoles: [],
    organizationPermissions: effective.organizationPermissions.filter((name) => organization.has(name)),
  });
