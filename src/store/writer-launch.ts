// Brings up the writer's thread. That takes as long as reading all the other code, so whoever knows that it will be
// needed may begin with it.
import { extname } from "node:path";
import { Worker } from "node:worker_threads";

/** A thread that waits to be told its file. Until then it keeps no process alive. */
export function launchWriter(): Worker {
  // Beside this file, and of its kind: .ts in the source, .js in the build.
  const worker = new Worker(new URL(`./writer-thread${extname(import.meta.url)}`, import.meta.url), {
    name: "tessera-writer",
    // What a group leaves behind is garbage at once; a larger nursery would only be more memory.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
  worker.unref();
  return worker;
}
