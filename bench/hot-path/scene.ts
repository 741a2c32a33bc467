// The three processes that are measured, side by side: the instance in its world, the floor, and the peer.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Floor, type FloorCall, startFloor } from "../floor/start.ts";
import { type Peer, startPeer } from "../peer/start.ts";
import { sizesOf } from "../world/bodies.ts";
import { openWorld, type World } from "../world.ts";
import type { HotCall, HotCallName } from "./calls.ts";
import { megabytesOf } from "./memory.ts";

export type SceneOptions = {
  /** Is made. */
  folder: string;
  tls: boolean;
  command: string;
  calls: readonly HotCall[];
  /** Starts that are timed. */
  starts: number;
};

/** Bytes of messages. */
type Sizes = { request: number; answer: number };

export type Scene = {
  folder: string;
  world: World;
  floor: Floor;
  peer: Peer;
  sizes: ReadonlyMap<HotCallName, Sizes>;
  /** Milliseconds of each timed start. */
  startMs: number[];
  /** MB, some seconds after the last start and before the first call. */
  idleMB: number;
};

/** What is opened is closed by the stack, also when this rejects. */
export async function openScene(options: SceneOptions, opened: AsyncDisposableStack): Promise<Scene> {
  const { folder, tls, command, calls } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let world = await openWorld({ folder: join(folder, "world"), tls, command });
  opened.defer(() => world.stop());
  const startMs: number[] = [];
  while (startMs.length < options.starts) {
    world = await world.restart();
    startMs.push(world.startMs);
  }
  await pause(idleSeconds * 1000);
  const idleMB = megabytesOf(world);
  const sizes = new Map<HotCallName, Sizes>();
  for (const { call } of calls) sizes.set(call, await sizesOf(world, call));
  const floor = await startFloor(floorOptions(options, world, sizes));
  opened.defer(() => floor.stop());
  const peer = await startPeer({ folder, tls });
  opened.defer(() => peer.stop());
  return { folder, world, floor, peer, sizes, startMs, idleMB };
}

const idleSeconds = 5;

export const floorPath = (call: HotCallName, at: number): string => `/floor/${call}-${at}`;

function floorOptions({ folder, tls, calls }: SceneOptions, world: World, sizes: Scene["sizes"]) {
  const pair = { cert: join(world.folder, "cert.pem"), key: join(world.folder, "key.pem") };
  const floorCalls = calls.flatMap(({ call, floors }) =>
    floors.map(
      (does, at): FloorCall => ({ path: floorPath(call, at), answerBytes: sizes.get(call)?.answer ?? 0, does }),
    ),
  );
  return { folder, calls: floorCalls, ...(tls && { tls: pair }) };
}
