// The world that the benchmark is run in: an instance as its users run it, in a process of its own with its SQLite file,
// one tenant in it, and an upstream issuer on loopback.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority } from "../test/support/certificates.ts";
import { basic } from "./support/caller.ts";
import { prepareFolder } from "./support/instance.ts";
import { type Person, peopleOf, worldDeclaration } from "./world/declaration.ts";
import { type Server, startServer } from "./world/server.ts";
import { startUpstream, type Upstream } from "./world/upstream.ts";

export type { Person } from "./world/declaration.ts";

/** `command` is the path of the built command, or bin/tessera.js. `folder` is made, and kept at the end. */
export type WorldOptions = { folder: string; tls: boolean; command: string; users?: number };

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
  restart(): Promise<World>;
};

/**
 * Rejects if the instance does not come up. With TLS a world is good for half an hour: that is how long its
 * certificates live.
 */
export async function openWorld({ folder, tls, command, users = 200 }: WorldOptions): Promise<World> {
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
    const { ids, secret } = prepareFolder(folder, worldDeclaration(people, upstream), command);
    const clientId = ids.get("application backend") ?? "";
    const facts = {
      folder,
      authorization: basic({ clientId, secret }),
      tenantId: ids.get("tenant bench") ?? "",
      projectId: ids.get("project main") ?? "",
      clientId,
      users: people,
      upstreamToken: upstream.token,
    };
    return await worldOf(facts, upstream, () => startServer({ command, folder, files, tls }));
  } catch (thrown) {
    await upstream.close();
    throw thrown;
  }
}

type Facts = Omit<World, keyof Server | "restart">;

async function worldOf(facts: Facts, upstream: Upstream, start: () => Promise<Server>): Promise<World> {
  const server = await start();
  return {
    ...facts,
    ...server,
    async restart() {
      await server.stop();
      return worldOf(facts, upstream, start);
    },
    async stop() {
      await server.stop();
      await upstream.close();
    },
  };
}
