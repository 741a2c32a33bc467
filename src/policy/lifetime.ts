// How long a token lives: the shortest of what was asked and what application, resource and instance allow.

/** Seconds; 0 means "says nothing". `maximum` always speaks. */
export type LifetimeRule = {
  requested: number;
  application: number;
  resource: number;
  standard: number;
  maximum: number;
};

/** Tokens for the management resource are short: they open everything the subject may administer. */
export const adminLifetime = 600;

export function accessTokenLifetime({ requested, application, resource, standard, maximum }: LifetimeRule): number {
  const policies = [application, resource].filter((seconds) => seconds > 0);
  const allowed = policies.length === 0 ? standard : Math.min(...policies);
  const wanted = requested > 0 ? requested : allowed;
  return Math.max(1, Math.min(wanted, allowed, maximum));
}
