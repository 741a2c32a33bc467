// How much memory a process holds, and the most that was seen.
import type { World } from "../world.ts";

type Measured = Pick<World, "memoryMiB">;

/** Resident, in MB of a million bytes. */
export const megabytesOf = ({ memoryMiB }: Measured): number => (memoryMiB() * 2 ** 20) / 1e6;

const everyMs = 200;

/** Looks until it is disposed of. */
export function watchMemory(process: Measured): { highestMB(): number } & Disposable {
  let highest = megabytesOf(process);
  const timer = setInterval(() => {
    highest = Math.max(highest, megabytesOf(process));
  }, everyMs);
  return { highestMB: () => highest, [Symbol.dispose]: () => clearInterval(timer) };
}
