// Reads the caller that dispatch let through. The contract's `access` has already said which kinds may come.
import type { Call, ClientState } from "../call.ts";
import { Failure } from "../failure.ts";

/** The application that calls, whatever it proved itself with. */
export function callingClient(call: Call): ClientState {
  if (call.caller.kind === "anonymous") throw new Failure("unauthenticated", "the client is not authenticated");
  return call.caller.client;
}
