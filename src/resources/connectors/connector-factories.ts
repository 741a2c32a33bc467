// The kinds of connector there are, as data: what each takes for granted, what it needs, and what it insists on.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type ConnectorFactory,
  ConnectorFactorySchema,
  type ConnectorSchema,
  ConnectorType,
  TokenKind,
  Verification,
} from "../../gen/tessera/admin/v1/connector_pb.ts";
import type { Pin } from "../../policy/pins.ts";

export type Factory = {
  id: string;
  type: ConnectorType;
  name: string;
  description: string;
  /** May be used several times, each with a target of its own. */
  isStandard?: boolean;
  template: MessageInitShape<typeof ConnectorSchema>;
  /** Fields by proto name. */
  required: readonly string[];
  fixed: readonly string[];
  /** What its issuer has to look like. */
  issuer?: RegExp;
  /** Conditions that name whom to let in by what cannot be registered anew: without one it is refused, or warned of. */
  pins?: { by: readonly Pin[]; otherwise: "refused" | "warned" };
};

const { SOCIAL, EMAIL, SMS, WORKLOAD } = ConnectorType;
const { JWKS, USERINFO, GITHUB } = Verification;
const openid = ["openid", "profile", "email"];
const id = /^[0-9]+$/;

/** People sign in with these. */
const social: readonly Factory[] = [
  {
    id: "logto",
    type: SOCIAL,
    name: "Logto",
    description: "People who sign in at a Logto tenant.",
    template: { target: "logto", verification: JWKS, algorithms: ["ES384", "RS256"], scopes: openid },
    required: ["issuer", "audiences"],
    fixed: ["target"],
  },
  {
    id: "oidc",
    type: SOCIAL,
    name: "OpenID Connect",
    description: "People who sign in at any OpenID provider.",
    isStandard: true,
    template: { verification: JWKS, scopes: openid },
    required: ["target", "issuer"],
    fixed: [],
  },
  {
    id: "oauth2",
    type: SOCIAL,
    name: "OAuth 2.0",
    description: "People who sign in at an OAuth 2.0 server that has a userinfo endpoint and no ID tokens.",
    isStandard: true,
    template: { verification: USERINFO },
    required: ["target", "issuer", "userinfo_endpoint", "allow_any_audience", "conditions"],
    fixed: ["verification"],
  },
  {
    id: "google",
    type: SOCIAL,
    name: "Google",
    description: "People with a Google account, or with one of a Workspace domain.",
    template: {
      target: "google",
      verification: JWKS,
      issuer: "https://accounts.google.com",
      tokenKind: TokenKind.ID_TOKEN,
      algorithms: ["RS256"],
      scopes: openid,
    },
    required: ["audiences"],
    fixed: ["target", "verification", "issuer", "token_kind", "algorithms"],
    pins: { by: ["hd", "sub"].map((claim) => ({ claim, form: /./ })), otherwise: "warned" },
  },
  {
    id: "microsoft-entra",
    type: SOCIAL,
    name: "Microsoft Entra ID",
    description: "People of one Entra tenant, which the issuer names by its id.",
    template: { target: "microsoft-entra", verification: JWKS, algorithms: ["RS256"], scopes: openid },
    required: ["issuer", "audiences"],
    fixed: ["target", "verification", "algorithms"],
    issuer: /^https:\/\/login\.microsoftonline\.com\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\/v2\.0$/,
  },
  {
    id: "github",
    type: SOCIAL,
    name: "GitHub",
    description: "People with a GitHub account, by tokens of one OAuth app.",
    template: {
      target: "github",
      verification: GITHUB,
      issuer: "https://github.com",
      introspectionEndpoint: "https://api.github.com",
      authorizationEndpoint: "https://github.com/login/oauth/authorize",
      scopes: ["read:user"],
    },
    required: ["client_id", "client_secret"],
    fixed: ["target", "verification"],
  },
];

/** Jobs, pods and services come with tokens of these. They have no target: nobody sees them. */
const workload: readonly Factory[] = [
  {
    id: "github-actions",
    type: WORKLOAD,
    name: "GitHub Actions",
    description: "Jobs of one repository or owner on GitHub.",
    template: { verification: JWKS, issuer: "https://token.actions.githubusercontent.com", algorithms: ["RS256"] },
    required: ["audiences", "conditions"],
    fixed: ["target", "verification", "issuer", "algorithms"],
    pins: { by: ["repository_owner_id", "repository_id"].map((claim) => ({ claim, form: id })), otherwise: "refused" },
  },
  {
    id: "gitlab-ci",
    type: WORKLOAD,
    name: "GitLab CI",
    description: "Jobs of one project or namespace on GitLab.",
    template: { verification: JWKS, issuer: "https://gitlab.com", algorithms: ["RS256"] },
    required: ["audiences", "conditions"],
    fixed: ["target", "verification"],
    pins: { by: ["namespace_id", "project_id"].map((claim) => ({ claim, form: id })), otherwise: "refused" },
  },
  {
    id: "kubernetes",
    type: WORKLOAD,
    name: "Kubernetes",
    description: "Pods that run as one service account of a cluster.",
    template: { verification: JWKS, algorithms: ["RS256", "ES256"] },
    required: ["issuer", "audiences", "conditions"],
    fixed: ["target", "verification"],
    pins: {
      by: [
        { claim: "sub", form: /^system:serviceaccount:[a-z0-9-]+:[a-z0-9.-]+$/ },
        { claim: "/kubernetes.io/serviceaccount/uid", form: /^[0-9a-f-]{36}$/ },
      ],
      otherwise: "refused",
    },
  },
  {
    id: "spiffe-jwt-svid",
    type: WORKLOAD,
    name: "SPIFFE JWT-SVID",
    description: "Workloads of a SPIFFE trust domain whose server names its issuer.",
    template: { verification: JWKS, algorithms: ["ES256", "RS256"] },
    required: ["issuer", "audiences", "conditions"],
    fixed: ["target", "verification"],
    pins: {
      by: [{ claim: "sub", form: /^spiffe:\/\/[a-z0-9._-]+\/./, glob: /^spiffe:\/\/[a-z0-9._-]+\/./ }],
      otherwise: "refused",
    },
  },
];

/** Of a connector that carries messages and believes no token. */
const ofTrust: readonly string[] =
  `target verification issuer jwks_uri audiences authorized_clients algorithms token_kind conditions allow_any_audience
  just_in_time just_in_time_role_ids single_use max_token_lifetime leeway introspection_endpoint userinfo_endpoint
  authorization_endpoint scopes subject_claim`.split(/\s+/);

/** Verification codes and invitations go through these; there is one of each in a tenant. */
const carrying: readonly Factory[] = [
  {
    id: "smtp",
    type: EMAIL,
    name: "SMTP",
    description: "Sends e-mail through a mail server, inside TLS.",
    template: {},
    required: ["endpoint", "sender"],
    fixed: ofTrust,
  },
  {
    id: "http-sms",
    type: SMS,
    name: "SMS over HTTP",
    description: "Sends text messages by a POST to a gateway.",
    template: {},
    required: ["endpoint", "client_secret"],
    fixed: [...ofTrust, "client_id"],
  },
];

export const factories: ReadonlyMap<string, Factory> = new Map(
  [...social, ...workload, ...carrying].map((factory) => [factory.id, factory]),
);

/** As the contract shows it. */
export const shownFactory = ({ template, required, fixed, ...rest }: Factory): ConnectorFactory =>
  create(ConnectorFactorySchema, {
    id: rest.id,
    type: rest.type,
    name: rest.name,
    description: rest.description,
    isStandard: rest.isStandard ?? false,
    template: { factoryId: rest.id, ...template },
    requiredFields: [...required],
    fixedFields: [...fixed],
  });
