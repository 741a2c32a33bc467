// Claim conditions: typed, exact, and globs that never reach into another name.

export type Claims = Readonly<Record<string, unknown>>;

/**
 * A claim that has to be there with exactly this value, of this type; a list claim has to contain it. A claim inside
 * another is named by a JSON Pointer (RFC 6901), such as "/kubernetes.io/serviceaccount/uid".
 */
export type ClaimCondition =
  | { claim: string; equals: string | boolean | number }
  /** Anchored. `*` stands for any characters but "/" and ":", so that it never reaches into another name. */
  | { claim: string; glob: string };

/** True when the claims carry what the condition asks for. */
export function isMet(condition: ClaimCondition, claims: Claims): boolean {
  const value = claimAt(claims, condition.claim);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if ("glob" in condition) return list.some((item) => typeof item === "string" && matchesGlob(condition.glob, item));
  return list.some((item) => item === condition.equals && !isInexact(item));
}

function claimAt(claims: Claims, name: string): unknown {
  const path = name.startsWith("/") ? name.slice(1).split("/").map(unescaped) : [name];
  return path.reduce<unknown>((value, step) => ownMember(value, step), claims);
}

const unescaped = (step: string): string => step.replaceAll("~1", "/").replaceAll("~0", "~");

/** Only what the token itself says: no member that every object has, and none of a list. */
const ownMember = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined;

/** Beyond 2^53 two different ids are one number. */
const isInexact = (value: unknown): boolean => typeof value === "number" && !Number.isSafeInteger(value);

/** Piece by piece between the delimiters, so that no pattern takes more than linear time. */
function matchesGlob(glob: string, text: string): boolean {
  const [patterns, pieces] = [glob.split(/([/:])/), text.split(/([/:])/)];
  return patterns.length === pieces.length && patterns.every((pattern, at) => matchesPiece(pattern, pieces[at] ?? ""));
}

function matchesPiece(pattern: string, text: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return text === head;
  const end = text.length - tail.length;
  if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
  let at = head.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
