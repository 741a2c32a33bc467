// The world that the benchmark is run in: an instance as its users run it, in a process of its own with its SQLite file,
// one tenant in it, and an upstream issuer on loopback.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority } from "../test/support/certificates.ts";
import { basic } from "./support/caller.ts";
import { databaseOf, type Prepared, prepareFolder } from "./support/instance.ts";
import { type Person, peopleOf, worldDeclaration } from "./world/declaration.ts";
import { type Server, startServer } from "./world/server.ts";
import { moveUpstream, startUpstream, type Upstream } from "./world/upstream.ts";

export type { Person } from "./world/declaration.ts";

/** `command` is the path of the built command, or bin/tessera.js. `folder` is made, and kept at the end. */
export type WorldOptions = {
  folder: string;
  tls: boolean;
  command: string;
  users?: number;
  /** What stands in the folder already, from an earlier world there: nothing is declared then. */
  made?: Made;
};

/** What a folder keeps of its world. There is a secret in it. */
export type Made = Pick<World, "authorization" | "tenantId" | "projectId" | "clientId">;

export type World = Server & {
  folder: string;
  /** The Authorization header of the application "backend", which exchanges, introspects and mints. */
  authorization: string;
  tenantId: string;
  projectId: string;
  clientId: string;
  users: readonly Person[];
  /** An ID token of about 700 bytes, good for an hour. */
  upstreamToken(user: Person): Promise<string>;
  /** Stops the instance and starts it again on the same folder; what answers is the world from then on. */
  restart(changes?: Changes): Promise<World>;
};

/** `env` is for this one start. `whileStopped` may write to the file: nobody has it. */
export type Changes = { env?: Readonly<Record<string, string>>; whileStopped?(): void };

/**
 * Rejects if the instance does not come up. With TLS a world is good for half an hour: that is how long its
 * certificates live.
 */
export async function openWorld({ folder, tls, command, users = 200, made }: WorldOptions): Promise<World> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const authority = createAuthority("Benchmark");
  const certificate = authority.issue({ name: "localhost", dns: ["localhost"], ips: ["127.0.0.1"] });
  const files = { ca: join(folder, "ca.pem"), cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  writeFileSync(files.ca, authority.cert);
  writeFileSync(files.cert, certificate.cert);
  writeFileSync(files.key, certificate.key, { mode: 0o600 });
  const upstream = await startUpstream(certificate);
  try {
    const people = peopleOf(users);
    if (made !== undefined) moveUpstream(databaseOf(folder), upstream);
    const known = made ?? declared(prepareFolder(folder, worldDeclaration(people, upstream), command));
    const facts = { ...known, folder, users: people, upstreamToken: upstream.token };
    return await worldOf(facts, upstream, (env = {}) => startServer({ command, folder, files, tls, env }));
  } catch (thrown) {
    await upstream.close();
    throw thrown;
  }
}

function declared({ ids, secret }: Prepared): Made {
  const clientId = ids.get("application backend") ?? "";
  return {
    authorization: basic({ clientId, secret }),
    tenantId: ids.get("tenant bench") ?? "",
    projectId: ids.get("project main") ?? "",
    clientId,
  };
}

type Facts = Omit<World, keyof Server | "restart">;
type Start = (env?: Changes["env"]) => Promise<Server>;

async function worldOf(facts: Facts, upstream: Upstream, start: Start, env?: Changes["env"]): Promise<World> {
  const server = await start(env);
  return {
    ...facts,
    ...server,
    async restart({ env, whileStopped } = {}) {
      await server.stop();
      whileStopped?.();
      return worldOf(facts, upstream, start, env);
    },
    async stop() {
      await server.stop();
      await upstream.close();
    },
  };
}
