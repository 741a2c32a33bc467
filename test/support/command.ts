// The command in a process of its own, run to its end.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../../bin/tessera.js", import.meta.url));

export type Ended = { code: number; out: string; err: string };

/** Runs it with the words and environment. One that does not end by itself is killed, and has no exit code (NaN). */
export function runToEnd(words: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: 15_000, killSignal: "SIGKILL" as const };
    execFile(process.execPath, [command, ...words], options, (error, out, err) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, out, err });
    });
  });
}
