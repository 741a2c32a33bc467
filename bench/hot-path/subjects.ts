// Who takes part in the runs of a call: the floors, the instance, the peer. Each says what a load process sends to it.
import { join } from "node:path";
import type { Bodies, LoadPlan, Target } from "../support/load-plan.ts";
import { tokensKept } from "../../src/tokens/signed-tokens.ts";
import { bodiesOf, targetOf, writeBodies } from "../world/bodies.ts";
import { floorName, type HotCall } from "./calls.ts";
import { floorPath, type Scene } from "./scene.ts";

export type Load = Pick<LoadPlan, "target" | "bodies" | "connections" | "streams"> & {
  /** How many calls it is good for; any further one repeats a body that should be sent once. */
  goodFor: number;
};

export type Subject = {
  /** "tessera", "peer", or the floor's. */
  name: string;
  pid: number;
  /** Ask before each run, which sends about `most` calls and not more. */
  load(most: number): Promise<Load>;
};

export type Case = { hot: HotCall; subjects: readonly Subject[] };

/** In this order they are neighbours that are held against each other. */
export function caseOf(hot: HotCall, scene: Scene): Case {
  const floors = hot.floors.map((_, at) => floorSubject(hot, at, scene));
  const peer = hot.peer === undefined ? [] : [peerSubject(hot.peer, scene)];
  return { hot, subjects: [...floors.toReversed(), instanceSubject(hot, scene), ...peer] };
}

/** 64 calls under way. */
const width = { connections: 4, streams: 16 };
const peerWidth = { connections: 64, streams: 1 };

function instanceSubject({ call, usesUp }: HotCall, { world }: Scene): Subject {
  const target = targetOf(world, call);
  const isUsedUp = usesUp === "once" || usesUp === "burst";
  const atMost = (most: number) => (usesUp === "burst" ? Math.min(most, tokensKept.max) : most);
  let kept: Promise<Bodies> | undefined;
  const bodies = (most: number): Promise<Bodies> => {
    if (isUsedUp) return bodiesOf(world, call, atMost(most));
    if (usesUp === "chains") return bodiesOf(world, call, width.connections * width.streams);
    return (kept ??= bodiesOf(world, call));
  };
  return {
    name: "tessera",
    pid: world.pid,
    load: async (most) => ({
      target,
      ...width,
      bodies: await bodies(most),
      goodFor: isUsedUp ? atMost(most) : Number.POSITIVE_INFINITY,
    }),
  };
}

function floorSubject({ call, floors }: HotCall, at: number, scene: Scene): Subject {
  const { folder, floor, sizes } = scene;
  const file = join(folder, `bodies-floor-${call}`);
  writeBodies(file, [Buffer.alloc(sizes.get(call)?.request ?? 0, "floor")]);
  const load = { target: floorTarget(scene, floorPath(call, at)), ...width, bodies: { file } };
  return {
    name: floorName(floors[at] ?? []),
    pid: floor.pid,
    load: () => Promise.resolve({ ...load, goodFor: Number.POSITIVE_INFINITY }),
  };
}

/** With the same headers, since they are read as well. */
export const floorTarget = ({ world, floor }: Scene, path: string): Target => ({
  ...targetOf(world, "introspect-one"),
  address: floor.address,
  path,
});

function peerSubject({ call }: NonNullable<HotCall["peer"]>, { peer }: Scene): Subject {
  const load = { ...peer.plans[call], ...peerWidth, goodFor: Number.POSITIVE_INFINITY };
  return { name: "peer", pid: peer.pid, load: () => Promise.resolve(load) };
}
