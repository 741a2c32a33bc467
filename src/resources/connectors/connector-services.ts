// Services of the connector family.
import { serve, type Served } from "../../call.ts";
import { Failure } from "../../failure.ts";
import { ConnectorService } from "../../gen/tessera/admin/v1/connector_pb.ts";
import type { Parts } from "../../parts.ts";
import { actingOf } from "../acting.ts";
import { guardedDelete } from "../guarded-delete.ts";
import { connector, requireMayDisconnect } from "./connector.ts";
import { keepSecretAtHome } from "./connector-secret.ts";
import { createAuthorizationUri } from "./connector-authorization.ts";
import { factories, shownFactory } from "./connector-factories.ts";
import { testConnector } from "./connector-test.ts";
import { standardMethods } from "../standard.ts";

export const connectorServices = (parts: Parts): Served[] => {
  const standard = standardMethods(parts, ConnectorService, connector);
  return [
    serve(ConnectorService, {
      ...standard,
      updateConnector: async (call, request) => {
        await keepSecretAtHome(parts, actingOf(call), request);
        return standard.updateConnector(call, request);
      },
      deleteConnector: guardedDelete(parts, connector, (acting, gone) => requireMayDisconnect(parts, acting, gone)),
      testConnector: testConnector(parts),
      createAuthorizationUri: createAuthorizationUri(parts),
      listConnectorFactories: async () => ({ connectorFactories: [...factories.values()].map(shownFactory) }),
      getConnectorFactory: async (_call, { id }) => {
        const factory = factories.get(id);
        if (factory === undefined) throw new Failure("notFound", "not found");
        return shownFactory(factory);
      },
    }),
  ];
};
