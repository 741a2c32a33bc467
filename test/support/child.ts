// A child process that is killed for certain when the test ends.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export type Child = { pid: number; ended: Promise<unknown>; says(): Promise<unknown>; kill(): Promise<void> };

/** Starts a TypeScript file of the store's tests; `says` resolves with its next message. */
export function startChild(...words: string[]): Child {
  const script = fileURLToPath(new URL("../store/child.ts", import.meta.url));
  const child = fork(script, words, { execArgv: [], stdio: ["ignore", "ignore", "ignore", "ipc"] });
  onTestFinished(() => end(child));
  return {
    pid: child.pid ?? 0,
    ended: once(child, "exit"),
    says: () =>
      Promise.race([
        once(child, "message").then((words: unknown[]) => words[0]),
        once(child, "exit").then(() => Promise.reject(new Error("the child ended without a word"))),
      ]),
    kill: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
