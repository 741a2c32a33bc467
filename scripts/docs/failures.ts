// The tables of failures: kinds from the code, reasons from the contract, each with a sentence for people.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Kind, kinds } from "../../src/failure.ts";

const meanings: Record<Kind, string> = {
  invalid: "The request breaks a rule of its message, or names what cannot be. The violations say which field.",
  unauthenticated: "The caller did not show who it is. One answer for every way to fail.",
  badToken: "A subject, actor, bearer or refresh token was refused. One sentence for every cause.",
  denied: "The caller is known and may not do this.",
  notFound: "There is no such thing in the caller's tenant. Said only to a caller that proved itself.",
  exists: "Something of this unique name is there already.",
  stale: "It changed since it was read: read it again.",
  precondition: "The request is sound and the state is not: it would be too large, or still in use.",
  exhausted: "Too many calls, or too many writes waiting. Come back after the time given.",
  late: "The deadline passed. A write that was sent may still have happened, whole.",
  cancelled: "The caller left before the answer.",
  unavailable: "The store, an issuer or the Vault did not answer. Never a wrong token, never a success.",
  unimplemented: "The contract knows the parameter and this version does not serve it.",
  internal: "A defect. The log has it under the request's id; the answer has nothing.",
};

/** The gRPC status codes by number. */
const grpcNames: Record<number, string> = {
  1: "CANCELLED",
  3: "INVALID_ARGUMENT",
  4: "DEADLINE_EXCEEDED",
  5: "NOT_FOUND",
  6: "ALREADY_EXISTS",
  7: "PERMISSION_DENIED",
  8: "RESOURCE_EXHAUSTED",
  9: "FAILED_PRECONDITION",
  10: "ABORTED",
  12: "UNIMPLEMENTED",
  13: "INTERNAL",
  14: "UNAVAILABLE",
  16: "UNAUTHENTICATED",
};

/** One line for each kind: what it is on every wire. */
export function failureTable(): string {
  const lines = (Object.keys(kinds) as Kind[]).map((kind) => {
    const { grpc, trpc, http, reason, oauth } = kinds[kind];
    const words = [grpcNames[grpc] ?? `${grpc}`, trpc, reason, oauth].map((word) => `\`${word}\``);
    const [status, code, standard, word] = words;
    return `| **${kind}** | ${meanings[kind]} | ${status} | ${code} | ${http} | ${standard} | ${word} |`;
  });
  return [
    "| Kind | Meaning | gRPC | tRPC | HTTP | Reason unless another is given | OAuth word |",
    "|---|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

/** One line for each reason of the contract, with the comment that stands above it there. */
export function reasonTable(root: string): string {
  const contract = readFileSync(join(root, "proto/tessera/errors/v1/errors.proto"), "utf8");
  const entries = contract.matchAll(/((?:^ *\/\/.*\n)*) *REASON_(?!UNSPECIFIED)(\w+) = \d+;/gm);
  const lines = [...entries].map(([, comment = "", reason = ""]) => {
    const said = comment
      .replaceAll(/^ *\/\/ ?/gm, "")
      .trim()
      .replaceAll("\n", " ");
    return `| \`${reason}\` | ${kindsOf(reason)} | ${said || "What its kind says."} |`;
  });
  return ["| Reason | Kind that says it by default | Meaning |", "|---|---|---|", ...lines].join("\n");
}

const kindsOf = (reason: string): string =>
  (Object.keys(kinds) as Kind[]).filter((kind) => kinds[kind].reason === reason).join(", ");
