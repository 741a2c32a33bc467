// The tokens that the calls of a run carry, made by the instance itself before the run.
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { AuthService, Realm } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { pathOf, type RawCaller } from "../support/caller.ts";
import type { Person, World } from "../world.ts";

export const { generateToken, exchange, refresh, introspect, introspectBatch } = AuthService.method;

/** A request of the method, as bytes. */
export const encoded = <I extends DescMessage>({ input }: { input: I }, request: MessageInitShape<I>): Uint8Array =>
  toBinary(input, create(input, request));

/** The client is authenticated by its header, not in the message. */
export const tokenRequest = ({ tenantId, projectId, clientId }: World, { email }: Person) => ({
  realm: Realm.USER,
  tenantId,
  projectId,
  clientId,
  emailId: email,
});

/** Different access tokens, by GenerateToken, of all users in turn. */
export const mintTokens = (world: World, caller: RawCaller, count: number): Promise<string[]> =>
  severalAtOnce(count, async (at) => {
    const { accessToken } = await send(caller, generateToken, tokenRequest(world, userAt(world, at)));
    return accessToken;
  });

/** The same, and each introspected once: rejects if one is not active. */
export async function mintSeenTokens(world: World, caller: RawCaller, count: number): Promise<string[]> {
  const tokens = await mintTokens(world, caller, count);
  const actives = await severalAtOnce(count, async (at) => {
    const { active } = await send(caller, introspect, { token: tokens[at] ?? "" });
    return active;
  });
  if (!actives.every(Boolean)) throw new Error("a token just minted is not active");
  return tokens;
}

/** The first refresh tokens of as many families, by Exchange, of all users in turn. */
export const mintRefreshTokens = (world: World, caller: RawCaller, count: number): Promise<string[]> =>
  severalAtOnce(count, async (at) => {
    const accessToken = await world.upstreamToken(userAt(world, at));
    const { refreshToken } = await send(caller, exchange, { accessToken });
    return refreshToken;
  });

function userAt({ users }: World, at: number): Person {
  const user = users[at % users.length];
  if (user === undefined) throw new Error("the world has no users");
  return user;
}

async function send<I extends DescMessage, O extends DescMessage>(
  caller: RawCaller,
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
): Promise<MessageShape<O>> {
  return fromBinary(method.output, await caller.send(pathOf(method), encoded(method, request)));
}

const width = 32;

/** What `work` answers for 0 to count − 1, in this order. */
async function severalAtOnce<T>(count: number, work: (at: number) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  let next = 0;
  const one = async () => {
    while (next < count) {
      const at = next++;
      done[at] = await work(at);
    }
  };
  await Promise.all(Array.from({ length: width }, one));
  return done;
}
