// What a connector has to be: the rules of its factory, and those of every connector that believes tokens.
import { ConnectorSchema, ConnectorType, Verification } from "../../gen/tessera/admin/v1/connector_pb.ts";
import { Failure, type Violation } from "../../failure.ts";
import { connectorDefects } from "../../policy/connector-defects.ts";
import { isPinned } from "../../policy/pins.ts";
import type { AnyRow } from "../../store/row-operations.ts";
import type { Row } from "../../store/tables.ts";
import { trustRule } from "../../tokens/trust-rule.ts";
import type { Factory } from "./connector-factories.ts";

/** A connector as it would be in force, its secret open. */
export type Proposed = { factory: Factory | undefined; sent: AnyRow; row: Row<"connector"> };

const { EMAIL, SMS, SOCIAL } = ConnectorType;

/** Without a factory it is one that people sign in with. */
export const typeOf = (factory: Factory | undefined): ConnectorType => factory?.type ?? SOCIAL;
export const carriesMessages = (factory: Factory | undefined): boolean =>
  typeOf(factory) === EMAIL || typeOf(factory) === SMS;

/** Throws invalid or precondition; answers what its owner should look at again. */
export function checkConnector({ factory, sent, row }: Proposed): readonly string[] {
  refuseUnserved(factory, row);
  const broken = [...factoryViolations(factory, sent, row), ...shapeViolations(factory, row)];
  if (broken.length > 0) throw new Failure("invalid", "the connector is invalid", { violations: broken });
  if (carriesMessages(factory)) return [];
  const { refusals, warnings } = connectorDefects(trustRule(row));
  const unpinned = pinDefects(factory, row);
  const refused = [...refusals, ...(factory?.pins?.otherwise === "refused" ? unpinned : [])];
  if (refused.length > 0)
    throw new Failure("invalid", "the connector is not safe to trust", { violations: refused.map(violationOf) });
  return factory?.pins === undefined ? warnings : unpinned;
}

function refuseUnserved(factory: Factory | undefined, { tokenStorage, syncProfile }: Row<"connector">): void {
  if (tokenStorage) throw new Failure("precondition", "no factory keeps upstream tokens");
  if (syncProfile && typeOf(factory) !== SOCIAL)
    throw new Failure("precondition", "only a sign-in connector has profiles to synchronise");
}

function factoryViolations(factory: Factory | undefined, sent: AnyRow, row: AnyRow): Violation[] {
  const required = factory?.required ?? ["verification", "issuer"];
  const missing = required.filter((field) => isBlank(row[columnOf(field)]));
  const changed = (factory?.fixed ?? []).filter((field) => {
    const [wish, fixed] = [sent[columnOf(field)], templateColumn(factory, field)];
    return !isBlank(wish) && JSON.stringify(wish) !== JSON.stringify(fixed);
  });
  return [
    ...missing.map((field) => ({ field, description: "is needed", rule: "factory" })),
    ...changed.map((field) => ({ field, description: "is not for the sender to choose", rule: "factory" })),
  ];
}

/** Grammars that depend on what the connector is for. */
function shapeViolations(factory: Factory | undefined, row: Row<"connector">): Violation[] {
  const type = typeOf(factory);
  const carries = carriesMessages(factory);
  const isUserinfo = row.verification === Verification.USERINFO;
  const hasCredentials = row.clientId !== "" && row.clientSecret !== "";
  const rules: [field: string, holds: boolean, description: string][] = [
    ["issuer", factory?.issuer?.test(row.issuer) ?? true, "does not name a tenant by its id"],
    ["subject_claim", row.subjectClaim === "" || isUserinfo, "is of userinfo only"],
    ["client_secret", row.verification !== Verification.GITHUB || hasCredentials, "is needed, with client_id"],
    ["endpoint", carries ? isEndpoint(type, row.endpoint) : row.endpoint === "", "is no address to send to"],
    ["sender", carries ? isSender(type, row.sender) : row.sender === "", "is no sender"],
    ["authorization_endpoint", row.authorizationEndpoint === "" || isHttp(row.authorizationEndpoint), "is no URL"],
  ];
  return rules.flatMap(([field, holds, description]) => (holds ? [] : [{ field, description, rule: "connector" }]));
}

function isEndpoint(type: ConnectorType, endpoint: string): boolean {
  if (type === SMS) return isHttp(endpoint);
  if (!URL.canParse(endpoint)) return false;
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(endpoint);
  const extra = [username, password, pathname.replace(/^\/$/, ""), search, hash].join("");
  return ["smtp:", "smtps:"].includes(protocol) && hostname !== "" && extra === "";
}

const isHttp = (url: string): boolean => /^https?:\/\/[^#@\s]+$/.test(url) && URL.canParse(url);

/** One mailbox and nothing beside it, since it becomes a header. */
const isSender = (type: ConnectorType, sender: string): boolean =>
  type === EMAIL ? /^[^@\s<>,;:"]+@[^@\s<>,;:"]+$/.test(sender) : /^[^\p{Cc}]*$/u.test(sender);

function pinDefects(factory: Factory | undefined, row: Row<"connector">): string[] {
  const { pins } = factory ?? {};
  if (pins === undefined || isPinned(trustRule(row).conditions, pins.by)) return [];
  const claims = pins.by.map(({ claim }) => claim).join(" or ");
  return [`conditions: name whose tokens are accepted, by the exact value of ${claims}`];
}

/** A defect reads "field: sentence", or is a sentence about the whole. */
function violationOf(defect: string): Violation {
  const [field = "", description] = defect.split(": ", 2);
  return description === undefined
    ? { field: "", description: defect, rule: "trust" }
    : { field, description, rule: "trust" };
}

export const isBlank = (value: unknown): boolean =>
  value === undefined || value === null || value === "" || value === 0 || value === false || isEmptyList(value);

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

const columnOf = (field: string): string => ConnectorSchema.fields.find(({ name }) => name === field)?.localName ?? "";

const templateColumn = (factory: Factory | undefined, field: string): unknown =>
  new Map<string, unknown>(Object.entries(factory?.template ?? {})).get(columnOf(field));
