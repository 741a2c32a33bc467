// Links between one owner and many others, such as a user and its roles: added, replaced and removed as a set.
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { Failure } from "../failure.ts";
import type { AnyRow, RowWrite } from "../store/row-operations.ts";
import { everyRow } from "./every-row.ts";
import { carryOut } from "./resource.ts";
import type { Acting, ResourceParts, ResourceType } from "./resource-type.ts";
import { planCreate, planDelete } from "./row-plans.ts";

/** `owner` holds the columns that all links of the set share; `other` is the field that tells them apart. */
export type LinkSet<D extends DescMessage> = {
  type: ResourceType<D>;
  owner: Readonly<Record<string, string>>;
  other: string;
};

/** Adds what is missing and answers it; what is there already stays as it is. In one transaction. */
export const addLinks = <D extends DescMessage>(
  parts: ResourceParts,
  links: LinkSet<D>,
  acting: Acting,
  ids: readonly string[],
): Promise<string[]> =>
  untilUndisturbed(async () => {
    const missing: string[] = [];
    for (const id of new Set(ids)) if ((await linkTo(parts, links, acting, id)) === undefined) missing.push(id);
    await carryOut(parts, acting, ...(await creations(parts, links, acting, missing)));
    return missing;
  });

/** Makes the set exactly these, each once; what stays keeps its row. In one transaction. */
export const replaceLinks = <D extends DescMessage>(
  parts: ResourceParts,
  links: LinkSet<D>,
  acting: Acting,
  ids: readonly string[],
): Promise<void> =>
  untilUndisturbed(async () => {
    const wanted = new Set(ids);
    const rows = await allLinks(parts, links, acting);
    const held = new Set(rows.map((row) => String(row[links.other])));
    const missing = [...wanted].filter((id) => !held.has(id));
    const surplus = rows.filter((row) => !wanted.has(String(row[links.other])));
    const removals = surplus.map((row) => planDelete(links.type, acting, row));
    const added = await creations(parts, links, acting, missing);
    await carryOut(parts, acting, ...removals, ...asWholeSet(added, links.owner, wanted.size));
  });

/** The last of what is added finds out whether somebody else added to the set meanwhile: that is stale. */
export function asWholeSet(added: readonly RowWrite[], where: AnyRow, count: number): RowWrite[] {
  const last = added.findLastIndex(({ operation }) => operation === "createRow");
  const atMost = { where, count, otherwise: "stale" } as const;
  return added.map((write, at) =>
    at === last && write.operation === "createRow" ? { ...write, args: { ...write.args, atMost } } : write,
  );
}

/** Throws notFound where there is no such link. */
export async function removeLink<D extends DescMessage>(
  parts: ResourceParts,
  links: LinkSet<D>,
  acting: Acting,
  id: string,
): Promise<void> {
  const row = await linkTo(parts, links, acting, id);
  if (row === undefined) throw new Failure("notFound", "not found");
  await carryOut(parts, acting, planDelete(links.type, acting, row));
}

/** Every link of the set, in order of birth. */
export const allLinks = (
  { store }: Pick<ResourceParts, "store">,
  { type, owner }: { type: Pick<ResourceType, "name">; owner: Readonly<Record<string, string>> },
  { tenantId }: Pick<Acting, "tenantId">,
): Promise<AnyRow[]> => everyRow(store.tenant(tenantId), type.name, { parent: owner });

const linkTo = <D extends DescMessage>(
  parts: Pick<ResourceParts, "store">,
  { type, owner, other }: LinkSet<D>,
  { tenantId }: Pick<Acting, "tenantId">,
  id: string,
): Promise<AnyRow | undefined> => {
  const empty = Object.fromEntries(type.key.map((name) => [name, null]));
  return parts.store.tenant(tenantId).rowByKey(type.name, { ...empty, ...owner, [other]: id });
};

async function creations<D extends DescMessage>(
  parts: ResourceParts,
  { type, owner, other }: LinkSet<D>,
  acting: Acting,
  ids: readonly string[],
): Promise<RowWrite[]> {
  const writes: RowWrite[] = [];
  for (const id of ids) {
    const init = { ...owner, [other]: id } as MessageInitShape<D>;
    writes.push((await planCreate(parts, type, acting, init)).write);
  }
  return writes;
}

const attempts = 3;

/** What was planned is void when somebody else changed the set meanwhile: then it is planned anew. */
export async function untilUndisturbed<T>(work: () => Promise<T>): Promise<T> {
  for (let left = attempts; ; left--) {
    try {
      return await work();
    } catch (thrown) {
      const disturbed = thrown instanceof Failure && ["exists", "notFound", "stale"].includes(thrown.kind);
      if (!disturbed || left === 1) throw thrown;
    }
  }
}
