// What `tessera export` does with the parts that it is answered: to standard output, or to a file that is there only
// once it is whole.
import { once } from "node:events";
import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import type { Operate } from "./operate.ts";

/** Asks for one part after the other. `output` is a path, or empty for standard output. */
export async function writeExport(
  operate: Operate,
  { tenant, output }: { tenant: string; output: string },
  out: NodeJS.WritableStream = process.stdout,
): Promise<void> {
  if (output === "") return eachPart(operate, tenant, (text) => writeTo(out, text));
  const unfinished = `${output}.part`;
  // It names people: nobody else reads it.
  const file = openSync(unfinished, "w", 0o600);
  try {
    await eachPart(operate, tenant, async (text) => void writeSync(file, text));
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, output);
}

async function eachPart(operate: Operate, tenant: string, write: (text: string) => Promise<void>): Promise<void> {
  for (let from: string | undefined = ""; from !== undefined; ) {
    const lines = await operate({ command: "export", tenant, from });
    from = lines.pop() || undefined;
    if (lines.length > 0) await write(`${lines.join("\n")}\n`);
  }
}

/** Waits for a slow reader, so that the parts do not pile up here. */
async function writeTo(out: NodeJS.WritableStream, text: string): Promise<void> {
  if (!out.write(text)) await once(out, "drain");
}
