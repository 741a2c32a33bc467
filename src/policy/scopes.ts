// Scope strings (RFC 6749 section 3.3): read them, and narrow what a subject has to what was asked.

const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]{1,128}$/;

/** The names in a space-delimited scope, without duplicates; undefined when it breaks the grammar; [] when empty. */
export function parseScope(scope: string): string[] | undefined {
  if (scope === "") return [];
  const names = scope.split(" ");
  return names.every((name) => scopeToken.test(name)) ? [...new Set(names)] : undefined;
}

/** Asked ∩ permitted, in the order of `permitted`; all that is permitted when nothing was asked. Never wider. */
export const narrow = (permitted: readonly string[], asked: readonly string[] | null): readonly string[] =>
  asked === null ? permitted : permitted.filter((name) => asked.includes(name));
