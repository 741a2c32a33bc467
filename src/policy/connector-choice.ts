// Which connector an outside token goes to, before anything of it is believed.
import { refused, type TrustRule } from "./trust.ts";

/** What an unverified token says of itself. Only good for choosing who shall verify it. */
export type PresentedToken =
  | { shape: "jwt"; issuer: string | undefined; audiences: readonly string[] }
  | { shape: "opaque" };

export type Choice<Rule> = { ok: true; rule: Rule } | { ok: false; reason: string };

/**
 * The one connector that decides about a token, among those its application may use. A JWT goes by its exact issuer,
 * then by its audience. An opaque token names no issuer: it goes to the connector named, else to the default one, and
 * to no other after that, because trying them in turn would show it to strangers.
 */
export function chooseConnector<Rule extends TrustRule>(
  candidates: readonly Rule[],
  token: PresentedToken,
  { connectorId, defaultConnectorId }: { connectorId?: string | undefined; defaultConnectorId?: string | undefined },
): Choice<Rule> {
  const named = candidates.find((rule) => rule.id === connectorId);
  if (connectorId !== undefined) {
    if (named === undefined) return refused("the connector is not one of the application's");
    const issuer = token.shape === "jwt" ? token.issuer : undefined;
    return named.verification === "jwks" && issuer !== named.issuer ? refused("not of this issuer") : chosen(named);
  }
  if (token.shape === "jwt") return chooseByIssuer(candidates, token);
  const standard = candidates.find((rule) => rule.id === defaultConnectorId);
  if (standard === undefined || standard.verification === "jwks") return refused("no connector for an opaque token");
  return chosen(standard);
}

function chooseByIssuer<Rule extends TrustRule>(
  candidates: readonly Rule[],
  token: { issuer: string | undefined; audiences: readonly string[] },
): Choice<Rule> {
  const [first, ...more] = candidates.filter((rule) => rule.verification === "jwks" && rule.issuer === token.issuer);
  if (first === undefined) return refused("unknown issuer");
  if (more.length === 0) return chosen(first);
  const rules = [first, ...more];
  const fitting = rules.filter((rule) => rule.audiences.some((audience) => token.audiences.includes(audience)));
  const [rule, ...others] = fitting.length > 0 ? fitting : rules.filter((rule) => rule.allowAnyAudience);
  if (rule === undefined) return refused("no connector of this issuer for the audience");
  return others.length === 0 ? chosen(rule) : refused("several connectors of this issuer fit");
}

const chosen = <Rule>(rule: Rule): Choice<Rule> => ({ ok: true, rule });
