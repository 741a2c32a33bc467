// A connector's row with its secret within reach, as upstream verification takes it.
import type { Row } from "../store/tables.ts";
import type { TrustedConnector } from "../tokens/issuers.ts";
import type { Keyring } from "../tokens/keyring.ts";
import { trustRule } from "../tokens/trust-rule.ts";

export function trustedConnector(row: Row<"connector">, keyring: Pick<Keyring, "open">): TrustedConnector {
  const sealed = row.clientSecret;
  return {
    ...trustRule(row),
    jwksUri: row.jwksUri,
    introspectionEndpoint: row.introspectionEndpoint,
    userinfoEndpoint: row.userinfoEndpoint,
    subjectClaim: row.subjectClaim,
    clientId: row.clientId,
    // Opened only when it is sent.
    clientSecret: () =>
      sealed === "" ? "" : keyring.open({ table: "connector", row: row.id, purpose: "clientSecret" }, sealed),
  };
}
