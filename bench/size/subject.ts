// A world of a given size: declared, filled, started; or started again, where it was kept.
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { createRawCaller } from "../support/caller.ts";
import { databaseOf } from "../support/instance.ts";
import { type Person, personOf } from "../world/declaration.ts";
import { mintRefreshTokens } from "../world/tokens.ts";
import { type Made, openWorld, type World } from "../world.ts";
import { declaredUsers, fill, type Sizes } from "./fill.ts";

export type SubjectOptions = {
  name: string;
  sizes: Sizes;
  /** Each subject has its folder in it. */
  home: string;
  command: string;
  /** How many different users are called for, spread over all of them. */
  spread: number;
};

/** `users` of the world are those that are called for. `fillSeconds` is undefined where the folder was kept. */
export type Subject = { name: string; sizes: Sizes; world: World; mib: number; fillSeconds: number | undefined };

type Note = { made: Made; sizes: Sizes };

/** Throws where a kept folder has another size. */
export async function openSubject({ name, sizes, home, command, spread }: SubjectOptions): Promise<Subject> {
  const [folder, note] = [join(home, name), join(home, `${name}.json`)];
  const people = spreadOver(sizes.users, spread);
  const mib = () => statSync(databaseOf(folder)).size / 2 ** 20;
  const open = { folder, tls: false, command, users: declaredUsers };
  if (existsSync(note)) {
    const kept = JSON.parse(readFileSync(note, "utf8")) as Note;
    if (!isDeepStrictEqual(kept.sizes, sizes))
      throw new Error(`${folder} has other sizes: ${JSON.stringify(kept.sizes)}`);
    const world = await openWorld({ ...open, made: kept.made });
    return { name, sizes, world: { ...world, users: people }, mib: mib(), fillSeconds: undefined };
  }
  const { world, fillSeconds } = await filled(await openWorld(open), sizes);
  const { authorization, tenantId, projectId, clientId } = world;
  const kept: Note = { made: { authorization, tenantId, projectId, clientId }, sizes };
  writeFileSync(note, JSON.stringify(kept), { mode: 0o600 });
  return { name, sizes, world: { ...world, users: people }, mib: mib(), fillSeconds };
}

/**
 * Evenly over all, in the order of their birth; all of them where there are not more. Every second one holds more roles,
 * so of those who are called for every second one does, too.
 */
export function spreadOver(users: number, spread: number): Person[] {
  const count = Math.min(users, spread);
  return Array.from({ length: count }, (_, at) => {
    const place = Math.floor((at * users) / count);
    return personOf(place % 2 === at % 2 ? place : place + 1);
  });
}

async function filled(first: World, sizes: Sizes): Promise<{ world: World; fillSeconds: number }> {
  let fillSeconds = 0;
  const whileStopped = () => {
    const start = performance.now();
    fill(databaseOf(first.folder), first.tenantId, sizes);
    fillSeconds = (performance.now() - start) / 1000;
  };
  try {
    await signInAll(first);
    return { world: await first.restart({ whileStopped }), fillSeconds };
  } catch (thrown) {
    await first.stop();
    throw thrown;
  }
}

/** The families that the others are copies of. */
async function signInAll(world: World): Promise<void> {
  const caller = createRawCaller(world);
  await mintRefreshTokens(world, caller, declaredUsers).finally(() => caller.close());
}
