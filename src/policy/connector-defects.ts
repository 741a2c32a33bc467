// What makes a connector one that cannot be saved, or that deserves a warning.
import { acceptedAlgorithms, type ClaimCondition, type TrustRule } from "./trust.ts";

/** Why a connector cannot be saved, and what its owner should look at again. Sentences that hold no values. */
export function connectorDefects(rule: TrustRule): { refusals: string[]; warnings: string[] } {
  const { audiences, authorizedClients, conditions, allowAnyAudience } = rule;
  const isUserinfo = rule.verification === "userinfo";
  const isGithub = rule.verification === "github";
  const isUnbound = conditions.length === 0 && (isUserinfo || authorizedClients.length === 0);
  const refusals = [
    ...(isIssuer(rule.issuer) ? [] : ["issuer: has to be an http(s) URL without query and fragment"]),
    ...(audiences.length === 0 && !allowAnyAudience && !isGithub
      ? ["audiences: name at least one, or allow any audience"]
      : []),
    ...(audiences.length > 0 && allowAnyAudience ? ["audiences: none can be named where any is allowed"] : []),
    ...(allowAnyAudience && isUnbound ? ["conditions: needed where any audience is allowed"] : []),
    ...(isUserinfo && !allowAnyAudience ? ["allow_any_audience: userinfo cannot show an audience"] : []),
    // A claim is forgotten at the token's end. Where that can only be guessed, the token may outlive its claim.
    ...(isUserinfo && rule.singleUse ? ["single_use: userinfo cannot show when a token ends"] : []),
    ...(isGithub && rule.singleUse ? ["single_use: GitHub need not say when a token ends"] : []),
    ...(isGithub && audiences.length > 0 ? ["audiences: a token of GitHub is for client_id and nobody else"] : []),
    ...(isUserinfo && authorizedClients.length > 0 ? ["authorized_clients: userinfo cannot show a client"] : []),
    ...(conditions.some(isEmpty) ? ["conditions: one of them is met by every token of the issuer"] : []),
    ...(acceptedAlgorithms(rule).length < rule.algorithms.length ? ["algorithms: holds an unknown one"] : []),
    ...[audiences, authorizedClients, rule.algorithms].filter(hasRepeats).map(() => "a list holds a value twice"),
  ];
  const isOpen = conditions.length === 0 && sharedIssuers.some((shared) => `${rule.issuer}/`.startsWith(`${shared}/`));
  const warnings = isOpen ? ["conditions: anybody can get tokens of this issuer; say whose are accepted"] : [];
  return { refusals, warnings };
}

/** RFC 8414 section 2; http is for issuers in private networks, which the outbound client has to allow. */
const isIssuer = (issuer: string): boolean => /^https?:\/\/[^?#@\s]+$/.test(issuer) && URL.canParse(issuer);

const hasRepeats = (list: readonly string[]): boolean => new Set(list).size < list.length;

/** Met by every token of the issuer. */
const isEmpty = (condition: ClaimCondition): boolean =>
  ["iss", "/iss"].includes(condition.claim) || ("glob" in condition && /^[*/:]*$/.test(condition.glob));

/** Issuers that serve everybody: their audience is what the asker wished for, so it proves nothing about the subject. */
const sharedIssuers = [
  "https://token.actions.githubusercontent.com",
  "https://gitlab.com",
  "https://accounts.google.com",
  "https://login.microsoftonline.com/common",
  "https://login.microsoftonline.com/organizations",
  "https://login.microsoftonline.com/consumers",
  // The tenant of all personal accounts.
  "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad",
  "https://agent.buildkite.com",
  "https://oidc.vercel.com",
  "https://app.terraform.io",
  "https://appleid.apple.com",
];
