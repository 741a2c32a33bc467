// The administrator of a whole instance, as an operator gets one: by the secret in the file of a first start.
import { readFileSync } from "node:fs";
import { offerBootstrap } from "../../src/resources/index.ts";
import { type Door, expectOk, grpcDoor } from "./door.ts";
import type { Credential, World } from "./world.ts";

/** What a start of the command leaves in the file. */
export async function offeredSecret({ parts }: Pick<World, "parts">): Promise<string> {
  await offerBootstrap(parts);
  return readFileSync(parts.bootstrapFile.path, "utf8").trim();
}

export const useSecret = (world: World, bootstrapSecret: string, door: Door = grpcDoor) =>
  door.call(world, "bootstrap.bootstrap", { bootstrapSecret }, "none");

export const machineOf = ({ clientId, clientSecret }: Readonly<Record<string, unknown>>): Credential => ({
  basic: [String(clientId), String(clientSecret)],
});

export const instanceAdministrator = async (world: World): Promise<Credential> =>
  machineOf(await expectOk(useSecret(world, await offeredSecret(world))));
