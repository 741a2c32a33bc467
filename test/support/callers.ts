// Callers of every kind, and one who asks who they are.
import { create } from "@bufbuild/protobuf";
import type { ClientState } from "../../src/call.ts";
import { createCancel } from "../../src/cancel.ts";
import type { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { authorize } from "../../src/transport/access.ts";
import { type CallerParts, createIdentify } from "../../src/transport/caller.ts";
import type { Offered } from "../../src/transport/credentials.ts";
import { createLimits } from "../../src/transport/limits.ts";
import { application, basic, callerParts, createParts, secret, whoCalls } from "./doors.ts";

const { methods } = createParts();
export const methodOf = (name: keyof typeof AuthService.method) => {
  const found = methods.find(({ desc }) => desc.localName === name);
  if (!found) throw new Error(name);
  return found;
};

export const disabled = (part: "application" | "project" | "tenant"): ClientState => {
  const state = application({ id: `off-${part}` });
  return { ...state, [part]: { ...state[part], disabled: true } };
};
const clients = [
  application(),
  application({ id: "other" }),
  application({ id: "page", publicClient: true, type: 2, origins: ["https://app.example"] }),
  application({ id: "native", publicClient: true, type: 1 }),
  disabled("application"),
  disabled("project"),
  disabled("tenant"),
];
export const [app = application(), other = application()] = clients;
const certificates = { "spiffe://mesh/app": app, "spiffe://mesh/other": other };

export type Asking = Partial<Offered> & {
  body?: Record<string, string>;
  method?: keyof typeof AuthService.method;
  now?: number;
};

/** Asks as one source would, over TLS; answers who it was taken for. */
export function world(caller: Partial<CallerParts> = {}) {
  const checked: string[] = [];
  const parts = callerParts({ clients, certificates, caller });
  const secrets: CallerParts["secrets"] = {
    verify: (check) => {
      checked.push(check.clientId);
      return parts.secrets.verify(check);
    },
  };
  const identify = createIdentify({ ...parts, secrets, limits: createLimits({ perSource: 100, perClient: 100 }) });
  const ask = async ({ body = {}, method: name = "introspect", now = 0, ...offer }: Asking) => {
    const method = methodOf(name);
    const offered = {
      authorization: [],
      certificateUris: [],
      origin: undefined,
      source: "192.0.2.1",
      secure: true,
      ...offer,
    };
    const request = create(method.desc.input, body);
    const cancel = createCancel();
    const found = await identify({ method, offered, request, now, cancel });
    authorize(method, found);
    return whoCalls({ caller: found, now: 0, deadline: 1, cancel, requestId: "", method: "" });
  };
  return { ask, checked };
}

export const client = (id?: string, password?: string) => ({ authorization: [basic(id, password)] });
export const bearer = { authorization: ["Bearer good-token"] };
export const generate = (changes: Record<string, string> = {}) => ({
  method: "generateToken" as const,
  body: { clientId: "app", tenantId: "t1", projectId: "p1", emailId: "a@b", secretId: secret, ...changes },
});
