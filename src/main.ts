// Starts the command that was asked for. The only file that acts when it is imported.
import { launchWriter } from "./store/writer-launch.ts";

// First, so that it comes up while the rest of the code is read.
const writer = process.argv[2] === "serve" ? launchWriter() : undefined;
const { start } = await import("./command.ts");
await start(process.argv.slice(2), writer);
