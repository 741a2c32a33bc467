// The reads on the way of every request, answered from memory for as long as no acknowledged write concerns them. Whoever
// has the answer to a write sees it in every read after it.
import { type Changes } from "./changes.ts";
import { createMemo, keyOf } from "./memo.ts";
import type { InstanceReads, TenantReads } from "./reads.ts";

/** Answers of each read that are kept. */
const answersKept = 5_000;

type Read = (...args: never[]) => Promise<unknown>;
/** Whom an answer concerns beside the tenant; its ids are what changes.ts says a write to any of its rows concerns. */
type Owners<R extends Read> = (answer: NonNullable<Awaited<ReturnType<R>>>, args: Parameters<R>) => readonly string[];

const tenantOwners: { [Name in keyof TenantReads]?: Owners<TenantReads[Name]> } = {
  user: (user) => [user.id],
  userByEmail: (user) => [user.id],
  userByIdentity: (user) => [user.id],
  membership: (_, [, userId]) => [userId],
  applicationRoles: () => [],
  connector: () => [],
  consentedScopes: () => [],
  resource: () => [],
};

const instanceOwners: { [Name in keyof InstanceReads]?: Owners<InstanceReads[Name]> } = {
  findClient: ({ tenant }) => [tenant.id],
  secretsOf: (secrets) => secrets.map(({ tenantId }) => tenantId).slice(0, 1),
};

type Watching = Pick<Changes, "count" | "unchanged">;

/** The same reads. Their answers are frozen, for many share them. */
export const rememberTenantReads = <R extends TenantReads>(reads: R, changes: Watching): R =>
  remembering(reads, changes, tenantOwners as OwnersByName, ([tenantId]) => [String(tenantId)]);

export const rememberInstanceReads = <R extends InstanceReads>(reads: R, changes: Watching): R =>
  remembering(reads, changes, instanceOwners as OwnersByName, () => []);

type AnyRead = (...args: unknown[]) => Promise<unknown>;
type OwnersByName = Readonly<Record<string, (answer: unknown, args: unknown[]) => readonly string[]>>;

function remembering<R extends object>(
  reads: R,
  changes: Watching,
  ownersByName: OwnersByName,
  tenantOf: (args: unknown[]) => readonly string[],
): R {
  const remembered = Object.entries(ownersByName).map(([name, ownersOf]) => {
    const read = (reads as Record<string, AnyRead>)[name] as AnyRead;
    return [name, remember(read, changes, (answer, args) => [...tenantOf(args), ...ownersOf(answer, args)])];
  });
  return { ...reads, ...Object.fromEntries(remembered) };
}

function remember(
  read: AnyRead,
  changes: Watching,
  ownersOf: (answer: unknown, args: unknown[]) => readonly string[],
): AnyRead {
  const memo = createMemo<unknown>(changes, { max: answersKept });
  // What is not there yet has no owner that a write could name.
  const readAnew = (key: string, args: unknown[]) =>
    memo.readAnew(
      key,
      () => read(...args),
      (answer) => ownersOf(answer, args),
    );
  return (...args) => {
    const key = keyOf(args as string[]);
    const known = memo.get(key);
    return known === undefined ? readAnew(key, args) : Promise.resolve(known);
  };
}
